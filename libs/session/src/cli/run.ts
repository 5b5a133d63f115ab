import { parseArgs } from 'node:util';
import { StoreUnavailableError } from '../core/errors.js';
import { loadEnvFile } from './load-env-file.js';
import { USAGE, UsageError } from './usage-error.js';

/** What a program ends with: 0 done, 1 it could not be done, 2 it was asked for in the wrong way. */
export interface CommandResult {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

/**
 * Carries out a command line. Neither secrets nor addresses with passwords are in what it answers.
 * @param envFile what it says is added to the environment of the process first, if it is there
 */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv, envFile: string): Promise<CommandResult> {
  try {
    loadEnvFile(envFile);
    return { code: 0, text: await carryOut(args, environment) };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, text: [error.message, USAGE].filter(Boolean).join('\n\n') };
    return { code: 1, text: missingPackage(error) ?? reasonOf(error) };
  }
}

/** Each command is loaded when it is asked for: what it needs may not be installed. */
async function carryOut(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { positionals, values } = parse(args);
  const [command = '', ...words] = positionals;
  switch (command) {
    case 'init':
      return (await import('./init-command.js')).initCommand(words, values.file);
    case 'keys':
      return (await import('./keys-command.js')).keysCommand(words, values, environment);
    case 'sessions':
      return (await import('./sessions-command.js')).sessionsCommand(words, values, environment);
    default:
      throw new UsageError();
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        algorithm: { type: 'string' },
        'at-once': { type: 'boolean' },
        'data-source': { type: 'string' },
        file: { type: 'string' },
        prefix: { type: 'string' },
        store: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : undefined);
  }
}

/** Which package the host has to install; `undefined` for any other error. */
function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) return undefined;
  if (error.message.includes("'typeorm'"))
    return 'What is kept in SQL is reached by TypeORM: install typeorm, and the driver of your database.';
  return error.message.includes("'redis'") ? 'Redis is reached by node-redis: install redis.' : undefined;
}

/** A store's error says only that it is away; why stands in its cause. */
function reasonOf(error: unknown): string {
  const reason = error instanceof StoreUnavailableError ? (error.cause ?? error) : error;
  if (reason instanceof AggregateError) return reason.errors.map(reasonOf).join(' ');
  return reason instanceof Error ? reason.message : 'Unknown error.';
}
