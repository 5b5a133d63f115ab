import { randomBytes } from 'node:crypto';
import type { SealedContent } from '../src/core/record/sealer.js';
import type { SessionRecord } from '../src/core/record/session-record.js';

/** A record with every field filled, its seal left open. */
export function sampleRecord(change: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: `00ff.${randomBytes(16).toString('base64url')}`,
    userId: 'user-1',
    channel: 'api',
    clientId: 'mobile',
    scope: 'orders:read orders:write',
    createdAt: 1_700_000_000_000,
    authenticatedAt: 1_700_000_000_000,
    idleTimeout: 1_800_000,
    expiresAt: 1_700_028_800_000,
    amr: 'pwd',
    acr: 'aal1',
    remembered: false,
    dpopThumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    salt: randomBytes(32).toString('base64url'),
    keyId: 'unknown',
    generation: 3,
    usedAt: 1_700_000_001_000,
    minGeneration: 1,
    replays: 0b010,
    lastSeenAt: 1_700_000_002_000,
    version: 4,
    sealed: '',
    ...change,
  };
}

export function sampleContent(change: Partial<SealedContent> = {}): SealedContent {
  return {
    principal: { username: 'alice@example.com', roles: ['clerk'], tenant: 'acme' },
    device: { label: 'Firefox on Linux', address: '192.0.2.1' },
    data: { cart: ['canary-9f2c'] },
    ...change,
  };
}
