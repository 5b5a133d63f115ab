import { SocketClosedUnexpectedlyError } from 'redis';
import { InvalidOptionsError, StoreUnavailableError } from '../../core/errors.js';
import type { RedisClient, RedisCommands } from './redis-client.js';
import { isUnknownScript, type RedisScript } from './script.js';

/** Every way to the server: under one deadline, and with one error when it fails. */
export class RedisLink {
  /** The given client, told to drop what it could not send before the deadline, and to answer in strings. */
  readonly commands: RedisCommands;

  /** @param deadline milliseconds for one call, a repetition included */
  constructor(
    readonly client: RedisClient,
    private readonly deadline: number,
  ) {
    if (!(deadline > 0 && Number.isFinite(deadline)))
      throw new InvalidOptionsError([`deadline must be milliseconds above 0, not ${deadline}.`]);
    this.commands = client.withCommandOptions({ timeout: deadline, typeMapping: {} });
  }

  /**
   * Asks the server once, and once more when the connection drops meanwhile: so the question must be one that may be repeated.
   * @throws StoreUnavailableError
   */
  ask<T>(question: () => Promise<T>): Promise<T> {
    return this.once(async () => {
      try {
        return await question();
      } catch (error) {
        if (hasDropped(error)) return question();
        throw error;
      }
    });
  }

  /**
   * Runs a script and reads its answer.
   * @throws StoreUnavailableError
   */
  run<T>(script: RedisScript, keys: string[], args: readonly (string | number)[], read: (reply: unknown) => T): Promise<T> {
    const call = { keys, arguments: args.map(String) };
    return this.ask(async () => read(await this.evaluate(script, call)));
  }

  /**
   * Asks the server once: for what must not be repeated. node-redis' own timeouts do not cover a command in flight, so a hung
   * server is found here.
   * @throws StoreUnavailableError
   */
  async once<T>(question: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis did not answer within ${this.deadline} ms.`)), this.deadline);
    });
    try {
      return await Promise.race([question(), late]);
    } catch (cause) {
      if (isDemoted(cause)) this.leave();
      throw new StoreUnavailableError({ cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Drops the connection to a server that was demoted, so that the client connects again to whatever is the primary behind its
   * address now. Sentinel and cluster clients find it by themselves: those ask their sentinels again, these were told MOVED.
   */
  private leave(): void {
    const { client } = this;
    if ('sendCommand' in client && !('masters' in client) && !('getSentinelNode' in client)) {
      client.sendCommand(['QUIT']).catch(() => undefined); // it is gone already, or its commands were not wanted any more
    }
  }

  /** Runs a script without deadline and repetition: to be wrapped in {@link once}. */
  async evaluate(script: RedisScript, call: { keys: string[]; arguments: string[] }): Promise<unknown> {
    try {
      return await this.commands.evalSha(script.sha1, call);
    } catch (error) {
      if (isUnknownScript(error)) return this.commands.eval(script.source, call);
      throw error;
    }
  }
}

/** Whether the connection broke with the question under way: it was closed, or the system says that it can be read or written no more. */
function hasDropped(error: unknown): boolean {
  if (error instanceof SocketClosedUnexpectedlyError) return true;
  return (
    typeof error === 'object' && error !== null && 'syscall' in error && (error.syscall === 'read' || error.syscall === 'write')
  );
}

function isDemoted(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('READONLY');
}
