import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Installation, PATIENCE } from './history/installation.js';
import { PLANTED_FAULTS, type PlantedFault } from './history/planted-faults.js';
import { FaultyProxy } from './support/faulty-proxy.js';
import { RedisServer } from './support/redis-server.mjs';

/** Rounds within which a planted fault must be found. */
const ROUNDS_TO_FIND = 12;
/** Calls between two cuts of every connection to the store; and calls before a process is killed. */
const CUT_EVERY = 120;
const KILL_AFTER = 60;

describe('The history of many clients on three processes with sessions in Redis', () => {
  let redis: RedisServer;
  let proxy: FaultyProxy;
  let installation: Installation;

  beforeAll(async () => {
    redis = await RedisServer.start();
    proxy = await FaultyProxy.open(redis.port);
    installation = await Installation.start({ engine: 'redis', url: `redis://127.0.0.1:${proxy.port}` }, ['A', 'B', 'C']);
  }, PATIENCE);
  afterEach(async () => {
    proxy.mend();
    await Promise.all(installation.workers.map((worker) => worker.plant('none')));
  });
  afterAll(async () => {
    await installation?.close();
    proxy?.close();
    await redis?.kill();
  });

  it(
    'is explained by an order of atomic steps',
    async () => {
      const { violation, calls, overlapping } = await installation.observe('Redis, three processes');
      expect(violation).toBeUndefined();
      expect(overlapping).toBeGreaterThan(calls / 4);
    },
    PATIENCE,
  );

  it(
    'also when connections to the store are cut with answers under way',
    async () => {
      proxy.delay('store', [0, 4]);
      let cuts = 0;
      const { violation } = await installation.observe('Redis, connections cut', (calls) => {
        if (calls % CUT_EVERY !== CUT_EVERY - 1) return;
        proxy.cut();
        cuts += 1;
      });
      expect(violation).toBeUndefined();
      expect(cuts).toBeGreaterThan(1);
    },
    PATIENCE,
  );

  it(
    'also when a process is killed in the middle and comes back',
    async () => {
      const [victim] = installation.workers;
      let back = Promise.resolve();
      const { violation, unanswered } = await installation.observe('Redis, a process killed', (calls) => {
        if (calls === KILL_AFTER) back = back.then(() => victim?.kill()).then(() => victim?.restart());
      });
      await back;
      expect(violation).toBeUndefined();
      expect(unanswered).toBeGreaterThan(0);
    },
    PATIENCE,
  );

  it.each(Object.keys(PLANTED_FAULTS) as PlantedFault[])(
    'is not explained when the store has %s',
    async (fault) => {
      expect(await installation.expose(fault, ROUNDS_TO_FIND)).toContain('No order of atomic steps explains');
    },
    PATIENCE,
  );
});
