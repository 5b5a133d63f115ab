import { redisScript } from './script.js';
import { APPLICATION, CHANGES, FENCE_TTL, INDEXES, OPERATIONS, RECORDS } from './script-parts.js';

/** Reads the fence of a user. */
export const FENCE = redisScript(
  '',
  /* lua */ `
-- Reads a fence, makes it if absent, and renews its life.
-- KEYS[1] fence
-- ARGV[1] the value to make it of
-- Answers the fence.
local fence = redis.call('GET', KEYS[1]) or ARGV[1]
redis.call('SET', KEYS[1], fence, 'PX', ${FENCE_TTL})
return fence
`,
);

/** Adds a session within the fence and the limit. */
export const CREATE = redisScript(
  '',
  RECORDS,
  INDEXES,
  CHANGES,
  OPERATIONS,
  /* lua */ `
-- Adds a session unless the fence has moved, its id was ended before or is taken; keeps the limit in the same step (P9).
-- KEYS[1] operation  KEYS[2] record  KEYS[3] fence  KEYS[4] index of user and channel
-- ARGV[1] record  ARGV[2] fence  ARGV[3] now, ms  ARGV[4] name of the session in the index
-- ARGV[5] what record keys begin with  ARGV[6] limit, or -1  ARGV[7] 'evict' or 'refuse'  ARGV[8] channel
-- Answers created with the names of those evicted; fenced; limitReached.
local now, max = tonumber(ARGV[3]), tonumber(ARGV[6])
if redis.call('GET', KEYS[3]) ~= ARGV[2] or redis.call('EXISTS', KEYS[2]) == 1 then return answer({'fenced'}) end

local due = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[3])
for _, record in ipairs(living(KEYS[4], due, ARGV[5], now)) do enrol(KEYS[4], record.member, record, now) end

local words, evicted = {'created'}, {}
if max >= 0 and redis.call('ZCARD', KEYS[4]) >= max then
  local alive = living(KEYS[4], redis.call('ZRANGE', KEYS[4], 0, -1), ARGV[5], now)
  if #alive >= max and ARGV[7] == 'refuse' then return answer({'limitReached'}) end
  table.sort(alive, function(a, b)
    if a.seenAt ~= b.seenAt then return a.seenAt < b.seenAt end
    if a.createdAt ~= b.createdAt then return a.createdAt < b.createdAt end
    return a.member < b.member
  end)
  for at = 1, math.min(#alive - max + 1, #alive) do
    local member = alive[at].member
    bury(ARGV[5] .. member, 'evicted')
    redis.call('ZREM', KEYS[4], member)
    words[#words + 1] = member
    evicted[#evicted + 1] = member
  end
  tell(KEYS[2], evicted)
end

local record = open(ARGV[1])
save(KEYS[2], record, now)
enrol(KEYS[4], ARGV[4], record, now)
return answer(words)
`,
);

/** Replaces a record by its renewal. */
export const RENEW = redisScript(
  '',
  RECORDS,
  INDEXES,
  CHANGES,
  OPERATIONS,
  /* lua */ `
-- Replaces a record by its renewal, only over the version it was computed from and only by a newer generation (P3, P10).
-- KEYS[1] operation  KEYS[2] record  KEYS[3] fence  KEYS[4] index of user and channel
-- ARGV[1] renewal  ARGV[2] expected version  ARGV[3] fence  ARGV[4] now, ms  ARGV[5] name of the session in the index
-- ARGV[6] channel
-- Answers renewed, fenced, conflict or gone.
local now = tonumber(ARGV[4])
local record, renewal = find(KEYS[2], now), open(ARGV[1])
if not record then return answer({'gone'}) end
if redis.call('GET', KEYS[3]) ~= ARGV[3] then return answer({'fenced'}) end
if record.version ~= tonumber(ARGV[2]) or record.generation >= renewal.generation or record.expiresAt ~= renewal.expiresAt then
  return answer({'conflict'})
end
renewal.seenAt = math.max(renewal.seenAt, record.seenAt)
save(KEYS[2], renewal, now)
enrol(KEYS[4], ARGV[5], renewal, now)
tell(KEYS[2], {ARGV[5]})
return answer({'renewed'})
`,
);

