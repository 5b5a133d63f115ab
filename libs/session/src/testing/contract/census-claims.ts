import assert from 'node:assert/strict';
import type { SessionCensus, SessionStore } from '../../core/ports/session-store.js';
import { CHANNELS, type Channel } from '../../core/record/session-record.js';
import { aSubject } from '../a-record.js';
import { type Claim, login, NOW, operation } from './bench.js';

/** Far from the time of all other claims: what they leave behind has expired by then. */
const LATER = NOW + 1_000_000_000_000;

/** A store that counts its sessions counts those that live. One that does not count answers `undefined` throughout. */
export function censusClaims(claim: Claim): void {
  claim('the census counts on each channel what lives, whoever asks', async ({ store, peer }) => {
    const before = await store.census(LATER);
    if (before === undefined) return assert.equal(await peer.census(LATER), undefined);
    const subject = aSubject();
    const times = { createdAt: LATER, authenticatedAt: LATER, lastSeenAt: LATER, idleTimeout: 10_000, expiresAt: LATER + 60_000 };
    const open = (channel: Channel, more = {}) => login(store, subject, { ...times, channel, ...more });
    for (const channel of CHANNELS) await open(channel);
    await open('api');
    const used = await open('browser');
    await store.touch(used.id, LATER + 9_000);
    assert.deepEqual(await grown(peer, before, LATER), { browser: 2, api: 2, support: 1, visitor: 1 });
    // idle for too long, but for the one that was used
    assert.deepEqual(await grown(store, before, LATER + 10_000), { browser: 1, api: 0, support: 0, visitor: 0 });
    await store.revoke(operation(), used.id, 'logout', LATER + 9_000);
    assert.deepEqual(await grown(store, before, LATER + 10_000), { browser: 0, api: 0, support: 0, visitor: 0 });
  });
}

async function grown(store: SessionStore, before: SessionCensus, now: number): Promise<Partial<SessionCensus>> {
  const counted = await store.census(now);
  assert.ok(counted);
  return Object.fromEntries(CHANNELS.map((channel) => [channel, counted[channel] - before[channel]]));
}
