import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { SessionModule, SessionService } from 'nestjs-hybrid-session';
import { RedisSessionStore } from 'nestjs-hybrid-session/redis';
import { createClient } from 'redis';
import { AppProcess, sharedEnvironment, until } from './support/app-process.js';
import { BoundObserver, type Observation, type Trouble } from './support/bound-observer.js';
import { FaultyProxy } from './support/faulty-proxy.js';
import { RedisServer } from './support/redis-server.mjs';

/** Milliseconds: what the instances are set to, and so what is stated. */
const BOUND = 500;
const INSTANCES = 3;
/** Milliseconds: soon after the instances made their copies; or also while they make new ones, with reads under way. */
const SOON = 150;
const ANY_TIME = BOUND + 200;
/** Revocations per claim: few in the normal run, thousands by `npm run check:bound`. */
const REVOCATIONS = Number(process.env['BOUND_REVOCATIONS'] ?? 40);
const TIMEOUT = 60_000 + REVOCATIONS * 300;

describe('Three processes that may answer from copies of half a second', () => {
  let redis: RedisServer;
  let proxy: FaultyProxy;
  let admin: Awaited<ReturnType<typeof connected>>;
  let listening: Awaited<ReturnType<typeof connected>>;
  let own: TestingModule;
  let instances: readonly AppProcess[] = [];
  let observer: BoundObserver;
  const figures: string[] = [];

  const connected = () =>
    createClient({ url: redis.url })
      .on('error', () => undefined)
      .connect();

  beforeAll(async () => {
    redis = await RedisServer.start();
    proxy = await FaultyProxy.open(redis.port);
    admin = await connected();
    await feed('forbidden'); // before the first process starts
    const environment = await sharedEnvironment({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REVOCATION: String(BOUND) });
    // Migrations of a new database are run by the first alone.
    const first = await AppProcess.start(environment);
    instances = [first, ...(await Promise.all([AppProcess.start(environment), AppProcess.start(environment)]))];
    listening = await connected();
    own = await sessionsOf(environment);
    observer = new BoundObserver(
      own.get(SessionService),
      instances.map(({ url }) => url),
      BOUND,
    );
  }, 60_000);
  afterEach(() => proxy.mend());
  afterAll(async () => {
    await observer?.close();
    await own?.close();
    const codes = await Promise.all(instances.map((instance) => instance.stop()));
    for (const client of [admin, listening]) client?.destroy();
    proxy?.close();
    await redis.kill();
    if (process.env['BOUND_REVOCATIONS']) process.stdout.write(`${figures.join('\n')}\n`);
    expect(codes).toEqual([0, 0, 0]);
  }, 60_000);

  /** The library in this process, with the application's keys and a way to Redis that nothing troubles. */
  async function sessionsOf(environment: Record<string, string>): Promise<TestingModule> {
    const module = SessionModule.forRoot({
      publicUrl: environment['PUBLIC_URL'] ?? '',
      keys: [environment['SESSION_KEYS'] ?? ''],
      slotSecret: environment['SESSION_SLOT_SECRET'] ?? '',
      signingKeys: [JSON.parse(environment['JWT_PRIVATE_JWK'] ?? '')],
      store: new RedisSessionStore(admin, { subscriber: listening }),
      controllers: [],
    });
    return (await Test.createTestingModule({ imports: [module] }).compile()).init();
  }

  /** Forbids everyone the feed's channel, or allows it and waits until all listen. */
  async function feed(state: 'forbidden' | 'allowed'): Promise<void> {
    await admin.sendCommand(['ACL', 'SETUSER', 'default', state === 'allowed' ? 'allchannels' : 'resetchannels']);
    const expected = state === 'allowed' ? INSTANCES + 1 : 0;
    await until(`${expected} listen`, async () => Object.values(await admin.pubSubNumSub('nhs:changes'))[0] === expected);
  }

  /** What an observation has against the claim: also that too little was observed for it to mean anything. */
  function objections(what: string, seen: Observation): readonly string[] {
    const { revocations, accepted, latest, refused } = seen;
    figures.push(
      `${what}: ${revocations} revocations, ${accepted} acceptances after, the last sent after ${latest.toFixed(1)} ms`,
    );
    const after = [...seen.finally].join(', ');
    return [
      ...(latest > BOUND ? [`A request sent ${latest} ms after a revocation was accepted.`] : []),
      ...(refused < revocations * INSTANCES ? [`Only ${refused} requests were sent after the bound and refused.`] : []),
      ...(after === '401' ? [] : [`When all was well again, revoked sessions were answered ${after}.`]),
    ];
  }

  /** The same where the feed brings nothing in time: then copies answer for a while, or it was no copy that was judged. */
  function objectionsWithCopies(what: string, seen: Observation): readonly string[] {
    return [...objections(what, seen), ...(seen.accepted > 0 ? [] : ['No copy answered after a revocation.'])];
  }

  it('start although they may not listen to the feed, and say so once each', () => {
    for (const { log } of instances) expect(log.match(/The feed of changes cannot be listened to/g)).toHaveLength(1);
  });

  it(
    'accept no revoked session later than the bound, without any feed',
    async () => {
      const seen = await observer.observe(REVOCATIONS, { spread: ANY_TIME });
      expect(objectionsWithCopies('no feed', seen)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'nor when one of them is stopped for longer than the bound and goes on, without any feed',
    async () => {
      const [stopped] = instances;
      const trouble: Trouble = { begin: () => stopped?.hang(), end: () => stopped?.resume(), spread: SOON };
      const seen = await observer.observe(REVOCATIONS, trouble);
      expect(objectionsWithCopies('a process stopped', seen)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'nor with the feed, which they hear without a restart once they may',
    async () => {
      await feed('allowed');
      expect(objections('with the feed', await observer.observe(REVOCATIONS, { spread: SOON }))).toEqual([]);
      const { count, last, max } = own.get(SessionService).revocationLag();
      figures.push(`lag of the feed: ${count} changes, last ${last} ms, at most ${max} ms`);
      expect(count).toBeGreaterThanOrEqual(REVOCATIONS);
    },
    TIMEOUT,
  );

  it(
    'nor when the feed and the store have gone silent without closing',
    async () => {
      await feed('allowed');
      const trouble: Trouble = { begin: () => proxy.silence('store', 'feed'), end: () => proxy.mend(), spread: SOON };
      const seen = await observer.observe(REVOCATIONS, trouble);
      expect(objectionsWithCopies('feed and store silent', seen)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'nor when the feed alone has gone silent, and reads make new copies all the time',
    async () => {
      await feed('allowed');
      const trouble: Trouble = { begin: () => proxy.silence('feed'), end: () => proxy.mend(), spread: ANY_TIME };
      const seen = await observer.observe(REVOCATIONS, trouble);
      expect(objectionsWithCopies('feed silent', seen)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'nor when answers of the store and news of the feed overtake each other, the news coming after the bound',
    async () => {
      await feed('allowed');
      const begin = () => {
        proxy.delay('store', [0, 300]);
        proxy.delay('feed', [BOUND + 100, BOUND + 400]);
      };
      const seen = await observer.observe(REVOCATIONS, { begin, end: () => proxy.mend(), spread: ANY_TIME });
      expect(objectionsWithCopies('overtaking', seen)).toEqual([]);
    },
    TIMEOUT,
  );
});
