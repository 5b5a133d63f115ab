import { NAMED_AT_MOST } from '../../core/ports/changes.js';
import { END_REASONS } from '../../core/record/session-record.js';

/** Milliseconds a record outlives its end: a TTL only cleans up, and never before a slower clock has seen the end too. */
const RECORD_SLACK = 60_000;

/** Milliseconds an index outlives the absolute end of its longest session: more than any record. */
const INDEX_SLACK = 3_600_000;

/** Milliseconds for which the outcome of an operation is remembered: twice `RETRY_HORIZON`. */
const OPERATION_TTL = 60_000;

/** Milliseconds for which the reason an id was ended is kept, and the id refused. */
const TOMBSTONE_TTL = 3_600_000;

/** Characters of the longest tombstone. */
const LONGEST_REASON = Math.max(...END_REASONS.map((reason) => reason.length));

/** Milliseconds a fence lives after it was last read: longer than the longest login. */
export const FENCE_TTL = 900_000;

/**
 * Opens and closes records. Only the nine leading numbers are taken apart; the rest stays as it came, so nothing is lost on
 * the way through Lua (`%.17g` keeps every number exactly). An ended session leaves its tombstone in the place of its record:
 * the bare reason, which opens as no record, so that nothing finds it and nothing writes over it (P3). Nor does anything else that
 * someone wrote into the store: arithmetic on it would fail the script, and with it every revocation of that user.
 */
export const RECORDS = /* lua */ `
local NUMBER = '(%-?%d+%.?%d*),'
local HEAD = '^%[' .. string.rep(NUMBER, 9) .. '(.*)$'

local function open(value)
  if not value then return nil end
  local generation, usedAt, minGeneration, replays, version, idle, createdAt, seenAfter, expiresAfter, rest = string.match(value, HEAD)
  generation, usedAt, minGeneration = tonumber(generation), tonumber(usedAt), tonumber(minGeneration)
  replays, version, idle, createdAt = tonumber(replays), tonumber(version), tonumber(idle), tonumber(createdAt)
  seenAfter, expiresAfter = tonumber(seenAfter), tonumber(expiresAfter)
  if not (generation and usedAt and minGeneration and replays and version and idle and createdAt and seenAfter and expiresAfter) then
    return nil
  end
  return {
    generation = generation, usedAt = usedAt, minGeneration = minGeneration, replays = replays, version = version, idle = idle,
    createdAt = createdAt, seenAt = createdAt + seenAfter, expiresAt = createdAt + expiresAfter, rest = rest,
  }
end

local function close(record)
  return string.format('[' .. string.rep('%.17g,', 9) .. '%s',
    record.generation, record.usedAt, record.minGeneration, record.replays, record.version, record.idle,
    record.createdAt, record.seenAt - record.createdAt, record.expiresAt - record.createdAt, record.rest)
end

local function finish(record) return math.min(record.seenAt + record.idle, record.expiresAt) end

local function find(key, now)
  local record = open(redis.call('GET', key))
  if record and finish(record) > now then return record end
  return nil
end

local function save(key, record, now)
  redis.call('SET', key, close(record), 'PX', math.ceil(math.max(finish(record) - now, 0)) + ${RECORD_SLACK})
end

local function bury(key, reason) redis.call('SET', key, reason, 'PX', '${TOMBSTONE_TTL}', 'XX') end

-- Whether there is a record, or what passes for one: any that is longer than a tombstone. Its length is known without reading it.
local function hasRecord(key) return redis.call('STRLEN', key) > ${LONGEST_REASON} end

local function identity(record) return string.match(record.rest, '^("%a","[^"]*")') end
`;

/**
 * Makes a mutation safe to repeat. KEYS[1] is the operation: when its outcome is known, the script answers it unchanged and
 * does nothing else. Outcomes are lists of strings, the first one the word for it.
 */
export const OPERATIONS = /* lua */ `
local LATE = false
local before = redis.call('GET', KEYS[1])
if before then return cjson.decode(before) end
local function answer(words)
  redis.call('SET', KEYS[1], cjson.encode(words), 'PX', ${OPERATION_TTL})
  return words
end
`;

