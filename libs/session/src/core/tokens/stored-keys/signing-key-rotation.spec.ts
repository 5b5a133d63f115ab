import { beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { KeptSigningKeys } from '../../../../spec/kept-signing-keys.js';
import { ed25519Key } from '../../../../spec/key-material.js';
import { FakeClock } from '../../../testing/fake-clock.js';
import { StoreUnavailableError } from '../../errors.js';
import { days, minutes } from '../../options/durations.js';
import type { StoredSigningKey } from '../../ports/signing-key-store.js';
import { KeyRing } from '../../secrets/key-ring.js';
import { SigningKeys } from '../signing-keys.js';
import { HANDED_OVER_WITHIN, PUBLISHED_BEFORE } from './key-schedule.js';
import { KeyVault } from './key-vault.js';
import { SigningKeyFollower } from './signing-key-follower.js';
import { SigningKeyRotation } from './signing-key-rotation.js';

const OLD_KEY = randomBytes(32);
const RULE = { algorithm: 'Ed25519', firstAfter: 0, every: days(90), believedFor: minutes(5) } as const;

let clock: FakeClock;
let store: KeptSigningKeys;
let told: string[];

beforeEach(() => {
  clock = new FakeClock();
  store = new KeptSigningKeys(clock);
  told = [];
});

function rotationWith(ringKeys: readonly Uint8Array[] = [OLD_KEY], firstAfter = 0, own: FakeClock = clock): SigningKeyRotation {
  return new SigningKeyRotation(
    store,
    new KeyVault(new KeyRing(ringKeys), randomBytes),
    own,
    { ...RULE, firstAfter },
    {
      created: ({ kid }) => void told.push(`created ${kid}`),
      refused: ({ kid }) => void told.push(`refused ${kid}`),
    },
  );
}

async function instance(configured: Parameters<typeof SigningKeys.import>[0] = [], ringKeys?: readonly Uint8Array[]) {
  const keys = await SigningKeys.import(configured);
  const follower = new SigningKeyFollower(rotationWith(ringKeys, configured.length > 0 ? PUBLISHED_BEFORE : 0), keys, clock);
  await follower.look();
  return { keys, follower };
}

const publishedBy = (keys: SigningKeys) => keys.jwks().keys.map(({ kid }) => kid);

describe('An instance', () => {
  it('makes the first key, and signs with it at once', async () => {
    const { keys } = await instance();
    expect(keys.current.kid).toBe(store.last.kid);
    expect(told).toEqual([`created ${store.last.kid}`]);
  });

  it('signs with the key of its configuration until the stored one has been published for long enough', async () => {
    const configured = ed25519Key('configured');
    const { keys, follower } = await instance([configured]);
    expect(keys.current.kid).toBe('configured');
    expect(publishedBy(keys)).toEqual(['configured', store.last.kid]);
    clock.advance(PUBLISHED_BEFORE);
    await follower.look();
    expect(keys.current.kid).toBe(store.last.kid);
    expect(publishedBy(keys)).toEqual([store.last.kid, 'configured']);
  });

  it('follows what another one made, and makes no second', async () => {
    const [a, b] = [await instance(), await instance()];
    clock.advance(days(90));
    await Promise.all([a.follower.look(), b.follower.look()]);
    await a.follower.look();
    expect(store.rows.size).toBe(2);
    expect(publishedBy(a.keys)).toEqual(publishedBy(b.keys));
    expect(told.filter((line) => line.startsWith('created'))).toHaveLength(2);
  });

  it('changes its key when the time comes, also while the store is away', async () => {
    const { keys, follower } = await instance();
    const first = keys.current.kid;
    clock.advance(days(90) - minutes(5));
    await follower.look();
    expect(keys.current.kid).toBe(first);
    store.fault = new StoreUnavailableError();
    clock.advance(PUBLISHED_BEFORE);
    await expect(follower.look()).rejects.toThrow(StoreUnavailableError);
    expect(keys.current.kid).toBe(store.last.kid);
    expect(keys.current.kid).not.toBe(first);
  });

  it('forgets a private key that has signed for the last time, in the store and in itself', async () => {
    const { keys, follower } = await instance();
    const first = store.last;
    clock.advance(days(90) - minutes(10));
    await follower.look();
    clock.advance(PUBLISHED_BEFORE + HANDED_OVER_WITHIN);
    await follower.look();
    expect(store.rows.get(first.place)).toEqual({ ...first, sealed: undefined });
    expect(keys.all.map(({ kid, privateKey }) => [kid, privateKey !== undefined])).toEqual([
      [store.last.kid, true],
      [first.kid, false],
    ]);
  });
});

describe('What somebody has written into the store', () => {
  it('is no key, and is told of once it is seen', async () => {
    await instance();
    const stranger = ed25519Key('stranger');
    const { kty, crv, x, kid } = stranger;
    store.rows.set(2, { ...store.last, place: 2, kid: 'stranger', publicJwk: JSON.stringify({ kty, crv, x, kid }) });
    const { keys } = await instance();
    expect(publishedBy(keys)).not.toContain('stranger');
    expect(told).toContain('refused stranger');
  });

  const edits: readonly (readonly [string, (key: StoredSigningKey) => StoredSigningKey])[] = [
    ['another public key', (key) => ({ ...key, publicJwk: JSON.stringify({ ...ed25519Key('x'), d: undefined, kid: key.kid }) })],
    ['another time', (key) => ({ ...key, signsFrom: key.signsFrom + 1 })],
    ['another algorithm', (key) => ({ ...key, algorithm: 'RS256' })],
    ['another name', (key) => ({ ...key, kid: 'other' })],
    ['another place', (key) => ({ ...key, place: 7 })],
    ['no retirement any more', ({ retiredAt: _, ...key }) => key],
    ['a cut voucher', (key) => ({ ...key, voucher: key.voucher.slice(0, -1) })],
    ['no voucher', (key) => ({ ...key, voucher: '' })],
  ];
  it.each(edits)('has no effect: %s', async (_, edit) => {
    const { keys: before } = await instance();
    const genuine = before.current.kid;
    await rotationWith().rotate({ algorithm: 'Ed25519', atOnce: true });
    const victim = store.last;
    await rotationWith().retire(victim.kid);
    const edited = edit(store.last);
    store.rows.delete(victim.place);
    store.rows.set(edited.place, edited);
    clock.advance(days(1));
    const { keys } = await instance();
    expect(publishedBy(keys)).toEqual([genuine]);
  });

  it('is not taken for a private key: then none signs, and it says what to do', async () => {
    await instance();
    const { sealed = '' } = store.last;
    const flipped = sealed.slice(0, -3) + (sealed.at(-3) === 'A' ? 'B' : 'A') + sealed.slice(-2);
    store.rows.set(1, { ...store.last, sealed: flipped });
    await expect(instance()).rejects.toThrow(/cannot be read: put the session key back/);
  });

  it('shows nobody a private key', async () => {
    const { keys } = await instance();
    expect(keys.current.privateKey.extractable).toBe(false);
    const text = JSON.stringify([...store.rows.values()]);
    expect(text).toContain(store.last.kid);
    expect(text).not.toContain('"d"');
    expect(text).not.toContain('\\"d\\"');
  });
});

describe('A change of the session keys', () => {
  const NEW_KEY = randomBytes(32);

  it('leaves the signing keys as they are, and seals them anew', async () => {
    const { keys } = await instance();
    const renewed = await instance([], [NEW_KEY, OLD_KEY]);
    expect(renewed.keys.current.kid).toBe(keys.current.kid);
    const after = await instance([], [NEW_KEY]);
    expect(after.keys.current.kid).toBe(keys.current.kid);
  });

  it('that forgets the old one at once is refused by name, instead of another key being made in silence', async () => {
    await instance();
    await expect(instance([], [NEW_KEY])).rejects.toThrow(/session key/);
    expect(store.rows.size).toBe(1);
  });
});

describe('An operator', () => {
  it('rotates: the new key is published, and signs ten minutes later', async () => {
    const { keys, follower } = await instance();
    const first = keys.current.kid;
    const next = await rotationWith().rotate({ algorithm: 'ES256', atOnce: false });
    await follower.look();
    expect(publishedBy(keys)).toEqual([first, next.kid]);
    clock.advance(PUBLISHED_BEFORE);
    await follower.look();
    expect(keys.current).toMatchObject({ kid: next.kid, algorithm: 'ES256' });
  });

  it('rotates at once: within a minute, and sooner than a key that was waiting would have', async () => {
    const { keys, follower } = await instance();
    const waiting = await rotationWith().rotate({ algorithm: 'Ed25519', atOnce: false });
    await expect(rotationWith().rotate({ algorithm: 'Ed25519', atOnce: false })).rejects.toThrow('is waiting already');
    await rotationWith().rotate({ algorithm: 'Ed25519', atOnce: true });
    expect(store.rows.size).toBe(2);
    clock.advance(minutes(1));
    await follower.look();
    expect(keys.current.kid).toBe(waiting.kid);
  });

  it('retires a key that somebody may have seen: its tokens are refused from the next look on', async () => {
    const { keys, follower } = await instance();
    const first = keys.current.kid;
    await expect(rotationWith().retire(first)).rejects.toThrow('This key signs');
    await rotationWith().rotate({ algorithm: 'Ed25519', atOnce: true });
    clock.advance(minutes(1));
    await expect(rotationWith().retire(first)).rejects.toThrow('or did a moment ago'); // another instance may not have looked since
    clock.advance(minutes(1));
    await rotationWith().retire(first);
    await follower.look();
    expect(publishedBy(keys)).toEqual([store.last.kid]);
    expect(store.rows.get(1)?.sealed).toBeUndefined();
    await expect(rotationWith().retire('nobody')).rejects.toThrow('no signing key of this name');
  });

  it('gets a key of the algorithm that was asked for, or none; asked for none, one like the last', async () => {
    await instance();
    const next = await rotationWith().rotate({ algorithm: 'ES256', atOnce: false });
    await expect(rotationWith().rotate({ algorithm: 'Ed25519', atOnce: true })).rejects.toThrow('(ES256) is waiting');
    expect(await rotationWith().rotate({ atOnce: true })).toMatchObject({ kid: next.kid });
    clock.advance(minutes(2));
    expect(await rotationWith().rotate({ atOnce: true })).toMatchObject({ algorithm: 'ES256', place: 3 });
  });

  it('does not retire the only key there is, though its time to sign has not come', async () => {
    const only = await rotationWith([OLD_KEY], PUBLISHED_BEFORE).first();
    await expect(rotationWith().retire(only.kid)).rejects.toThrow('This key signs');
  });
});

describe('Among several instances', () => {
  const NEW_KEY = randomBytes(32);
  const spoil = (key: StoredSigningKey) => store.rows.set(key.place, { ...key, sealed: `${key.sealed?.slice(0, 20)}AAAA` });

  it('a retirement is heeded also where the signing key cannot be read any more; what is at hand goes on signing', async () => {
    const { keys, follower } = await instance();
    const seen = keys.current.kid;
    const next = await rotationWith().rotate({ atOnce: true });
    clock.advance(minutes(2));
    await follower.look();
    spoil(store.last);
    await rotationWith().retire(seen);
    await expect(follower.look()).rejects.toThrow(`The private part of the signing key ${next.kid} cannot be read`);
    expect(publishedBy(keys)).toEqual([next.kid]);
    expect(keys.current.kid).toBe(next.kid);
  });

  it('one that finds no key of its server believes none, and says that it cannot sign', async () => {
    const { keys, follower } = await instance();
    store.rows.set(1, { ...store.last, voucher: 'spoilt' });
    await expect(follower.look()).rejects.toThrow('made none of them');
    expect(publishedBy(keys)).toEqual([]);
    expect(() => keys.current).toThrow(StoreUnavailableError);
  });

  it('a retired key whose former row is put back is no key to whoever saw it retired, and told of', async () => {
    const { keys, follower } = await instance();
    const before = store.last;
    await rotationWith().rotate({ atOnce: true });
    clock.advance(minutes(2));
    await follower.rotation.retire(before.kid);
    await follower.look();
    store.rows.set(before.place, before);
    await follower.look();
    expect(publishedBy(keys)).not.toContain(before.kid);
    expect(told).toContain(`refused ${before.kid}`);
  });

  it('what one of before a change of the session keys has made is sealed anew by those after it, before the old one may go', async () => {
    const [before, after] = [await instance([], [OLD_KEY, NEW_KEY]), await instance([], [NEW_KEY, OLD_KEY])];
    clock.advance(days(90) - minutes(5));
    await before.follower.look(); // makes the next key, sealed with the old one
    await after.follower.look();
    clock.advance(PUBLISHED_BEFORE + HANDED_OVER_WITHIN);
    await after.follower.look();
    const { keys } = await instance([], [NEW_KEY]);
    expect(keys.current.kid).toBe(store.last.kid);
  });

  it('one whose clock is far ahead takes the private key from nobody', async () => {
    const { keys, follower } = await instance();
    const ahead = new FakeClock(clock.now() + days(91));
    const wrong = new SigningKeyFollower(rotationWith([OLD_KEY], 0, ahead), await SigningKeys.import([]), ahead);
    await wrong.look();
    ahead.advance(PUBLISHED_BEFORE + HANDED_OVER_WITHIN);
    await wrong.look();
    await follower.look();
    expect((await instance()).keys.current.kid).toBe(keys.current.kid);
  });
});
