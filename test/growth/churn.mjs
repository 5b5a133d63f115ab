import { openApplication } from './application.mjs';
import { onEach, Population } from './population.mjs';

const LANES = 20;
const MINUTE = 60_000;

/**
 * What a day does to the room that sessions take: each is touched so many times, a minute apart by its own clock, and at the end of
 * the day everybody logs out and in again.
 */
export async function measureDay(engine, { size, touches, options }) {
  const place = await engine.open(options);
  const application = await openApplication(place.store);
  const population = new Population(application);
  await population.grow(size);
  await place.settle();
  const morning = await place.occupied();

  const begun = Date.now();
  const spans = [];
  const touchAll = async (first, last) => {
    const [updates, written] = [await place.updates?.(0), await place.written()];
    for (let touch = first; touch <= last; touch += 1) {
      await onEach(population.some(size), LANES, ({ id }) => place.store.touch(id, begun + touch * MINUTE));
    }
    const count = size * (last - first + 1);
    const hot = updates && ((await place.updates(updates.all + count)).hot - updates.hot) / count;
    spans.push({ hot, written: ((await place.written()) - written) / count });
  };
  await touchAll(1, 1);
  await touchAll(2, touches);
  const afternoon = await place.occupied();

  await onEach(population.some(size), LANES, async ({ id, userId }) => {
    await application.sessions.revoke(id);
    await application.login(userId, 'browser');
  });
  const night = await place.occupied();
  await application.close();
  await place.close();
  return { size, spans, morning, afternoon, night };
}
