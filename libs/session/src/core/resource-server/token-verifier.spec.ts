import { beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { SignJWT, importJWK, type JWK } from 'jose';
import { HeldStopwatch } from '../../../spec/held-stopwatch.js';
import { ed25519Key } from '../../../spec/key-material.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { MemoryCounters } from '../../stores/memory/memory.counters.js';
import { InvalidTokenError, StoreUnavailableError } from '../errors.js';
import type { SessionEvent } from '../events.js';
import { Issuer } from '../ports/issuer.js';
import { KeyRing } from '../secrets/key-ring.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { ClientRegistry } from '../tokens/client-registry.js';
import { createDpopBinding } from '../tokens/dpop/create-dpop-binding.js';
import type { Introspection } from '../tokens/introspection.js';
import { SigningKeys } from '../tokens/signing-keys.js';
import { IssuerKeys } from './issuer-keys.js';
import { TokenVerifier } from './token-verifier.js';

const ISSUER = 'https://app.example';
const SID = `abcd.${'A'.repeat(22)}`;
const FROM = { address: '192.0.2.1', userAgent: 'test' };

/** The application, as far as a service can see it. Answers are held back until the test lets them go. */
class HeldIssuer extends Issuer {
  keys: readonly JWK[] = [];
  isAlive = true;
  isAway = false;
  sub = 'ada';
  asked = 0;
  keySets = 0;
  held: (() => void)[] | undefined;

  async keySet(): Promise<readonly JWK[]> {
    this.keySets += 1;
    if (this.isAway) throw new StoreUnavailableError();
    return this.keys;
  }
  async introspect(): Promise<Introspection> {
    this.asked += 1;
    if (this.isAway) throw new StoreUnavailableError();
    const { isAlive, sub } = this; // what it said is what was so when it was asked
    if (this.held) await new Promise<void>((resume) => this.held?.push(resume));
    if (!isAlive) return { active: false };
    const times = { exp: 0, iat: 0, auth_time: 0 };
    const who = { iss: ISSUER, sub, sid: SID, client_id: 'mobile', username: 'ada', roles: ['user'] };
    return { active: true, ...who, ...times, acr: 'aal1', amr: ['pwd'] };
  }
}

const [one, two] = [ed25519Key('one'), ed25519Key('two')];
const publicOf = ({ d: _, ...jwk }: JWK): JWK => jwk;

let clock: FakeClock;
let stopwatch: HeldStopwatch;
let issuer: HeldIssuer;
let verifier: TokenVerifier;
let events: SessionEvent[];

beforeEach(() => {
  clock = new FakeClock();
  stopwatch = new HeldStopwatch();
  issuer = new HeldIssuer();
  issuer.keys = [publicOf(one)];
  events = [];
  const emit = (event: SessionEvent) => void events.push(event);
  const keys = new SigningKeys([]);
  const rules = { issuer: ISSUER, audience: ISSUER, defaultClientId: 'first-party', lifetime: 0, clockTolerance: 0 };
  const dpop = createDpopBinding(
    { issuer: ISSUER, dpop: { mode: 'accepted', nonces: false, origins: [] } },
    { ring: new KeyRing([randomBytes(32)]), counters: new MemoryCounters(), clients: new ClientRegistry([]), clock, emit },
  );
  const tokens = new AccessTokens(keys, rules, randomBytes);
  verifier = new TokenVerifier(issuer, new IssuerKeys(issuer, keys, stopwatch), tokens, dpop, clock, stopwatch, emit);
});

async function token(key: JWK = one, more: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  const about = { sub: 'ada', sid: SID, client_id: 'mobile', jti: randomBytes(8).toString('hex'), gen: 0 };
  return new SignJWT({
    iss: ISSUER,
    aud: ISSUER,
    iat: now,
    exp: now + 300,
    auth_time: now,
    acr: 'aal1',
    amr: ['pwd'],
    ...about,
    ...more,
  })
    .setProtectedHeader({ alg: 'Ed25519', typ: 'at+jwt', kid: String(key.kid) })
    .sign(await importJWK({ ...key, alg: 'Ed25519' }, 'Ed25519'));
}
const present = (text: string, within = 0) => verifier.authenticate({ token: text, proof: undefined }, FROM, within);

describe('Whether the session of a token lives', () => {
  it('is asked each time without a bound', async () => {
    const text = await token();
    await present(text);
    issuer.isAlive = false;
    await expect(present(text)).rejects.toThrow(InvalidTokenError);
    expect(events.at(-1)).toMatchObject({ type: 'session.refused', cause: 'gone', sessionId: SID, address: FROM.address });
  });

  it('is known for as long as the bound, and not a millisecond longer', async () => {
    const text = await token();
    await present(text, 1_000);
    issuer.isAlive = false;
    stopwatch.forward(1_000);
    expect((await present(text, 1_000)).userId).toBe('ada');
    expect(issuer.asked).toBe(1);
    stopwatch.forward(1);
    await expect(present(text, 1_000)).rejects.toThrow(InvalidTokenError);
  });

  it('P1: the bound counts from when it was asked, however late the answer comes', async () => {
    const text = await token();
    issuer.held = [];
    const slow = present(text, 1_000);
    while (issuer.held.length === 0) await new Promise(setImmediate);
    issuer.isAlive = false; // ended while the answer is under way
    stopwatch.forward(900);
    for (const resume of issuer.held) resume();
    issuer.held = undefined;
    await slow;
    stopwatch.forward(101);
    await expect(present(text, 1_000)).rejects.toThrow(InvalidTokenError);
  });

  it('P1: an older answer that overtakes a younger one makes it no older', async () => {
    const text = await token();
    issuer.held = [];
    const late = present(text, 1_000);
    while (issuer.held.length === 0) await new Promise(setImmediate);
    const [resume] = issuer.held;
    issuer.held = undefined;
    stopwatch.forward(800);
    await present(text, 1);
    resume?.();
    await late;
    stopwatch.forward(1_000);
    await present(text, 1_000);
    expect(issuer.asked).toBe(2);
  });

  it('is not known when the issuer speaks of another user', async () => {
    issuer.sub = 'eve';
    await expect(present(await token())).rejects.toThrow(InvalidTokenError);
  });

  it('P7: is never answered with "not valid" because the issuer is away', async () => {
    const text = await token();
    await present(text, 1_000);
    issuer.isAway = true;
    stopwatch.forward(1_001);
    await expect(present(text, 1_000)).rejects.toThrow(StoreUnavailableError);
  });
});

describe('The keys of the issuer', () => {
  it('are fetched once for many, and again when they are five minutes old', async () => {
    const text = await token();
    await Promise.all([present(text), present(text), present(text)]);
    expect(issuer.keySets).toBe(1);
    stopwatch.forward(300_001);
    await present(text);
    expect(issuer.keySets).toBe(2);
  });

  it('are looked for when a token names a new one, and by strangers every half minute at the most', async () => {
    await present(await token());
    issuer.keys = [publicOf(one), publicOf(two)];
    const fresh = await token(two);
    await expect(present(fresh)).rejects.toThrow(InvalidTokenError);
    stopwatch.forward(30_001);
    expect((await present(fresh)).userId).toBe('ada');
    for (let at = 0; at < 10; at += 1)
      await expect(present(await token(ed25519Key(`stranger ${at}`)))).rejects.toThrow(InvalidTokenError);
    expect(issuer.keySets).toBe(2);
    expect(issuer.asked).toBe(2);
  });

  it('that cannot be fetched are asked for once a second, and for what is no token never', async () => {
    issuer.isAway = true;
    for (let at = 0; at < 10; at += 1) {
      await expect(present(`garbage ${at}`)).rejects.toThrow(InvalidTokenError);
      await expect(present(await token(ed25519Key(`stranger ${at}`)))).rejects.toThrow(StoreUnavailableError);
    }
    expect(issuer.keySets).toBe(1);
    issuer.isAway = false;
    stopwatch.forward(1_001);
    expect((await present(await token())).userId).toBe('ada');
  });

  it('stay as they are where it publishes none that is of use', async () => {
    const text = await token();
    await present(text);
    issuer.keys = [];
    stopwatch.forward(300_001);
    await expect(present(text)).rejects.toThrow(StoreUnavailableError);
  });

  it('that it has withdrawn verify nothing any more', async () => {
    const text = await token();
    await present(text);
    issuer.keys = [publicOf(two)];
    stopwatch.forward(300_001);
    await expect(present(text)).rejects.toThrow(InvalidTokenError);
  });

  it('that are of no use here are left out', async () => {
    const { kid: _, ...nameless } = publicOf(two);
    issuer.keys = [{ kty: 'oct', k: 'AAAA', kid: 'secret' }, publicOf(one), nameless];
    expect((await present(await token())).userId).toBe('ada');
    await expect(present(await token(two))).rejects.toThrow(InvalidTokenError);
  });
});
