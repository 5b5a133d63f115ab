import type { SessionCensus } from '../../core/ports/session-store.js';
import { CHANNELS } from '../../core/record/session-record.js';
import { CHANNEL_LETTERS } from './record-codec.js';
import { serversOf } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';
import { wordsOf } from './replies.js';
import { RECORDS } from './script-parts.js';
import { redisScript } from './script.js';

/** Keys that one step looks at, about: what others of the server wait for is a millisecond or two. */
const PAGE = '1000';

const COUNT_PAGE = redisScript(
  'no-writes,allow-cross-slot-keys',
  RECORDS,
  /* lua */ `
-- Counts the living sessions of one page of all keys, where they lie: nothing of them travels.
-- ARGV[1] cursor  ARGV[2] pattern of session keys  ARGV[3] how many keys  ARGV[4] now  ARGV[5] ... letters of channels
-- Answers the next cursor, and one count per letter.
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local counts = {}
for _, key in ipairs(page[2]) do
  local record = find(key, tonumber(ARGV[4]))
  local letter = record and string.match(record.rest, '^"(%a)"')
  if letter then counts[letter] = (counts[letter] or 0) + 1 end
end
local words = {page[1]}
for at = 5, #ARGV do words[#words + 1] = tostring(counts[ARGV[at]] or 0) end
return words
`,
);

/**
 * Counts the living sessions under this prefix, on every primary, page by page. What comes or goes meanwhile may be counted or not, and a
 * key that moves may be counted twice.
 * @throws StoreUnavailableError
 */
export async function countSessions(link: RedisLink, keys: RedisKeys, now: number): Promise<SessionCensus> {
  const counted = { browser: 0, api: 0, support: 0, visitor: 0 };
  const letters = CHANNELS.map((channel) => CHANNEL_LETTERS[channel]);
  for (const server of await link.ask(() => serversOf(link.client))) {
    let cursor = '0';
    do {
      const args = [cursor, keys.every('sessions'), PAGE, String(now), ...letters];
      const step = async () => wordsOf(await server.eval(COUNT_PAGE.source, { keys: [], arguments: args }));
      const [next = '0', ...counts] = await link.ask(step);
      CHANNELS.forEach((channel, at) => (counted[channel] += Number(counts[at])));
      cursor = next;
    } while (cursor !== '0');
  }
  return counted;
}