/** Ends every session of a user. */
const REVOKING_ALL = /* lua */ `
-- Moves the fence of a user (absent counts as moved) and ends all their sessions but the one to be spared, which may be
-- renewed in the same step (P2). Expired ones are deleted too: a slower clock may still think them alive.
-- KEYS[1] operation  KEYS[2] fence  KEYS[3] ... index of each channel
-- ARGV[1] reason  ARGV[2] now, ms  ARGV[3] what record keys begin with
-- ARGV[4] name of the session to be spared, or empty  ARGV[5] its renewal, or empty  ARGV[6] expected version  ARGV[7] channel
-- Answers revoked with 1 or 0 (spared or not) and, for each index, the names of those ended with a space between; conflict.
local now, own = tonumber(ARGV[2]), ARGV[4]
local spared, home
if own ~= '' then
  for at = 3, #KEYS do if redis.call('ZSCORE', KEYS[at], own) then home = KEYS[at] end end
  -- To the journal a session that is renewed was alive, however long ago an older copy of it was seen.
  if home and LATE and ARGV[5] ~= '' then spared = open(redis.call('GET', ARGV[3] .. own))
  elseif home then spared = find(ARGV[3] .. own, now) end
end
if spared and ARGV[5] ~= '' then
  local renewal = open(ARGV[5])
  -- An older copy of this data has an older version: the renewal has been applied to the one it was computed from, and is again.
  local fits = spared.version == tonumber(ARGV[6]) or LATE and spared.version < tonumber(ARGV[6])
  if fits and spared.generation < renewal.generation and spared.expiresAt == renewal.expiresAt then
    renewal.seenAt = math.max(renewal.seenAt, spared.seenAt)
    spared = renewal
    save(ARGV[3] .. own, renewal, now)
  elseif LATE then
    spared = nil -- nobody has its new secret, and its old ones must not live on: it ends with the others
  else
    return answer({'conflict'})
  end
end

redis.call('DEL', KEYS[2])
local words = {'revoked', spared and '1' or '0'}
for at = 3, #KEYS do
  local ended = {}
  local function finishOff(member)
    if spared and member == own then return end
    bury(ARGV[3] .. member, ARGV[1])
    ended[#ended + 1] = member
  end
  local due = redis.call('ZRANGEBYSCORE', KEYS[at], '-inf', ARGV[2])
  for _, record in ipairs(living(KEYS[at], due, ARGV[3], now)) do finishOff(record.member) end
  -- Whose end by the index is yet to come lives if it has a record at all: no need to open ten thousand of them.
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[at], '(' .. ARGV[2], '+inf')) do
    if hasRecord(ARGV[3] .. member) then finishOff(member) end
  end
  redis.call('DEL', KEYS[at])
  tell(KEYS[1], ended)
  words[#words + 1] = table.concat(ended, ' ') -- ten thousand words would take each side longer than one
end
if spared then
  enrol(home, own, spared, now)
  if ARGV[5] ~= '' then tell(KEYS[1], {own}) end
end
return answer(words)
`;

/** Ends every session of a user. */
export const REVOKE_ALL = redisScript('allow-oom', RECORDS, INDEXES, CHANGES, OPERATIONS, REVOKING_ALL);

/** Ends every session of a user because the journal says so. */
export const APPLY_END_ALL = redisScript('allow-oom', RECORDS, INDEXES, CHANGES, APPLICATION, REVOKING_ALL);

/** Reads the live sessions of a user. */
export const LIST = redisScript(
  'allow-oom',
  RECORDS,
  INDEXES,
  /* lua */ `
-- Reads the live sessions of a user and drops the dead from the indexes.
-- KEYS[1] ... index of each channel
-- ARGV[1] now, ms  ARGV[2] what record keys begin with
-- Answers name, record, name, record ...
local found = {}
for at = 1, #KEYS do
  local members = redis.call('ZRANGE', KEYS[at], 0, -1)
  for _, record in ipairs(living(KEYS[at], members, ARGV[2], tonumber(ARGV[1]))) do
    found[#found + 1] = record.member
    found[#found + 1] = record.value
  end
end
return found
`,
);
