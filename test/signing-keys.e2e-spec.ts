import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { minutes, seconds, SigningKeyFollower, type KeyRotationOptions } from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { TypeOrmSessionStore, TypeOrmSigningKeys } from 'nestjs-hybrid-session/typeorm';
import { randomBytes } from 'node:crypto';
import { ENGINES, type TestDatabase } from '../src/database/testing/engines.js';
import { TestAccounts } from './support/accounts.js';
import { ApiClient, send } from './support/clients.js';
import { ADAPTERS, type HostApp, PUBLIC_URL, signingKey, startHostApp } from './support/host-app.js';
import { RunningTraffic } from './support/running-traffic.js';

/** How often an instance looks at the stored keys. */
const LOOK = seconds(30);
const TOKEN_LIFE = minutes(5);
/** Not a multiple of how long the service keeps a key set: else it would always fetch just in time. */
const EVERY = minutes(61);
const ROTATION: KeyRotationOptions = { every: EVERY };
/** How long a key has signed when the last token of the one before it is gone, whose instance was a look late. */
const SETTLED = minutes(6);

/** From a minute before another key signs until the last token of the one before is gone. */
function isHandover(elapsed: number): boolean {
  const signing = elapsed % EVERY;
  return (elapsed >= EVERY && signing < SETTLED) || signing >= EVERY - minutes(1);
}

/** Then every look counts, and else one in six does: no token is without one. That keys change at no other time is asserted. */
function untilNextStep(elapsed: number): number {
  return isHandover(elapsed) ? LOOK : 6 * LOOK;
}

/** A service that only verifies: it keeps the key set for as long as it is told to, and not a moment longer. */
class ResourceServer {
  private known: { readonly keys: ReturnType<typeof createLocalJWKSet>; readonly until: number } | undefined;

  constructor(
    private readonly urls: readonly string[],
    private readonly clock: FakeClock,
  ) {}

  /** The name of the key that signed it. */
  async verify(token: string): Promise<string | undefined> {
    const now = this.clock.now();
    if (!this.known || this.known.until <= now) this.known = await this.fetch(now);
    const { protectedHeader } = await jwtVerify(token, this.known.keys, {
      issuer: PUBLIC_URL,
      currentDate: new Date(now),
      typ: 'at+jwt',
    });
    return protectedHeader.kid;
  }

  private async fetch(now: number) {
    const url = this.urls[Math.floor(now / LOOK) % this.urls.length] ?? '';
    const { body, headers } = await send(url, 'GET', '/.well-known/jwks.json');
    const maxAge = Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]);
    assert.ok(maxAge > 0, 'The key set does not say for how long it may be kept.');
    return { keys: createLocalJWKSet(body as unknown as JSONWebKeySet), until: now + seconds(maxAge) };
  }
}

/** Each engine behind another adapter: where keys lie is no matter of who publishes them. */
const PLACES = ENGINES.map((engine, at) => ({ adapter: ADAPTERS[at % ADAPTERS.length] ?? 'express', engine, name: engine.name }));

