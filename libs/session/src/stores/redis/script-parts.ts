/** Milliseconds a record outlives its end: a TTL only cleans up, and never before a slower clock has seen the end too. */
const RECORD_SLACK = 60_000;

/** Milliseconds an index outlives the absolute end of its longest session: more than any record. */
const INDEX_SLACK = 3_600_000;

/** Milliseconds for which the outcome of an operation is remembered: twice `RETRY_HORIZON`. */
const OPERATION_TTL = 60_000;

/** Milliseconds for which an ended id is refused and the reason is known. */
export const TOMBSTONE_TTL = 3_600_000;

/** Milliseconds a fence lives after it was last read: longer than the longest login. */
export const FENCE_TTL = 900_000;

/**
 * Opens and closes records. Only the eight leading numbers are taken apart; the rest stays as it came, so nothing is lost on
 * the way through Lua (`%.17g` keeps every number exactly).
 */
export const RECORDS = /* lua */ `
local function open(value)
  if not value then return nil end
  local generation, usedAt, minGeneration, replays, seenAt, version, idle, expiresAt, rest =
    string.match(value, '^%[([^,]+),([^,]+),([^,]+),([^,]+),([^,]+),([^,]+),([^,]+),([^,]+),(.*)$')
  if not rest then return nil end
  return {
    generation = tonumber(generation), usedAt = tonumber(usedAt), minGeneration = tonumber(minGeneration),
    replays = tonumber(replays), seenAt = tonumber(seenAt), version = tonumber(version),
    idle = tonumber(idle), expiresAt = tonumber(expiresAt), rest = rest,
  }
end

local function close(record)
  return string.format('[%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%s',
    record.generation, record.usedAt, record.minGeneration, record.replays,
    record.seenAt, record.version, record.idle, record.expiresAt, record.rest)
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

local function identity(record) return string.match(record.rest, '^("%a","[^"]*")') end
`;

/**
 * Makes a mutation safe to repeat. KEYS[1] is the operation: when its outcome is known, the script answers it unchanged and
 * does nothing else. Outcomes are lists of strings, the first one the word for it.
 */
export const OPERATIONS = /* lua */ `
local before = redis.call('GET', KEYS[1])
if before then return cjson.decode(before) end
local function answer(words)
  redis.call('SET', KEYS[1], cjson.encode(words), 'PX', ${OPERATION_TTL})
  return words
end
`;

/**
 * Reads the sessions of an index. It may name sessions that have ended, and scores each by the end it had when it was written,
 * which uses only ever move later: so a session is judged by its record alone, and those found dead leave index and store.
 * At most 5,000 keys go into one command, since Lua's \`unpack\` fails above 8,000.
 */
export const INDEXES = /* lua */ `
local function inChunks(command, first, list)
  for from = 1, #list, 5000 do
    local last = math.min(from + 4999, #list)
    if first then redis.call(command, first, unpack(list, from, last)) else redis.call(command, unpack(list, from, last)) end
  end
end

local function living(index, members, sessions, now)
  local alive, dead, deadKeys = {}, {}, {}
  for from = 1, #members, 5000 do
    local keys = {}
    for at = from, math.min(from + 4999, #members) do keys[#keys + 1] = sessions .. members[at] end
    for at, value in ipairs(redis.call('MGET', unpack(keys))) do
      local record = open(value)
      if record and finish(record) > now then
        record.member = members[from + at - 1]
        record.value = value
        alive[#alive + 1] = record
      else
        dead[#dead + 1] = members[from + at - 1]
        deadKeys[#deadKeys + 1] = keys[at]
      end
    end
  end
  inChunks('DEL', nil, deadKeys)
  inChunks('ZREM', index, dead)
  return alive
end

local function enrol(index, member, record, now)
  redis.call('ZADD', index, string.format('%.17g', finish(record)), member)
  local ttl = math.ceil(math.max(record.expiresAt - now, 0)) + ${INDEX_SLACK}
  if redis.call('PTTL', index) < ttl then redis.call('PEXPIRE', index, ttl) end
end
`;
