import { randomUUID } from 'node:crypto';
import { newUserId } from './application.mjs';
import { Samples } from './samples.mjs';

const RULE = { window: 30_000, windowFrom: 'use' };

/** Calls as applications make them. `of` finds what they are about, outside of what is measured. */
const KINDS = {
  find: { of: ({ population }, count) => population.some(count), call: ({ place }, { id }) => place.store.find([id]) },
  touch: {
    of: ({ population }, count) => population.some(count),
    call: ({ place }, { id }) => place.store.touch(id, Date.now()),
  },
  rotate: {
    async of({ population, place }, count) {
      const records = await place.store.find(population.some(count).map(({ id }) => id));
      return records.filter((record) => record !== undefined);
    },
    call: ({ place }, { id, generation }) => place.store.rotate(randomUUID(), id, generation, Date.now(), RULE),
  },
  login: {
    of: (_, count) => Array.from({ length: count }, newUserId),
    call: ({ application, guests }, userId) => application.login(userId, 'browser').then((guest) => guests.push(guest)),
  },
  list: {
    of: ({ population }, count) => population.some(count),
    call: ({ application }, { userId }) => application.sessions.list(userId),
  },
  // who came for the measurement leaves again: the number of sessions stays what the table says
  revoke: { of: ({ guests }) => guests.splice(0), call: ({ application }, { id }) => application.sessions.revoke(id) },
  revokeAll: {
    async of({ application }, count) {
      const userIds = Array.from({ length: count }, newUserId);
      for (const userId of userIds) await application.login(userId, 'api');
      return userIds;
    },
    call: ({ application }, userId) => application.sessions.revokeAll(userId),
  },
};

/**
 * What each kind of call takes, by how many sessions there are. Calls come one after the other. The sizes take turns, so that a
 * machine that is busy for a while is so for all of them.
 */
export async function measureCalls(towns, { rounds, calls }) {
  const rows = towns.map((town) => ({
    size: town.size,
    kinds: Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, new Samples(town.place)])),
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, calling] of Object.entries(KINDS)) {
      for (const [at, town] of towns.entries()) {
        const subjects = await calling.of(town, calls);
        await rows[at].kinds[kind].take(subjects, (subject) => calling.call(town, subject));
      }
    }
  }
  return rows;
}
