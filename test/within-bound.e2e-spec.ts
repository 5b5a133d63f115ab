import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { SessionModule, SessionService } from 'nestjs-hybrid-session';
import { AppProcess, sharedEnvironment, until } from './support/app-process.js';
import { BoundObserver, type Observation, type Trouble } from './support/bound-observer.js';
import { BOUND_PLACES, PATIENCE, type DirectStore } from './support/bound-places.js';
import { FaultyProxy } from './support/faulty-proxy.js';
import type { PrivateServer } from './support/private-server.mjs';

/** Milliseconds: what the instances are set to, and so what is stated. */
const BOUND = 500;
const INSTANCES = 3;
/** Milliseconds: soon after the instances made their copies; or also while they make new ones, with reads under way. */
const SOON = 150;
const ANY_TIME = BOUND + 200;
/** Revocations per claim: few in the normal run, thousands by `npm run check:bound`. */
const REVOCATIONS = Number(process.env['BOUND_REVOCATIONS'] ?? 40);
/** How often a claim is looked at until a copy was among the answers. */
const ATTEMPTS = 5;
const TIMEOUT = 60_000 + REVOCATIONS * 300;

describe.each(BOUND_PLACES)('Three processes that may answer from copies of half a second, with $name', (place) => {
  let server: PrivateServer;
  let proxy: FaultyProxy;
  let direct: DirectStore;
  let own: TestingModule;
  let instances: readonly AppProcess[] = [];
  let observer: BoundObserver;
  const figures: string[] = [];

  beforeAll(async () => {
    server = await place.start();
    proxy = await FaultyProxy.open(server.port);
    direct = await place.open(server, proxy);
    await direct.allowFeed(false); // before the first process starts
    const environment = await sharedEnvironment({ ...place.environment(server, proxy.port), REVOCATION: String(BOUND) });
    // Migrations of a new database are run by the first alone.
    const first = await AppProcess.start(environment);
    instances = [first, ...(await Promise.all([AppProcess.start(environment), AppProcess.start(environment)]))];
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
    await direct?.close();
    proxy?.close();
    await server.discard();
    if (process.env['BOUND_REVOCATIONS']) process.stdout.write(`${figures.map((line) => `${place.name}: ${line}`).join('\n')}\n`);
    expect(codes).toEqual([0, 0, 0]);
  }, 60_000);

  /** The library in this process, with the application's keys and a way to the store that nothing troubles. */
  async function sessionsOf(environment: Record<string, string>): Promise<TestingModule> {
    const module = SessionModule.forRoot({
      publicUrl: environment['PUBLIC_URL'] ?? '',
      keys: [environment['SESSION_KEYS'] ?? ''],
      slotSecret: environment['SESSION_SLOT_SECRET'] ?? '',
      signingKeys: [JSON.parse(environment['JWT_PRIVATE_JWK'] ?? '')],
      store: direct.store,
      storeLimits: { deadline: PATIENCE },
      controllers: [],
    });
    return (await Test.createTestingModule({ imports: [module] }).compile()).init();
  }

  /** Lets the instances listen to the feed, and waits until they and this process do. */
  async function feed(): Promise<void> {
    await direct.allowFeed(true);
    await until('all listen', async () => (await direct.listeners()) === INSTANCES + 1);
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

  /**
   * Revokes where the feed brings nothing in time: then copies answer for a while, or it was no copy that was judged. On a busy
   * machine they may all have been too old by then: so again, until one was not.
   */
  async function objectionsWithCopies(what: string, trouble: Trouble): Promise<readonly string[]> {
    for (let attempt = 1; ; attempt += 1) {
      const seen = await observer.observe(REVOCATIONS, trouble);
      const objected = objections(what, seen);
      if (objected.length > 0 || seen.accepted > 0) return objected;
      if (attempt === ATTEMPTS) return ['No copy answered after a revocation.'];
    }
  }

  it('start although they may not listen to the feed, and say so once each', () => {
    for (const { log } of instances) expect(log.match(/The feed of changes cannot be listened to/g)).toHaveLength(1);
  });

  it(
    'accept no revoked session later than the bound, without any feed',
    async () => {
      expect(await objectionsWithCopies('no feed', { spread: ANY_TIME })).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'nor when one of them is stopped for longer than the bound and goes on, without any feed',
    async () => {
      const [stopped] = instances;
      const trouble: Trouble = { begin: () => stopped?.hang(), end: () => stopped?.resume(), spread: SOON };
      expect(await objectionsWithCopies('a process stopped', trouble)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'nor with the feed, which they hear without a restart once they may',
    async () => {
      await feed();
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
      await feed();
      const trouble: Trouble = { begin: () => proxy.silence('store', 'feed'), end: () => proxy.mend(), spread: SOON };
      expect(await objectionsWithCopies('feed and store silent', trouble)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'nor when the feed alone has gone silent, and reads make new copies all the time',
    async () => {
      await feed();
      const trouble: Trouble = { begin: () => proxy.silence('feed'), end: () => proxy.mend(), spread: ANY_TIME };
      expect(await objectionsWithCopies('feed silent', trouble)).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'nor when answers of the store and news of the feed overtake each other, the news coming after the bound',
    async () => {
      await feed();
      const begin = () => {
        proxy.delay('store', [0, 120]); // a pool of connections under longer ones falls behind, and no copy is ever fresh
        proxy.delay('feed', [BOUND + 100, BOUND + 400]);
      };
      expect(await objectionsWithCopies('overtaking', { begin, end: () => proxy.mend(), spread: ANY_TIME })).toEqual([]);
    },
    TIMEOUT,
  );
});
