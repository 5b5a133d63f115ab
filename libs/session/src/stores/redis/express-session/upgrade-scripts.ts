import { days } from '../../../core/options/durations.js';
import { redisScript } from '../script.js';

/** Browsers keep no cookie for longer. Milliseconds. */
export const LONGEST_COOKIE = days(400);

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
-- A request of the former system that is still under way may write the session back, for as long as its cookie lives and not only
-- for what was left of it. The mark outlives every cookie.
local function forget(value)
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], value, 'PX', ${LONGEST_COOKIE})
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
if kind == 'ended' or kind == 'upgraded' then redis.call('DEL', KEYS[1]) end -- written back
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
