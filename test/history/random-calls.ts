import type { Call, Shown } from './operation.js';
import type { Seeded } from './seeded.js';
import type { HeldSession, Wallet } from './wallet.js';

/** How often each kind of call is made, relative to the others. */
const WEIGHTS = {
  login: 8,
  check: 30,
  refresh: 28,
  list: 4,
  tokenOfCookie: 4,
  logout: 3,
  revokeToken: 2,
  endOne: 2,
  endOthers: 1,
  endAll: 1.5,
  reauthenticate: 4,
  changePassword: 4,
} satisfies Record<Call['type'], number>;

/** How often the secret before the newest is shown; a refresh with it, being what decides between retry and theft, is tried more often. */
const PREDECESSOR_IS_SHOWN = 0.25;
const PREDECESSOR_REFRESHES = 0.5;

/** How many sessions a user should have on the whole: with fewer, a client logs in more often. */
const ENOUGH = 3;

/** Chooses what a client does next. */
export function randomCall(wallet: Wallet, chance: Seeded): Call {
  const session = wallet.someSession(chance);
  const type = chance.weighted(WEIGHTS);
  const isShort = wallet.current.length < ENOUGH && chance.happens(0.15);
  const call = session && type !== 'login' && !isShort ? callOn(session, type, wallet, chance) : undefined;
  const channel = chance.happens(0.5) ? 'browser' : 'api';
  return call ?? { type: 'login', channel, password: wallet.somePassword(chance), endOthers: chance.happens(0.08) };
}

/** `undefined`: the session has no credential for that. */
function callOn(session: HeldSession, type: Exclude<Call['type'], 'login'>, wallet: Wallet, chance: Seeded): Call | undefined {
  if (type === 'refresh' || type === 'revokeToken') {
    const generation = someGeneration(session, 'refreshToken', chance, PREDECESSOR_REFRESHES);
    return generation === undefined ? undefined : { type, session: session.name, generation };
  }
  const shown = someCredential(session, chance);
  if (!shown) return undefined;
  switch (type) {
    case 'tokenOfCookie':
      return shown.kind === 'cookie' ? { type, shown } : { type: 'check', shown };
    case 'endOne': {
      const target = wallet.someSession(chance)?.name ?? session.name;
      return { type, shown, target };
    }
    case 'reauthenticate':
      return { type, shown, password: wallet.somePassword(chance) };
    case 'changePassword':
      return { type, shown, current: wallet.somePassword(chance), next: wallet.newPassword() };
    case 'check':
    case 'list':
    case 'logout':
    case 'endOthers':
    case 'endAll':
      return { type, shown };
  }
}

function someCredential(session: HeldSession, chance: Seeded): Shown | undefined {
  const cookie = session.channel === 'browser' && chance.happens(0.7);
  const kind = cookie ? 'cookie' : 'access';
  const generation = someGeneration(session, cookie ? 'cookie' : 'accessToken', chance);
  return generation === undefined ? undefined : { kind, channel: session.channel, session: session.name, generation };
}

/** The newest generation, so often the one before, seldom any. */
function someGeneration(
  session: HeldSession,
  secret: 'cookie' | 'accessToken' | 'refreshToken',
  chance: Seeded,
  before = PREDECESSOR_IS_SHOWN,
): number | undefined {
  const held = [...session.generations].filter(([, secrets]) => secrets[secret] !== undefined).map(([generation]) => generation);
  const newestFirst = held.sort((a, b) => b - a);
  if (chance.happens(0.03)) return chance.pick(newestFirst);
  return newestFirst[chance.happens(before) ? 1 : 0] ?? newestFirst[0];
}
