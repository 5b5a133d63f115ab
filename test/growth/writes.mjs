import { randomUUID } from 'node:crypto';
import { newUserId, openApplication } from './application.mjs';
import { Population } from './population.mjs';

/** Calls right after a checkpoint: so few that hardly two meet on one page. */
const SPARSE = 50;
const RULE = { window: 30_000, windowFrom: 'use' };

/** Bytes per call that the store writes to its log, which is also what it sends to replicas, and what it keeps for a while only. */
export async function measureWrites(engine, size) {
  const place = await engine.open({ logged: true });
  const application = await openApplication(place.store);
  const population = new Population(application);
  await population.grow(size);

  const per = async (subjects, call) => {
    const before = await place.written();
    for (const subject of subjects) await call(subject);
    return ((await place.written()) - before) / subjects.length;
  };
  const sample = () => population.some(Math.ceil(size / 10));
  const touch = ({ id }) => place.store.touch(id, Date.now());
  const guests = [];
  const rows = [
    ['login', await per(sample(), async () => guests.push(await application.login(newUserId(), 'browser')))],
    ['touch', await per(sample(), touch)],
    ['rotate', await per(await recordsOf(place, sample()), rotateIn(place))],
    ['revoke', await per(guests, ({ id }) => application.sessions.revoke(id))],
  ];
  if (place.checkpoint) {
    for (const how of ['off', 'lz4']) {
      await place.compress(how);
      await place.checkpoint();
      const pages = how === 'off' ? 'whole pages' : `whole pages, ${how}`;
      rows.push([`touch after a checkpoint (${pages})`, await per(population.some(Math.min(SPARSE, size / 10)), touch)]);
    }
    await place.compress('off');
  }
  const passing = await place.shortLived();
  await application.close();
  await place.close();
  return { rows, passing };
}

async function recordsOf(place, sessions) {
  const records = await place.store.find(sessions.map(({ id }) => id));
  return records.filter((record) => record !== undefined);
}

function rotateIn(place) {
  return ({ id, generation }) => place.store.rotate(randomUUID(), id, generation, Date.now(), RULE);
}
