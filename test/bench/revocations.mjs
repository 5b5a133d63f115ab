import { newUserId, openApplication } from '../growth/application.mjs';
import { measureUsers } from '../growth/users.mjs';
import { onEachEngine } from './engines.mjs';
import { decimal, table, whole } from './tables.mjs';

/** `revokeAll` of a user with so many sessions. */
export async function measureRevocations({ isQuick, rounds }) {
  const sizes = isQuick ? [1, 20] : [1, 100, 10_000];
  const rows = await onEachEngine(async (engine) => {
    const place = await engine.open();
    const application = await openApplication(place.store);
    await application.login(newUserId(), 'api'); // what the first one of all brings about
    const found = await measureUsers(
      { place, application },
      sizes,
      isQuick ? { rounds: 1, users: 1 } : { rounds: Math.min(rounds, 3), users: 10 },
    );
    await application.close();
    await place.close();
    return found.map(({ size, kinds: { revokeAll } }) => [
      `${engine.name}, ${size.toLocaleString('en')}`,
      decimal(revokeAll.milliseconds, 2),
      revokeAll.serverMicroseconds > 0 ? whole(revokeAll.serverMicroseconds) : '',
    ]);
  });
  return table(
    '`revokeAll` of a user, by sessions',
    ['store, sessions', 'ms, the middle call', 'CPU µs of the store'],
    rows.flat(),
  );
}
