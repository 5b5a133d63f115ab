import { newUserId, openApplication } from '../growth/application.mjs';
import { bytesOfConnectRedis } from '../growth/connect-redis.mjs';
import { openEngine } from '../growth/places.mjs';
import { Population } from '../growth/population.mjs';
import { table, whole } from './tables.mjs';

/** Bytes per session in Redis, ours and those of connect-redis with what we seal, readable. */
export async function measureBytes({ isQuick }) {
  const sessions = isQuick ? 100 : 20_000;
  const engine = await openEngine('redis');
  const place = await engine.open();
  const application = await openApplication(place.store);
  await new Population(application, 1).grow(sessions);
  await place.settle();
  const ours = await place.bytes();
  const devices = await Promise.all([1, 2, 3].map(async () => (await application.login(newUserId(), 'api')).session.device));
  await application.close();
  await place.close();
  const theirs = await bytesOfConnectRedis(engine, devices, sessions);
  await engine.close();
  const rows = [
    ['ours', whole(ours['all of Redis'] / sessions), whole(ours.record / sessions), whole(ours.index / sessions)],
    ['connect-redis, by shape', whole(theirs / sessions), '', ''],
  ];
  return table(
    `Bytes per session in Redis, of ${sessions.toLocaleString('en')} of as many users`,
    ['', 'all of Redis', 'record', 'index of the user'],
    rows,
  );
}
