import type { RedisCommands } from './redis-client.js';
import { listOf } from './replies.js';
import { isUnknownScript, redisScript, type RedisScript } from './script.js';

/** A server process that was not given a script yet: it was started, flushed or promoted since. */
export class UnknownScriptError extends Error {
  constructor(options: ErrorOptions) {
    super(
      'This Redis process does not know the script of guarded reads yet: give it the script, once it may be read from.',
      options,
    );
  }
}

/**
 * The script of a guarded read.
 * @param mark what makes its text, and so its name, one of its own: a server process knows it only once it was told
 */
export function readScript(mark = ''): RedisScript {
  return redisScript(
    'allow-oom',
    /* lua */ `
-- Reads values, as a script that might write (it lacks the flag no-writes): so the server refuses it when it may not be written to.
-- KEYS the keys, all of one slot
-- Answers the values.
-- ${mark}
return redis.call('MGET', unpack(KEYS))
`,
  );
}

/**
 * Reads that the server itself refuses when it is no longer the primary (design §13, "Replicated Redis"): READONLY once it was
 * demoted, NOREPLICAS once it has lost the replicas that `min-replicas-to-write` asks for, CLUSTERDOWN once it has lost the other
 * primaries. A plain GET is answered in the first two cases, with sessions that were ended on the new primary.
 */
export class GuardedReads {
  /** @param script made by {@link readScript} */
  constructor(
    private readonly commands: RedisCommands,
    private readonly script: RedisScript = readScript(),
  ) {}

  /**
   * Reads the values of keys of one slot.
   * @throws UnknownScriptError, after which {@link introduce} may be called; else what the driver throws
   */
  async read(keys: string[]): Promise<readonly unknown[]> {
    try {
      return listOf(await this.commands.evalSha(this.script.sha1, { keys, arguments: [] }));
    } catch (cause) {
      throw isUnknownScript(cause) ? new UnknownScriptError({ cause }) : cause;
    }
  }

  /** Reads the same, and makes the script known to the server that answers. */
  async introduce(keys: string[]): Promise<readonly unknown[]> {
    return listOf(await this.commands.eval(this.script.source, { keys, arguments: [] }));
  }
}
