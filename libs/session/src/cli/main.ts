#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { run } from './run.js';

const ENV_FILE = '.env';

if (existsSync(ENV_FILE)) process.loadEnvFile(ENV_FILE); // variables that are set already win
const { code, text } = await run(process.argv.slice(2), process.env);
(code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
process.exitCode = code;
