import { newUserId, openApplication } from './application.mjs';
import { onEach } from './population.mjs';
import { Samples } from './samples.mjs';

/** Logins of one user under way at once, to make one who has ten thousand sessions. */
const LANES = 20;

/** More than anybody has here: the store counts, and ends none. */
const LIMIT = { max: 100_000, policy: 'evict' };

/**
 * What calls about one user take, by how many sessions that user has, with those of everybody else beside them. A user with many
 * sessions is measured once in a round, others several times. Sizes take turns.
 */
export async function measureUsers({ place, application }, sizes, { rounds, users }) {
  const limited = await openApplication(place.store, { limit: LIMIT });
  const rows = sizes.map((size) => ({ size, kinds: {} }));
  for (const { kinds } of rows) {
    for (const kind of ['find', 'login', 'login, counted', 'list', 'revokeAll']) kinds[kind] = new Samples(place);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { size, kinds } of rows) {
      for (let user = 0; user < (size > 100 ? 1 : users); user += 1) {
        const userId = newUserId();
        const ids = await logIn(application, userId, size);
        await kinds.find.take(ids.slice(0, 10), (id) => place.store.find([id]));
        await kinds.list.take([userId], () => application.sessions.list(userId));
        for (const [kind, through] of [
          ['login', application],
          ['login, counted', limited],
        ]) {
          await kinds[kind].take([userId], () => through.login(userId, 'api').then(({ id }) => ids.push(id)));
          await application.sessions.revoke(ids.pop());
        }
        await kinds.revokeAll.take([userId], () => application.sessions.revokeAll(userId));
      }
    }
  }
  await limited.close();
  return rows;
}

async function logIn(application, userId, count) {
  const ids = [];
  await onEach(Array.from({ length: count }), LANES, async () => ids.push((await application.login(userId, 'api')).id));
  return ids;
}
