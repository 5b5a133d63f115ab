import type { CountedHit } from '../../core/ports/counters.js';
import { redisScript } from './script.js';

/** Reads what is kept of a key: a hash of three numbers. */
const READ = `
local stored = redis.call('HMGET', KEYS[1], 'count', 'since', 'until')
local count, since, open = tonumber(stored[1]), tonumber(stored[2]), tonumber(stored[3])
`;

/**
 * The decision of core/login/pacing.ts, in one step; the contract of the port holds the two together. The key lives as long as it
 * counts, told in a duration: the server's clock need not be the caller's.
 */
export const PACE = redisScript(
  '',
  READ,
  `
local now, free, pause, longest, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local renews, hits = ARGV[6] == '1', tonumber(ARGV[7])
if count and now >= math.max(open, since + window) then count = nil end
if count and now < open then return { 0, count, open - now } end
if not count or renews then since = now end
count = (count or 0) + hits
local wait = 0
if count >= free then wait = math.min(longest, pause * 2 ^ math.min(count - free, 64)) end
open = wait == 0 and 0 or now + wait
redis.call('HSET', KEYS[1], 'count', string.format('%.0f', count), 'since', string.format('%.0f', since), 'until', string.format('%.0f', open))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(open, since + window) - now + 1000))
return { 1, count, wait }
`,
);

/** Takes one hit back, with the pause that it began. */
export const UNPACE = redisScript(
  '',
  READ,
  `if count then redis.call('HSET', KEYS[1], 'count', string.format('%.0f', math.max(0, count - 1)), 'until', '0') end`,
);

/** What {@link PACE} answers. */
export function readHit(reply: unknown): CountedHit {
  if (!Array.isArray(reply)) throw new Error('The pacing script answers with a list of three numbers.');
  const [allowed, count, resetIn] = reply.map(Number);
  return { allowed: allowed === 1, count: count ?? 0, resetIn: resetIn ?? 0 };
}
