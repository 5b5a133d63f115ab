import type { SessionOptions } from '../src/core/options/session-options.js';
import { ed25519Key, ringKey } from './key-material.js';

const KEY = ringKey();
const SIGNING_KEY = ed25519Key('signing-1');

/** Options without a fault, and without anything that is not demanded. */
export function sampleOptions(change: Partial<SessionOptions> = {}): SessionOptions {
  return { publicUrl: 'https://app.example', keys: [KEY], signingKeys: [SIGNING_KEY], production: false, ...change };
}
