import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { sampleContent, sampleRecord } from '../../../spec/sample-record.js';
import { KeyRing } from '../secrets/key-ring.js';
import { Sealer } from './sealer.js';
import type { SessionRecord } from './session-record.js';

const OLD_KEY = randomBytes(32);
const NEW_KEY = randomBytes(32);
const ring = new KeyRing([OLD_KEY]);
const sealer = new Sealer(ring, randomBytes);
const content = sampleContent();

function sealed(change: Partial<SessionRecord> = {}): SessionRecord {
  const record = sampleRecord({ keyId: ring.currentId, ...change });
  return { ...record, sealed: sealer.seal(record, content) };
}

/** A sealed part with one byte of its box changed by a bit. */
function withBitFlipped({ sealed: text }: SessionRecord, bit: number): string {
  const [keyId = '', box = ''] = text.split('.');
  const bytes = Buffer.from(box, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return `${keyId}.${bytes.toString('base64url')}`;
}

describe('a sealed record', () => {
  it('opens to what was sealed', () => {
    const record = sealed();
    expect(sealer.open(record, record.id)).toEqual(content);
  });

  it('opens under the fields that a store moves by itself', () => {
    const record = sealed();
    const moved = { ...record, generation: 99, usedAt: 1, lastSeenAt: record.lastSeenAt + 1, replays: 0b111 };
    expect(sealer.open(moved, record.id)).toEqual(content);
  });

  it('opens to one picture for all requests, which none of them can change', () => {
    const record = sealed();
    const first = sealer.open(record, record.id);
    const deep = [first, first?.principal, first?.principal.roles, first?.device, first?.data, first?.data['cart']];
    expect(deep.every((part) => typeof part === 'object' && Object.isFrozen(part))).toBe(true);
    expect(sealer.open(record, record.id)).toEqual(content);
  });

  it('hides its content: nothing of it is in the text, in the clear or encoded', () => {
    const { sealed: text } = sealed();
    const bytes = Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('latin1');
    for (const canary of [
      'alice',
      'example.com',
      'clerk',
      'acme',
      'Firefox',
      'Mozilla',
      '192.0.2.1',
      'canary-9f2c',
      'cart',
      'roles',
    ]) {
      expect(text).not.toContain(canary);
      expect(bytes).not.toContain(canary);
    }
  });

  it('is sealed anew each time, so that equal contents look different', () => {
    const record = sampleRecord();
    expect(sealer.seal(record, content)).not.toBe(sealer.seal(record, content));
    expect(new Set(Array.from({ length: 1_000 }, () => sealer.seal(record, content).split('.')[1]?.slice(0, 16))).size).toBe(
      1_000,
    );
  });

  it('is sealed under a key of its own: a nonce drawn twice does not give two sessions one key stream', () => {
    const stuck = new Sealer(new KeyRing([OLD_KEY]), (bytes) => Buffer.alloc(bytes));
    const record = sampleRecord();
    const text = stuck.seal(record, content);
    const { id, salt } = sampleRecord();
    for (const other of [
      { ...record, id },
      { ...record, salt },
    ]) {
      expect(stuck.seal(other, content).slice(0, 64)).not.toBe(text.slice(0, 64));
    }
  });
});

describe('an edited record opens nothing', () => {
  const other = sampleRecord();
  const { generation: _g, usedAt: _u, lastSeenAt: _l, replays: _r, sealed: _s, ...authenticated } = sampleRecord();
  const edits: Record<keyof typeof authenticated, Partial<SessionRecord>> = {
    id: { id: other.id },
    userId: { userId: 'user-2' },
    channel: { channel: 'browser' },
    clientId: { clientId: 'admin-console' },
    scope: { scope: 'orders:read orders:write admin' },
    createdAt: { createdAt: authenticated.createdAt + 1 },
    authenticatedAt: { authenticatedAt: authenticated.authenticatedAt + 1 },
    idleTimeout: { idleTimeout: authenticated.idleTimeout + 1 },
    expiresAt: { expiresAt: authenticated.expiresAt + 1 },
    amr: { amr: 'pwd otp' },
    acr: { acr: 'aal2' },
    remembered: { remembered: true },
    dpopThumbprint: { dpopThumbprint: other.salt },
    salt: { salt: other.salt },
    keyId: { keyId: 'another' },
    minGeneration: { minGeneration: authenticated.minGeneration - 1 },
    version: { version: authenticated.version + 1 },
  };

  it.each(Object.entries(edits))('%s edited', (_, edit) => {
    const record = sealed();
    const edited = { ...record, ...edit };
    expect(sealer.open(edited, edited.id)).toBeUndefined();
    expect(sealer.open(record, record.id)).toEqual(content);
    expect(sealer.open(edited, edited.id)).toBeUndefined(); // although its seal is remembered now
  });

  it.each(['clientId', 'scope', 'dpopThumbprint'] as const)('%s removed, or added where there was none', (field) => {
    const { [field]: value, ...without } = sealed();
    expect(sealer.open({ ...without, [field]: value }, without.id)).toEqual(content);
    expect(sealer.open(without, without.id)).toBeUndefined();
    const bare = { ...without, sealed: sealer.seal(without, content) };
    expect(sealer.open({ ...bare, [field]: value }, bare.id)).toBeUndefined();
    expect(sealer.open({ ...bare, [field]: '' }, bare.id)).toBeUndefined();
  });

  it('text moved from one field into its neighbour', () => {
    const record = sealed({ userId: 'user-1', amr: 'pwd', acr: 'aal1' });
    expect(sealer.open({ ...record, amr: 'pwd","aal1', acr: '' }, record.id)).toBeUndefined();
    expect(sealer.open({ ...record, amr: 'aal1', acr: 'pwd' }, record.id)).toBeUndefined();
  });

  it('a number that became a text of the same digits', () => {
    const record = sealed();
    const drifted = Object.assign({ ...record }, { expiresAt: String(record.expiresAt) });
    expect(sealer.open(drifted, record.id)).toBeUndefined();
  });
});

describe('a sealed part that was tampered with opens nothing', () => {
  it('any single bit flipped, in nonce, text and tag', () => {
    const record = sealed();
    const bits = Buffer.from(record.sealed.split('.')[1] ?? '', 'base64url').length * 8;
    const opened = Array.from({ length: bits }, (_, bit) => ({ ...record, sealed: withBitFlipped(record, bit) })).filter(
      (edited) => sealer.open(edited, record.id),
    );
    expect(bits).toBeGreaterThan(8 * 150);
    expect(opened).toEqual([]);
  });

  it('any character of its text changed, so that it has no other spelling', () => {
    const record = sealed();
    const opened = Array.from(record.sealed, (character, i) => {
      const other = character === 'A' ? 'B' : 'A';
      return { ...record, sealed: record.sealed.slice(0, i) + other + record.sealed.slice(i + 1) };
    }).filter((edited) => sealer.open(edited, record.id));
    expect(opened).toEqual([]);
  });

  it.each([
    ['nothing', () => ''],
    ['its key alone', (text: string) => text.split('.')[0] ?? ''],
    ['its key and a dot', (text: string) => `${text.split('.')[0]}.`],
    ['cut short', (text: string) => text.slice(0, -4)],
    ['cut to a nonce', (text: string) => text.slice(0, text.indexOf('.') + 17)],
    ['cut to less than a tag', (text: string) => text.slice(0, text.indexOf('.') + 33)],
    ['padded', (text: string) => `${text}=`],
    ['with a trailing newline', (text: string) => `${text}\n`],
    ['with a third part', (text: string) => `${text}.AAAA`],
    ['under a key that is not in the ring', (text: string) => `AAAAAAAA.${text.split('.')[1]}`],
    ['under a name of Object.prototype', (text: string) => `constructor.${text.split('.')[1]}`],
  ])('%s', (_, edit) => {
    const record = sealed();
    expect(sealer.open({ ...record, sealed: edit(record.sealed) }, record.id)).toBeUndefined();
  });

  it('an older one of the same session', () => {
    const record = sealed({ version: 4 });
    const newer = sealed({ ...record, version: 5 });
    expect(sealer.open({ ...newer, sealed: record.sealed }, record.id)).toBeUndefined();
  });
});

describe('a record that was swapped opens nothing', () => {
  const mine = sealed({ userId: 'user-1' });
  const theirs = sealed({ userId: 'user-2' });

  it('found under an id that was not asked for', () => {
    expect(sealer.open(theirs, theirs.id)).toEqual(content);
    expect(sealer.open(theirs, mine.id)).toBeUndefined();
  });

  it('copied under another id, its own id changed to fit', () => {
    expect(sealer.open({ ...theirs, id: mine.id }, mine.id)).toBeUndefined();
  });

  it('with the sealed part of another session', () => {
    expect(sealer.open({ ...mine, sealed: theirs.sealed }, mine.id)).toBeUndefined();
  });

  it('with the sealed part of another session of the same user and the same salt', () => {
    const twin = sealed({ ...mine, id: sampleRecord().id });
    expect(sealer.open({ ...mine, sealed: twin.sealed }, mine.id)).toBeUndefined();
  });
});

describe('when the ring turns', () => {
  const rings = {
    turning: new KeyRing([OLD_KEY, NEW_KEY]),
    turned: new KeyRing([NEW_KEY, OLD_KEY]),
    newOnly: new KeyRing([NEW_KEY]),
  };
  const under = (keys: KeyRing) => new Sealer(keys, randomBytes);

  it('a record sealed by the old key opens while that key is in the ring, and is sealed by the new one next', () => {
    const record = sealed();
    expect(under(rings.turned).open(record, record.id)).toEqual(content);
    const resealed = { ...record, sealed: under(rings.turned).seal(record, content) };
    expect(resealed.sealed.split('.')[0]).toBe(rings.newOnly.currentId);
    expect(under(rings.turned).open(resealed, record.id)).toEqual(content);
  });

  it('a new key deployed as second opens already what it will seal as first', () => {
    const record = sampleRecord({ keyId: rings.newOnly.currentId });
    const promoted = { ...record, sealed: under(rings.turned).seal(record, content) };
    expect(under(rings.turning).open(promoted, record.id)).toEqual(content);
    expect(sealer.open(promoted, record.id)).toBeUndefined();
  });

  it('a record whose key has left opens nothing, and throws nothing: nor when another key has sealed it since', () => {
    const record = sealed();
    const resealed = { ...record, sealed: under(rings.turned).seal(record, content) };
    for (const left of [record, resealed]) expect(under(rings.newOnly).open(left, record.id)).toBeUndefined();
  });

  it('a record that names another key of the ring than the one that derives its secrets opens nothing', () => {
    const record = sealed();
    expect(under(rings.turned).open({ ...record, keyId: rings.newOnly.currentId }, record.id)).toBeUndefined();
  });
});
