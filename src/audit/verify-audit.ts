import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { verifyAudit } from './audit-verification.js';

const ENV_FILE = '.env';

if (existsSync(ENV_FILE)) process.loadEnvFile(ENV_FILE); // as the application itself does
const { code, text } = await verifyAudit(process.env, process.argv.slice(2));
(code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
process.exitCode = code;
