import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { CountingRing } from '../../spec/counting-ring.js';
import { sampleContent, sampleRecord } from '../../spec/sample-record.js';
import { Sealer } from './record/sealer.js';
import type { SessionRecord } from './record/session-record.js';
import { Credentials, parseCredential } from './secrets/credential.js';

/** What an authenticated request needs of its session: regressions of the hot path are counted here, and not timed. */
describe('for the requests of one session is worked out once', () => {
  const credentialOf = (record: SessionRecord, credentials: Credentials, generation = 0) => {
    const credential = parseCredential('cookie', credentials.write('cookie', record, generation));
    if (!credential) throw new Error('This server writes no such credential.');
    return credential;
  };

  it('its secret, and once more when anything has changed that it is made of', () => {
    const ring = new CountingRing([randomBytes(32)]);
    const record = sampleRecord({ keyId: ring.currentId });
    const credentials = new Credentials(ring);
    const credential = credentialOf(record, credentials);
    ring.asked.length = 0;
    for (let request = 0; request < 3; request += 1) expect(credentials.holds(credential, record)).toBe(true);
    expect(ring.asked).toEqual(['derive']);
    const changes = { userId: 'another', salt: 'another', keyId: 'another', id: `0000.${'A'.repeat(22)}` };
    for (const [name, value] of Object.entries(changes))
      expect([name, credentials.holds(credential, { ...record, [name]: value })]).toEqual([name, false]);
    expect(credentials.holds({ ...credential, purpose: 'refresh' }, record)).toBe(false);
    expect(credentials.holds({ ...credential, generation: 1 }, record)).toBe(false);
    expect(credentials.holds(credentialOf(record, credentials, 1), record)).toBe(true);
    expect(credentials.holds(credential, record)).toBe(true);
  });

  it('nothing by a guess: it neither is believed nor takes the place of what is known', () => {
    const ring = new CountingRing([randomBytes(32)]);
    const record = sampleRecord({ keyId: ring.currentId });
    const credentials = new Credentials(ring);
    const credential = credentialOf(record, credentials);
    const guess = { ...credential, secret: randomBytes(32) };
    expect([credentials.holds(guess, record), credentials.holds(credential, record)]).toEqual([false, true]);
    ring.asked.length = 0;
    expect([credentials.holds(guess, record), credentials.holds({ ...guess, generation: 5 }, record)]).toEqual([false, false]);
    ring.asked.length = 0;
    expect(credentials.holds(credential, record)).toBe(true);
    expect(ring.asked).toEqual([]);
  });

  it('what its seal holds, and nothing opens when a field beside the seal has changed since', () => {
    const ring = new CountingRing([randomBytes(32)]);
    const sealer = new Sealer(ring, randomBytes);
    const draft = sampleRecord({ keyId: ring.currentId, clientId: 'c', scope: 's', dpopThumbprint: 't' });
    const record = { ...draft, sealed: sealer.seal(draft, sampleContent()) };
    expect(sealer.open(record, record.id)).toEqual(sampleContent());
    ring.asked.length = 0;
    for (const again of [record, { ...record }, { ...record, generation: 7, usedAt: 7, lastSeenAt: 7, replays: 7 }])
      expect(sealer.open(again, record.id)).toEqual(sampleContent());
    expect(ring.asked).toEqual([]);
    const free = new Set(['sealed', 'generation', 'usedAt', 'lastSeenAt', 'replays']); // what only the store moves
    for (const name of Object.keys(record).filter((field) => !free.has(field)))
      expect([name, sealer.open({ ...record, [name]: 'edited' }, record.id)]).toEqual([name, undefined]);
  });

  it('what its seal holds, by a record that nobody can change afterwards', () => {
    const ring = new CountingRing([randomBytes(32)]);
    const sealer = new Sealer(ring, randomBytes);
    const draft = sampleRecord({ keyId: ring.currentId });
    const record = { ...draft, sealed: sealer.seal(draft, sampleContent()) };
    expect(sealer.open(record, record.id)).toEqual(sampleContent());
    Object.assign(record, { userId: 'root' });
    expect([sealer.open(record, record.id), sealer.open({ ...record }, record.id)]).toEqual([undefined, undefined]);
  });
});