describe.each(PLACES)('signing keys in the database, on $adapter with $name', ({ adapter, engine }) => {
  let database: TestDatabase;
  let clock: FakeClock;
  let accounts: TestAccounts;
  let hosts: HostApp[];
  const keys = [randomBytes(32).toString('base64url')];

  const start = async (options: object = { signingKeys: [] }): Promise<HostApp> => {
    const { dataSource } = database;
    const stored = { signingKeyStore: new TypeOrmSigningKeys(dataSource), keyRotation: ROTATION };
    const lifetimes = { accessToken: TOKEN_LIFE };
    const host = await startHostApp({
      adapter,
      store: new TypeOrmSessionStore(dataSource),
      clock,
      accounts,
      options: { keys, lifetimes, limit: 'unlimited', ...stored, ...options },
    });
    hosts.push(host);
    return host;
  };
  const look = async (host: HostApp | undefined) => host?.app.get(SigningKeyFollower).look();
  const jwksOf = async ({ url }: HostApp) =>
    ((await send(url, 'GET', '/.well-known/jwks.json')).body['keys'] as { readonly kid: string }[]).map(({ kid }) => kid);

  beforeEach(async () => {
    database = await engine.open();
    clock = new FakeClock();
    accounts = new TestAccounts();
    accounts.add('ada', 'correct horse');
    hosts = [];
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    await database.close();
  });

  it('are replaced while two instances are used: no request is refused, neither here nor by a service that only verifies', async () => {
    const urls = [await start(), await start()].map(({ url }) => url);
    const service = new ResourceServer(urls, clock);
    const traffic = await RunningTraffic.begin(urls[0] ?? '', 'ada', 'correct horse');
    const phone = new ApiClient(urls[0] ?? '');
    await phone.login('ada', 'correct horse');
    let held: { readonly token: string; readonly until: number }[] = [];
    const begun = clock.now();
    const elapsed = () => clock.now() - begun;
    const signers = new Set<string | undefined>();
    let signer: string | undefined;
    for (let step = 0; elapsed() < 2 * EVERY + SETTLED; step += 1) {
      const looking = hosts[step % hosts.length]; // the one half a minute after the other
      await traffic.during(urls, () => look(looking));
      phone.keep(await phone.at(urls[(step + 1) % 2] ?? '').refresh()); // by the one that is half a minute late
      held.push({ token: phone.accessToken, until: clock.now() + TOKEN_LIFE });
      held = held.filter(({ until }) => until > clock.now());
      const [newest, oldest] = [phone.accessToken, held[0]?.token ?? '']; // so that each is verified at first and at last
      const before = signer;
      signer = await service.verify(newest);
      const isChange = before !== undefined && signer !== before;
      expect(isChange && !isHandover(elapsed())).toBe(false);
      for (const name of [signer, await service.verify(oldest)]) signers.add(name);
      for (const url of urls) expect((await phone.at(url).send('GET', '/me', undefined, oldest)).status).toBe(200);
      clock.advance(untilNextStep(elapsed()));
    }
    expect(traffic.refused).toEqual([]);
    expect(traffic.answers).toBeGreaterThan(600);
    expect(signers.size).toBe(3);
  });

  it('come from the configuration to the database, and nobody notices', async () => {
    const configured = await signingKey('configured');
    const host = await start({ signingKeys: [configured] });
    const [stored = ''] = (await jwksOf(host)).filter((kid) => kid !== 'configured');
    const phone = new ApiClient(host.url);
    await phone.login('ada', 'correct horse');
    const before = phone.accessToken;
    expect(decodeProtectedHeader(before).kid).toBe('configured');
    clock.advance(minutes(10));
    await look(host);
    await phone.refresh();
    expect(decodeProtectedHeader(phone.accessToken).kid).toBe(stored);
    expect((await phone.send('GET', '/me')).status).toBe(200);

    const after = await start(); // the next deployment, without it
    expect(await jwksOf(after)).toEqual([stored]);
    expect((await phone.at(after.url).send('GET', '/me')).status).toBe(200);
  });

  it('that somebody may have seen are retired: their tokens are refused, and a refresh goes on', async () => {
    const [host, other] = [await start(), await start()];
    const phone = new ApiClient(host.url);
    await phone.login('ada', 'correct horse');
    expect((await phone.at(other.url).send('GET', '/me')).status).toBe(200); // remembered there as genuine
    const { rotation } = host.app.get(SigningKeyFollower);
    const [seen = ''] = await jwksOf(host);
    const next = await rotation.rotate({ algorithm: 'ES256', atOnce: true });
    clock.advance(minutes(2));
    for (const instance of [host, other]) await look(instance);

    await rotation.retire(seen);
    for (const instance of [host, other]) {
      await look(instance);
      expect(await jwksOf(instance)).toEqual([next.kid]);
      expect((await phone.at(instance.url).send('GET', '/me')).status).toBe(401);
    }
    expect((await phone.refresh()).status).toBe(200);
    expect((await phone.at(other.url).send('GET', '/me')).status).toBe(200);
  });

  it('are no use to whoever reads the database, nor is what they write into it', async () => {
    const host = await start();
    const rows: unknown = await database.dataSource.query('SELECT * FROM nhs_signing_keys');
    const [publicKey] = (await send(host.url, 'GET', '/.well-known/jwks.json')).body['keys'] as { readonly x: string }[];
    expect(JSON.stringify(rows)).toContain(publicKey?.x);
    expect(JSON.stringify(rows)).not.toMatch(/[\\"]d[\\"]/);
    const stranger = JSON.stringify({ ...(await signingKey('stranger')), d: undefined });
    await database.dataSource.query(`UPDATE nhs_signing_keys SET public_jwk = '${stranger}'`);
    await expect(look(host)).rejects.toThrow('this server has made none of them');
    expect(await jwksOf(host)).not.toContain('stranger');
    expect(host.events).toContainEqual(expect.objectContaining({ type: 'signing_key.refused' }));
    await expect(start()).rejects.toThrow('put the session key back');
  });
});
