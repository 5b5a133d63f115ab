import { createHash } from 'node:crypto';

/** A Lua script and the name the server knows it by. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

/**
 * Makes a script of its parts. `allow-oom` lets it run on a full Redis: every script that ends sessions has it, since there a
 * revocation must not fail for want of a few bytes. The flags line also makes a cluster refuse keys of a foreign slot.
 */
export function redisScript(
  flags: '' | 'allow-oom' | 'no-writes,allow-cross-slot-keys',
  ...parts: readonly string[]
): RedisScript {
  const source = `#!lua flags=${flags}\n${parts.join('\n')}`;
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Whether the server refused a script because it was started, flushed or promoted since, and does not know it yet. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
