import { createHash } from 'node:crypto';
import { GUARD } from './known-servers.js';
import type { RedisClient, RedisCommands, ScriptCall } from './redis-client.js';
import { listOf } from './replies.js';
import { type RedisScript, redisScript } from './script.js';

/** Asks, for servers with the ids that it passes on. */
export type AskOf = <T>(question: (ids: string) => Promise<T>) => Promise<T>;

/** Plain reads as a script, so that they are guarded like everything else. It lacks `no-writes`: what may not be written to may not be read. */
const READ = redisScript(
  'allow-oom',
  /* lua */ `
-- KEYS the keys, all of one slot
-- Answers the values.
return redis.call('MGET', unpack(KEYS))
`,
);

/**
 * A client whose every script, and every read, does nothing on a server that this instance has not caught up with ({@link GUARD}).
 * The check is part of the script: nothing can happen between it and what it guards.
 */
export function guardedClient(client: RedisClient, askOf: AskOf): RedisClient {
  return proxied(client, {
    withCommandOptions: (options) => guardedCommands(client.withCommandOptions(options), askOf),
  });
}

function guardedCommands(commands: RedisCommands, askOf: AskOf): RedisCommands {
  const known = new Map<string, RedisScript>();
  const run = async (script: RedisScript, call: ScriptCall) =>
    askOf(async (ids) => {
      const guarded = { keys: call.keys, arguments: [...call.arguments, ids] };
      try {
        return await commands.evalSha(script.sha1, guarded);
      } catch (error) {
        if (isUnknownScript(error)) return commands.eval(script.source, guarded);
        throw error;
      }
    });
  return proxied(commands, {
    evalSha: async (sha1, call) => {
      const script = known.get(sha1);
      if (!script) throw new Error('NOSCRIPT This client has not seen the script yet.');
      return run(script, call);
    },
    eval: async (source, call) => {
      const script = guardedScript(source);
      known.set(createHash('sha1').update(source).digest('hex'), script);
      return run(script, call);
    },
    get: async (key) => {
      const values = await run(GUARDED_READ, { keys: [key], arguments: [] });
      return listOf(values)[0];
    },
    mGet: async (keys) => run(GUARDED_READ, { keys, arguments: [] }),
  });
}

/** A script with the guard behind its first line, which Redis reads. */
function guardedScript(source: string): RedisScript {
  const end = source.indexOf('\n') + 1;
  const guarded = source.slice(0, end) + GUARD + source.slice(end);
  return { source: guarded, sha1: createHash('sha1').update(guarded).digest('hex') };
}

const GUARDED_READ = guardedScript(READ.source);

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** An object with some of its members replaced. Methods are called on the object itself: those of node-redis have private fields. */
function proxied<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const own: unknown = Reflect.get(members, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const bound: unknown = value.bind(target);
      return bound;
    },
  });
}
