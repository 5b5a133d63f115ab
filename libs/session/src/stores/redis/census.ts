import type { SessionCensus } from '../../core/ports/session-store.js';
import { CHANNELS } from '../../core/record/session-record.js';
import { CHANNEL_LETTERS } from './record-codec.js';
import { serversOf } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';
import { wordsOf } from './replies.js';
import { INDEXES, RECORDS } from './script-parts.js';
import { redisScript } from './script.js';

/** Keys that one step looks at, about: others wait for it no longer than for a login. */
const PAGE = '250';

/** Keys of one server that are looked at. Of a server with more they are a sample: it costs the same at any size. */
const SAMPLE = 100_000;

const COUNT_PAGE = redisScript(
  'no-writes,allow-cross-slot-keys',
  RECORDS,
  INDEXES,
  /* lua */ `
-- Counts the living sessions of one page of all keys, where they lie: nothing of them travels.
-- ARGV[1] cursor  ARGV[2] pattern of session keys  ARGV[3] how many keys  ARGV[4] now  ARGV[5] ... letters of channels
-- Answers the next cursor, the keys looked at, the keys that there are, and one count per letter.
local page = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[3])
local head, middle = string.match(ARGV[2], '^(.-)%*(.-)%*$')
local now, counts = tonumber(ARGV[4]), {}
for _, key in ipairs(page[2]) do
  if string.sub(key, 1, #head) == head and string.find(key, middle, 1, true) then
    local value = redis.call('GET', key)
    local record = value and life(value)
    local letter = record and finish(record) > now and string.match(value, '"(%a)"')
    if letter then counts[letter] = (counts[letter] or 0) + 1 end
  end
end
local words = {page[1], tostring(#page[2]), tostring(redis.call('DBSIZE'))}
for at = 5, #ARGV do words[#words + 1] = tostring(counts[ARGV[at]] or 0) end
return words
`,
);

/**
 * Counts the living sessions under this prefix, on every primary, page by page. A server with more keys than the sample is estimated from
 * it: Redis spreads its keys by a keyed hash, so any part of them is like the whole. What comes or goes meanwhile may be counted or not.
 * @throws StoreUnavailableError
 */
export async function countSessions(link: RedisLink, keys: RedisKeys, now: number, sample = SAMPLE): Promise<SessionCensus> {
  const counted = { browser: 0, api: 0, support: 0, visitor: 0 };
  const letters = CHANNELS.map((channel) => CHANNEL_LETTERS[channel]);
  for (const server of await link.ask(() => serversOf(link.client))) {
    const found = CHANNELS.map(() => 0);
    let [cursor, seen, all] = ['0', 0, 0];
    do {
      const args = [cursor, keys.every('sessions'), PAGE, String(now), ...letters];
      const step = async () => wordsOf(await server.eval(COUNT_PAGE.source, { keys: [], arguments: args }));
      const [next = '0', looked, existing, ...counts] = await link.ask(step);
      counts.forEach((count, at) => (found[at] = (found[at] ?? 0) + Number(count)));
      [cursor, seen, all] = [next, seen + Number(looked), Number(existing)];
    } while (cursor !== '0' && seen < sample);
    const share = cursor === '0' ? 1 : all / seen;
    CHANNELS.forEach((channel, at) => (counted[channel] += Math.round((found[at] ?? 0) * share)));
  }
  return counted;
}
