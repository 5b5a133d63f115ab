import { redisScript } from './script.js';
import { APPLICATION, CHANGES, OPERATIONS, RECORDS } from './script-parts.js';

/** Moves `lastSeenAt` forward. */
export const TOUCH = redisScript(
  '',
  RECORDS,
  /* lua */ `
-- Moves the time a session was last seen forward, never back; a session that has ended stays so (P3).
-- KEYS[1] record
-- ARGV[1] seen at, ms
-- Answers nothing.
local seenAt = tonumber(ARGV[1])
local record = find(KEYS[1], seenAt)
if record and seenAt > record.seenAt then
  record.seenAt = seenAt
  save(KEYS[1], record, seenAt)
end
return nil
`,
);

/** Notes the first use of a generation. */
export const USED = redisScript(
  'allow-oom', // a first use that is not noted would keep the predecessor good

  RECORDS,
  /* lua */ `
-- Notes when the current generation was first used. Any other generation, or a later use, changes nothing.
-- KEYS[1] record
-- ARGV[1] generation  ARGV[2] now, ms
-- Answers nothing.
local record = find(KEYS[1], tonumber(ARGV[2]))
if record and record.generation == tonumber(ARGV[1]) and record.usedAt == 0 then
  record.usedAt = tonumber(ARGV[2])
  redis.call('SET', KEYS[1], close(record), 'KEEPTTL')
end
return nil
`,
);

/** The refresh decision as one step. */
export const ROTATE = redisScript(
  'allow-oom',
  RECORDS,
  CHANGES,
  OPERATIONS,
  /* lua */ `
-- decideRefresh (design 6) as one step: keep it word for word with core/refresh/refresh-decision.ts.
-- KEYS[1] operation  KEYS[2] record
-- ARGV[1] presented generation  ARGV[2] now, ms  ARGV[3] window, ms  ARGV[4] 'use' or 'rotation'  ARGV[5] channel
-- Answers rotated, replayed or healed with generation and replays; reused with channel and user; superseded; gone.
local presented, now, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local record = find(KEYS[2], now)
if not record then return answer({'gone'}) end
if presented < record.minGeneration then return answer({'superseded'}) end

local function accept(word)
  record.seenAt = math.max(record.seenAt, now)
  save(KEYS[2], record, now)
  return answer({word, string.format('%.17g', record.generation), string.format('%.17g', record.replays)})
end

if presented >= record.generation then
  local word = presented == record.generation and 'rotated' or 'healed'
  record.generation = presented + 1
  record.usedAt = ARGV[4] == 'rotation' and now or 0
  record.replays = bit.band(bit.lshift(record.replays, 1), 7)
  return accept(word)
end
local successorIsNew = record.usedAt == 0 or (window > 0 and now - record.usedAt <= window)
if presented == record.generation - 1 and successorIsNew then
  record.replays = bit.bor(record.replays, 1)
  return accept('replayed')
end
bury(KEYS[2], 'reuse')
tell(KEYS[2], {nameOf(KEYS[2])})
return answer({'reused', identity(record)})
`,
);

/** Replaces the sealed part. */
export const WRITE = redisScript(
  '',
  RECORDS,
  CHANGES,
  OPERATIONS,
  /* lua */ `
-- Replaces the sealed part of a record, only over the version it was computed from.
-- KEYS[1] operation  KEYS[2] record
-- ARGV[1] sealed part as JSON  ARGV[2] expected version  ARGV[3] now, ms  ARGV[4] channel
-- Answers written, conflict or gone.
local record = find(KEYS[2], tonumber(ARGV[3]))
if not record then return answer({'gone'}) end
if record.version ~= tonumber(ARGV[2]) then return answer({'conflict'}) end
record.version = record.version + 1
record.rest = string.match(record.rest, '^(.*,)"[^"]*"%]$') .. ARGV[1] .. ']'
redis.call('SET', KEYS[2], close(record), 'KEEPTTL')
tell(KEYS[2], {nameOf(KEYS[2])})
return answer({'written'})
`,
);

/** Ends one session. */
const REVOKING = /* lua */ `
-- Ends a session. One that has expired by this clock is ended too: a slower clock may still think it alive.
-- KEYS[1] operation  KEYS[2] record
-- ARGV[1] reason  ARGV[2] now, ms  ARGV[3] channel
-- Answers ended with channel and user; or none when none was alive.
local record = open(redis.call('GET', KEYS[2]))
if record then
  bury(KEYS[2], ARGV[1])
  tell(KEYS[2], {nameOf(KEYS[2])})
end
if not record or finish(record) <= tonumber(ARGV[2]) then return answer({'none'}) end
return answer({'ended', identity(record)})
`;

/** Ends one session. */
export const REVOKE = redisScript('allow-oom', RECORDS, CHANGES, OPERATIONS, REVOKING);

/** Ends one session because the journal says so. */
export const APPLY_END = redisScript('allow-oom', RECORDS, CHANGES, APPLICATION, REVOKING);

/** Ends one session whoever it belongs to, whatever the time: the part of `revokeEveryone` that is one step. */
export const END = redisScript(
  'allow-oom',
  RECORDS,
  /* lua */ `
-- Ends a session when everyone's are ended. Safe to repeat as it is.
-- KEYS[1] record
-- ARGV[1] reason  ARGV[2] ms: one that was created later lives on
-- Answers ended or none.
local record = open(redis.call('GET', KEYS[1]))
if not record or record.createdAt > tonumber(ARGV[2]) then return {'none'} end
bury(KEYS[1], ARGV[1])
return {'ended'}
`,
);

/** Tells the feed that everyone's sessions were ended. */
export const TELL_EVERYONE = redisScript(
  'allow-oom',
  /* lua */ `
-- ARGV[1] channel
-- Answers nothing.
local time = redis.call('TIME')
redis.pcall('PUBLISH', ARGV[1], time[1] .. string.format('%03d', math.floor(time[2] / 1000)) .. ' *')
return nil
`,
);
