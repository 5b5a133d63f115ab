import { newUserId } from './application.mjs';

/** Logins under way at once. */
const LANES = 50;

/** Sessions of each user: most people have one or two. */
const MIXED = [1, 1, 2, 1, 3, 1, 2, 1];

/** People who have logged in, half of the sessions on either channel. */
export class Population {
  /** Each with its `id` and `userId`. */
  sessions = [];
  users = 0;

  /** @param perUser how many sessions each user has; by default as {@link MIXED} says */
  constructor(application, perUser) {
    this.application = application;
    this.sessionsOf = perUser === undefined ? MIXED : [perUser];
  }

  /** Logs users in until there are that many sessions. */
  async grow(size) {
    let begun = this.sessions.length;
    await inLanes(
      LANES,
      () => begun < size,
      async () => {
        const userId = newUserId();
        const logins = Math.min(this.sessionsOf[this.users % this.sessionsOf.length], size - begun);
        this.users += 1;
        const first = begun;
        begun += logins;
        for (let at = first; at < first + logins; at += 1) await this.login(userId, at % 2 === 0 ? 'browser' : 'api');
      },
    );
  }

  /** Logs one in. */
  async login(userId, channel) {
    const { id } = await this.application.login(userId, channel);
    const session = { id, userId };
    this.sessions.push(session);
    return session;
  }

  any() {
    return this.sessions[Math.floor(Math.random() * this.sessions.length)];
  }

  /** So many of the sessions, or all of them, in any order. */
  some(count) {
    const picked = new Set();
    while (picked.size < Math.min(count, this.sessions.length)) picked.add(this.any());
    return [...picked];
  }
}

/** Acts again and again, so many at once, as long as there is something to do. */
async function inLanes(lanes, goesOn, act) {
  const lane = async () => {
    while (goesOn()) await act();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Acts on each, so many at once. */
export function onEach(things, lanes, act) {
  let next = 0;
  return inLanes(
    lanes,
    () => next < things.length,
    () => act(things[next++]),
  );
}
