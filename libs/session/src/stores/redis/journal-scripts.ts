import { redisScript } from './script.js';
import { APPLICATION, CHANGES, INDEXES, RECORDS } from './script-parts.js';

/** Reads what must be known before an ending is written to the journal. */
export const PROBE = redisScript(
  'allow-oom',
  /* lua */ `
-- KEYS[1] operation  KEYS[2] position  KEYS[3] record  KEYS[4] ... index of each channel
-- Answers the outcome of the operation, or empty; the position; the record, or empty; and for how many ms an index lives.
local place = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+):') or '0'
local life = 0
for at = 4, #KEYS do life = math.max(life, redis.call('PTTL', KEYS[at])) end
return {redis.call('GET', KEYS[1]) or '', place, redis.call('GET', KEYS[3]) or '', string.format('%.0f', life)}
`,
);

/** Reads how far the journal has been applied. */
export const POSITIONS = redisScript(
  'allow-oom',
  /* lua */ `
-- KEYS positions, at most 5,000
-- Answers a number for each.
local places = redis.call('MGET', unpack(KEYS))
for at, place in ipairs(places) do places[at] = place and string.match(place, '^(%d+):') or '0' end
return places
`,
);

/** Brings a record back to a version that the journal says it has had. */
export const APPLY_KEEP = redisScript(
  'allow-oom',
  RECORDS,
  INDEXES,
  CHANGES,
  APPLICATION,
  /* lua */ `
-- Replaces a record that is older than this version of it. It never brings a session back (P3), nor sets back its rotations or uses.
-- KEYS[1] operation  KEYS[2] record  KEYS[3] index of user and channel
-- ARGV[1] record  ARGV[2] now, ms  ARGV[3] name of the session in the index  ARGV[4] channel
-- Answers kept; or none when there was nothing to bring back.
local record, kept = open(redis.call('GET', KEYS[2])), open(ARGV[1])
if not record or not kept or record.version >= kept.version then return answer({'none'}) end
kept.seenAt = math.max(kept.seenAt, record.seenAt)
if record.generation > kept.generation then
  kept.generation, kept.usedAt, kept.replays = record.generation, record.usedAt, record.replays
end
local now = tonumber(ARGV[2])
save(KEYS[2], kept, now)
enrol(KEYS[3], ARGV[3], kept, now)
tell(KEYS[2], {nameOf(KEYS[2])})
return answer({'kept'})
`,
);
