import { parseArgs } from 'node:util';
import { USAGE, UsageError } from './usage-error.js';

/** What a program ends with: 0 done, 1 it could not be done, 2 it was asked for in the wrong way. */
export interface CommandResult {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

/** Carries out a command line. Neither secrets nor addresses with passwords are in what it answers. */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<CommandResult> {
  try {
    const [command, ...words] = parse(args).positionals;
    if (command !== 'keys') throw new UsageError();
    const { keysCommand } = await import('./keys-command.js'); // which needs TypeORM
    return { code: 0, text: await keysCommand(words, parse(args).values, environment) };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, text: [error.message, USAGE].filter(Boolean).join('\n\n') };
    return {
      code: 1,
      text: isWithoutTypeOrm(error)
        ? 'The keys are kept in SQL by TypeORM: install typeorm, and the driver of your database.'
        : reasonOf(error),
    };
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
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : undefined);
  }
}

function isWithoutTypeOrm(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes("'typeorm'")
  );
}

/** A store's error says only that it is away; why stands in its cause. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (reason instanceof AggregateError) return reason.errors.map(reasonOf).join(' ');
  return reason instanceof Error ? reason.message : 'Unknown error.';
}
