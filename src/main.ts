import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { announce } from './announce.js';
import { ConfigError } from './config/config-error.js';
import { loadConfig } from './config/load-config.js';
import { createApp } from './create-app.js';
import { stopOnSignals } from './http/shutdown.js';

const ENV_FILE = '.env';

async function start(): Promise<void> {
  if (existsSync(ENV_FILE)) process.loadEnvFile(ENV_FILE); // variables that are set already win
  const config = loadConfig(process.env);
  const app = await createApp(config);
  stopOnSignals(app);
  await app.listen(config.http.port, config.http.host);
  announce(app, config);
}

start().catch((error: unknown) => {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : 'unknown error';
  process.stderr.write(`The application did not start. ${text}\n`);
  process.exit(1);
});
