/** A living session, as design §3 and §6 describe it. A session that is not there has ended, or never was. */
interface ModelSession {
  readonly channel: 'browser' | 'api';
  readonly generation: number;
  readonly minGeneration: number;
  /** Whether the current generation was used. */
  readonly used: boolean;
}

/** All that is true of one user at one moment, but for the fence: each login under way knows whether it moved (programs.ts). */
export interface ModelUser {
  readonly password: number;
  readonly sessions: ReadonlyMap<string, ModelSession>;
}

export const NEW_USER: ModelUser = { password: 0, sessions: new Map() };

/** Whether a cookie or an access token of this generation is accepted (design §4). */
export function accepts(user: ModelUser, id: string, generation: number): boolean {
  const session = user.sessions.get(id);
  return session !== undefined && generation >= session.minGeneration;
}

/** What a refresh token of this generation means (design §6), written from the design and not from the code under test. */
export type RefreshVerdict = 'rotates' | 'replays' | 'kills' | 'nothing';

export function judgeRefresh(
  user: ModelUser,
  id: string,
  presented: number,
  predecessorDies: 'never' | 'at-once',
): RefreshVerdict {
  const session = user.sessions.get(id);
  if (!session || presented < session.minGeneration) return 'nothing';
  if (presented === session.generation) return 'rotates';
  if (presented > session.generation) throw new Error('A history has no roll-back: nobody holds what was never issued.');
  const isPredecessor = presented === session.generation - 1;
  const isGood = predecessorDies === 'never' || !session.used;
  return isPredecessor && isGood ? 'replays' : 'kills';
}

export function rotated(user: ModelUser, id: string): ModelUser {
  return changed(user, id, (session) => ({ ...session, generation: session.generation + 1, used: false }));
}

/** Only the current generation can be used for the first time. */
export function noted(user: ModelUser, id: string, generation: number): ModelUser {
  return changed(user, id, (session) => (session.generation === generation ? { ...session, used: true } : session));
}

/** A new secret on purpose: every older credential is dead. */
export function renewed(user: ModelUser, id: string): ModelUser {
  return changed(user, id, (session) => {
    const generation = session.generation + 1;
    return { ...session, generation, minGeneration: generation, used: false };
  });
}

export function opened(user: ModelUser, id: string, channel: 'browser' | 'api'): ModelUser {
  const session: ModelSession = { channel, generation: 0, minGeneration: 0, used: false };
  return { ...user, sessions: new Map(user.sessions).set(id, session) };
}

export function ended(user: ModelUser, id: string): ModelUser {
  if (!user.sessions.has(id)) return user;
  const sessions = new Map(user.sessions);
  sessions.delete(id);
  return { ...user, sessions };
}

export function endedChannel(user: ModelUser, channel: 'browser' | 'api'): ModelUser {
  return { ...user, sessions: new Map([...user.sessions].filter(([, session]) => session.channel !== channel)) };
}

export function endedAll(user: ModelUser, spared?: string): ModelUser {
  return { ...user, sessions: new Map([...user.sessions].filter(([id]) => id === spared)) };
}

export function countOf(user: ModelUser, channel: 'browser' | 'api'): number {
  return [...user.sessions.values()].filter((session) => session.channel === channel).length;
}

function changed(user: ModelUser, id: string, change: (session: ModelSession) => ModelSession): ModelUser {
  const session = user.sessions.get(id);
  return session ? { ...user, sessions: new Map(user.sessions).set(id, change(session)) } : user;
}
