import { SocketClosedUnexpectedlyError } from 'redis';
import { StoreUnavailableError } from '../../core/errors.js';
import type { RedisClient, RedisCommands } from './redis-client.js';
import type { RedisScript } from './script.js';

/** Every way to the server: under one deadline, and with one error when it fails. */
export class RedisLink {
  /** The given client, told to drop what it could not send before the deadline, and to answer in strings. */
  readonly commands: RedisCommands;

  /** @param deadline milliseconds for one call, a repetition included */
  constructor(
    readonly client: RedisClient,
    private readonly deadline: number,
  ) {
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
        if (error instanceof SocketClosedUnexpectedlyError) return question();
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
      throw new StoreUnavailableError({ cause });
    } finally {
      clearTimeout(timer);
    }
  }

  private async evaluate(script: RedisScript, call: { keys: string[]; arguments: string[] }): Promise<unknown> {
    try {
      return await this.commands.evalSha(script.sha1, call);
    } catch (error) {
      // A server that was restarted, flushed or promoted does not know the script yet.
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return this.commands.eval(script.source, call);
      throw error;
    }
  }
}
