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
  process.stderr.write(`The application did not start. ${reasonOf(error)}\n`);
  process.exit(1);
});

function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return 'Unknown error.';
  if ('code' in error && error.code === 'EADDRINUSE') return `${error.message}: stop what listens there, or set another PORT.`;
  return error.stack ?? error.message;
}