/**
 * Makes a mutation one that the journal asks for, in the place of {@link OPERATIONS}. The last key is the position of the slot, the
 * last arguments are the sequence number of the entry before, that of this one, and whose call this is. It is applied only where
 * everything before it was, and only once; an operation that has acted here already only moves the position. The position is
 * part of the same data as what is done, and so comes back as old as that. `LATE`: what was asked for must come about, since it is
 * written already: where the caller could be told of a conflict before, there is nobody to tell now.
 * Answers applied with the outcome; passed with the outcome, if it is still known; or behind.
 */
export const APPLICATION = /* lua */ `
local LATE = true
local CALL, SEQUENCE, PREVIOUS = table.remove(ARGV), table.remove(ARGV), tonumber(table.remove(ARGV))
local POSITION = table.remove(KEYS)
local at, by = string.match(redis.call('GET', POSITION) or '', '^(%d+):(.*)$')
at = tonumber(at or 0)
local before = redis.call('GET', KEYS[1])
if at >= tonumber(SEQUENCE) then
  return {at == tonumber(SEQUENCE) and by == CALL and before and 'applied' or 'passed', before or ''}
end
if at < PREVIOUS then return {'behind'} end
local function move() redis.call('SET', POSITION, SEQUENCE .. ':' .. CALL) end
if before then
  move()
  return {'passed', before}
end
local function answer(words)
  local outcome = cjson.encode(words)
  move()
  redis.call('SET', KEYS[1], outcome, 'PX', ${OPERATION_TTL})
  return {'applied', outcome}
end
`;

/**
 * Reads the sessions of an index. It may name sessions that have ended, and scores each by the end it had when it was written,
 * which uses only ever move later: so a session is judged by its record alone, and those found dead leave index and store.
 * At most 5,000 keys go into one command, since Lua's `unpack` fails above 8,000.
 */
export const INDEXES = /* lua */ `
local LIFE = '^%[' .. string.rep('%-?%d+%.?%d*,', 5) .. string.rep(NUMBER, 4)

local function life(value)
  local idle, createdAt, seenAfter, expiresAfter = string.match(value, LIFE)
  idle, createdAt, seenAfter, expiresAfter = tonumber(idle), tonumber(createdAt), tonumber(seenAfter), tonumber(expiresAfter)
  if not (idle and createdAt and seenAfter and expiresAfter) then return nil end
  return {idle = idle, createdAt = createdAt, seenAt = createdAt + seenAfter, expiresAt = createdAt + expiresAfter}
end

local function living(index, members, sessions, now)
  local alive = {}
  for from = 1, #members, 5000 do
    local keys, dead, expired = {}, {}, {}
    for at = from, math.min(from + 4999, #members) do keys[#keys + 1] = sessions .. members[at] end
    for at, value in ipairs(redis.call('MGET', unpack(keys))) do
      local member = members[from + at - 1]
      local record = value and life(value)
      if record and finish(record) > now then
        record.member, record.value = member, value
        alive[#alive + 1] = record
      else
        dead[#dead + 1] = member
        if record then expired[#expired + 1] = keys[at] end
      end
    end
    if #dead > 0 then redis.call('ZREM', index, unpack(dead)) end
    if #expired > 0 then redis.call('DEL', unpack(expired)) end
  end
  return alive
end

local function enrol(index, member, record, now)
  redis.call('ZADD', index, string.format('%.17g', finish(record)), member)
  local ttl = math.ceil(math.max(record.expiresAt - now, 0)) + ${INDEX_SLACK}
  if redis.call('PTTL', index) < ttl then redis.call('PEXPIRE', index, ttl) end
end
`;

/**
 * Tells the feed of changes. The last argument is the name of its channel; a message is the time in
 * milliseconds, the slot, and the names of records in it, unless they are too many. A feed that may not be told (an ACL without the channel) must not fail
 * what it would tell of: hence `pcall`.
 */
export const CHANGES = /* lua */ `
local function nameOf(key) return string.match(key, '}:s:(.*)$') end

local function tell(key, names)
  local channel = ARGV[#ARGV]
  if #names == 0 then return end
  local time = redis.call('TIME')
  local message = time[1] .. string.format('%03d', math.floor(time[2] / 1000)) .. ' ' .. string.match(key, '{([^}]*)}')
  if #names <= ${NAMED_AT_MOST} then message = message .. ' ' .. table.concat(names, ' ') end
  redis.pcall('PUBLISH', channel, message)
end
`;
