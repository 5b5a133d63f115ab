import { redisScript } from '../script.js';

/**
 * Beside each former session lies a mark that says what becomes of it: `claim:<token>:<until>`, `upgraded:<session id>:<until>` or
 * `ended::0`. Its key hashes to the slot of the session's own, so that each of these is one step in a cluster too.
 */
const PARTS = /* lua */ `
local function mark()
  local value = redis.call('GET', KEYS[2])
  if not value then return nil end
  local kind, of, till = string.match(value, '^(%a+):([^:]*):(%d+)$')
  return kind, of, tonumber(till)
end
-- The mark outlives whatever a request of the former system, still under way, may write in the place of the session.
local function forget(value)
  local left = redis.call('PTTL', KEYS[1])
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], value, 'PX', left > 0 and left + ${60 * 60 * 1000} or ${400 * 24 * 60 * 60 * 1000})
end
`;

/**
 * Claims a former session.
 * KEYS: session, mark. ARGV: token, now, until. Answers `claimed` and the session, `upgraded` and the session of ours, `busy`, `none`.
 */
export const CLAIM = redisScript(
  '',
  PARTS,
  /* lua */ `
local kind, of, till = mark()
local now = tonumber(ARGV[2])
if kind == 'ended' then return {'none'} end
if kind == 'upgraded' then return now < till and {'upgraded', of} or {'none'} end
if kind == 'claim' and of ~= ARGV[1] and now < till then return {'busy'} end
local session = redis.call('GET', KEYS[1])
if not session then return {'none'} end
redis.call('SET', KEYS[2], 'claim:' .. ARGV[1] .. ':' .. ARGV[3], 'PX', 60000)
return {'claimed', session}`,
);

/**
 * Puts a session of ours in the place of the former.
 * KEYS: session, mark. ARGV: token, session id, until. Answers 1, or 0 when the claim or the former session is no more.
 */
export const SETTLE = redisScript(
  '',
  PARTS,
  /* lua */ `
local kind, of = mark()
if kind == 'upgraded' and of == ARGV[2] then return 1 end
if kind ~= 'claim' or of ~= ARGV[1] or redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
forget('upgraded:' .. ARGV[2] .. ':' .. ARGV[3])
return 1`,
);

/** Gives a claim back. KEYS: session, mark. ARGV: token. Answers 1. */
export const RELEASE = redisScript(
  '',
  PARTS,
  /* lua */ `
local kind, of = mark()
if kind == 'claim' and of == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1`,
);

/** Ends a former session. KEYS: session, mark. ARGV: now. Answers the session of ours that took its place a moment ago, or nothing. */
export const END = redisScript(
  'allow-oom',
  PARTS,
  /* lua */ `
local kind, of, till = mark()
if kind == 'ended' then return '' end
if kind or redis.call('EXISTS', KEYS[1]) == 1 then forget('ended::0') end
return kind == 'upgraded' and tonumber(ARGV[1]) < till and of or ''`,
);

/** Notes that the sessions of a user have ended. KEYS: note. ARGV: milliseconds to keep it. Answers 1. */
export const NOTE = redisScript(
  'allow-oom',
  /* lua */ `
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return 1`,
);
