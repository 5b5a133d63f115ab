// What sessions cost, and how the cost grows: `npm run measure:growth -- --store postgres --sessions 1000000`. Fills private servers
// through the library, as logins do, and measures at every tenfold. Prints the tables that docs/scale.md shows. `--parts
// bytes,calls` measures only that; whatever tells times wants a machine that does nothing else.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { newUserId, openApplication } from './application.mjs';
import { measureCalls } from './calls.mjs';
import { measureDay } from './churn.mjs';
import { bytesOfConnectRedis } from './connect-redis.mjs';
import { openEngine } from './places.mjs';
import { Population } from './population.mjs';
import { measureRefreshes } from './refreshes.mjs';
import { bytesTable, callTables, dayTables, refreshTable, sharingTable, writesTables } from './tables.mjs';
import { measureUsers } from './users.mjs';
import { measureWrites } from './writes.mjs';

const PARTS = { bytes, calls, users, sharing, writes, day, refreshes };

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'redis' },
    sessions: { type: 'string', default: '100000' },
    parts: { type: 'string', default: Object.keys(PARTS).join() },
  },
});
const target = Number(values.sessions);
if (!Number.isSafeInteger(target) || target < 100) throw new Error('--sessions takes a whole number of at least 100.');
const parts = values.parts.split(',');
const unknown = parts.filter((part) => !(part in PARTS));
if (unknown.length > 0) throw new Error(`--parts takes some of: ${Object.keys(PARTS).join(', ')}.`);

/** To see whether the measurement works: what it tells of times is worth nothing. */
const isShort = target < 1_000;
/** What does not depend on how many sessions there are is measured with fewer. */
const few = isShort ? 100 : Math.min(target, 20_000);

/** Where the store can multiply its sessions by itself: a million logins take an hour there. */
const MADE_BY_LOGINS = 100_000;

const engine = await openEngine(values.store);
const towns = [];
try {
  if (['bytes', 'calls', 'users'].some((part) => parts.includes(part))) await fill();
  for (const part of parts) {
    const before = loadavg()[0];
    process.stdout.write(`${await PARTS[part]()}\n${conditions(before)}\n\n`);
  }
} finally {
  for (const { application, place } of towns) {
    await application.close();
    await place.close();
  }
  await engine.close();
}

/** A store of each size, a tenfold from one to the next, all at once: so that they can be measured in turn. */
async function fill() {
  const sizes = [target];
  while (sizes[0] > 1_000) sizes.unshift(sizes[0] / 10);
  for (const size of sizes) {
    const place = await engine.open();
    const application = await openApplication(place.store);
    const population = new Population(application);
    const made = place.multiply ? Math.min(size, MADE_BY_LOGINS) : size;
    await population.grow(made);
    if (made < size) await place.multiply(size / made);
    await place.settle();
    towns.push({
      size,
      users: Math.round((population.users * size) / made),
      place,
      application,
      population,
      guests: [],
      bytes: await place.bytes(),
    });
    process.stderr.write(`${size} sessions are there\n`);
  }
}

async function bytes() {
  const table = bytesTable(engine.name, towns);
  const largest = towns.at(-1);
  if (!largest.place.snapshot) return table;
  const perSession = (await largest.place.snapshot()) / largest.size;
  return `${table}\nA snapshot of the largest takes ${Math.round(perSession)} bytes per session on disk.\n`;
}

async function calls() {
  const rows = await measureCalls(towns, isShort ? { rounds: 1, calls: 10 } : { rounds: 15, calls: 40 });
  return callTables(`on ${engine.name}`, 'sessions', rows);
}

async function users() {
  const sizes = [1, 5, 100, 10_000].filter((size) => size <= target);
  const rows = await measureUsers(towns.at(-1), sizes, isShort ? { rounds: 1, users: 1 } : { rounds: 5, users: 10 });
  return callTables(`on ${engine.name} with ${target.toLocaleString('en')} sessions in it`, 'sessions of the user', rows);
}

async function sharing() {
  const rows = [];
  for (const perUser of [1, 2, 5]) {
    const place = await engine.open();
    const application = await openApplication(place.store);
    await new Population(application, perUser).grow(few);
    await place.settle();
    const found = Object.entries(await place.bytes()).map(([part, sum]) => [part, sum / few]);
    rows.push({ 'sessions per user': perUser, ...Object.fromEntries(found) });
    if (engine.name === 'Redis') {
      const devices = await Promise.all([1, 2, 3].map(async () => (await application.login(newUserId(), 'api')).session.device));
      rows.at(-1)['connect-redis, by shape'] = (await bytesOfConnectRedis(engine, devices, few)) / few;
    }
    await application.close();
    await place.close();
  }
  return sharingTable(engine.name, rows);
}

async function writes() {
  return writesTables(engine.name, await measureWrites(engine, few));
}

async function day() {
  const touches = isShort ? 3 : 30;
  const fillfactors = engine.name === 'Redis' ? [undefined] : [100, 90, 80, 70];
  const days = [];
  for (const fillfactor of isShort ? fillfactors.slice(0, 1) : fillfactors) {
    const measured = await measureDay(engine, { size: few, touches, options: { fillfactor, logged: true } });
    days.push({ label: fillfactor ? `fillfactor ${fillfactor}` : 'Redis', ...measured });
  }
  return dayTables(engine.name, touches, days);
}

async function refreshes() {
  return refreshTable(
    engine.name,
    await measureRefreshes(engine, isShort ? { rounds: 1, refreshes: 100 } : { rounds: 7, refreshes: 4_000 }),
  );
}

/** What the figures depend on. */
function conditions(loadBefore) {
  const load = [loadBefore, loadavg()[0]].map((one) => one.toFixed(1)).join(' to ');
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'a CPU'}`;
  return `Measured on ${machine}, Node ${process.versions.node}; load average of the machine ${load}.`;
}
