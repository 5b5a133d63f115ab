import { BoundedMap } from '../bounded-map.js';
import type { SealedActor } from '../impersonation/session-actor.js';
import type { Principal } from '../ports/accounts.js';
import { decodeBase64url, encodeBase64url } from '../secrets/base64url.js';
import type { KeyRing } from '../secrets/key-ring.js';
import { mac } from '../secrets/mac.js';
import { closeBox, IV_BYTES, openBox } from '../secrets/sealed-box.js';
import type { SessionData } from '../session-types.js';
import type { SessionRecord } from './session-record.js';

/** Where a session was opened from, as its owner sees it in the list of sessions. */
export interface Device {
  /** What the owner reads: "Firefox on Linux", or the name an app gave itself. */
  readonly label: string;
  /** Which kind of program it is, where the label does not say: "Chrome on Android". No more is kept of what it sends of itself. */
  readonly program?: string;
  readonly address: string;
  /** The client as it is now, where that is another: after a re-authentication from elsewhere, or a journey that was followed. */
  readonly current?: { readonly program: string; readonly address: string };
}

/** The part of a record that the store must not read. */
export interface SealedContent {
  readonly principal: Principal;
  readonly device: Device;
  readonly data: SessionData;
  /** Who acts in it, where that is not the user himself. */
  readonly actor?: SealedActor;
}

const REMEMBERED = 10_000;

/**
 * Seals and opens the secret part of a record with AES-256-GCM (ASVS 11.3.2). The additional data is the id *asked for* and every
 * field that only the server changes: an edited, copied or swapped record opens nothing (P6). The key is the session's own, so
 * random nonces stay far from their limit. The blob names the ring key that sealed it: `<keyId>.<iv|ciphertext|tag>`.
 */
export class Sealer {
  /** Seals that were opened, by their bytes, with the record: together they say all there is to check. */
  private readonly opened = new BoundedMap<string, { readonly record: Authenticated; readonly content: SealedContent }>(
    REMEMBERED,
  );

  constructor(
    private readonly ring: KeyRing,
    private readonly random: (bytes: number) => Uint8Array,
  ) {}

  /** Seals the content for a record as it will be stored (its `sealed` is ignored). */
  seal(record: Omit<SessionRecord, 'sealed'>, content: SealedContent): string {
    const key = sessionKey(this.ring.current('seal'), record);
    const box = closeBox(key, additionalData(record), JSON.stringify(content), this.random(IV_BYTES));
    return `${this.ring.currentId}.${encodeBase64url(box)}`;
  }

  /** Opens a record found under `askedId`; `undefined` when it is not exactly what was sealed. */
  open(record: SessionRecord, askedId: string): SealedContent | undefined {
    if (record.id !== askedId) return undefined;
    const known = this.opened.get(record.sealed);
    if (known && isSame(known.record, record)) return known.content;
    const content = this.decipher(record, additionalData(record));
    // Frozen: what is compared with must stay what was opened, whatever becomes of the record.
    const remembered = Object.isFrozen(record) ? record : Object.freeze({ ...record });
    if (content) this.opened.set(record.sealed, { record: remembered, content });
    return content;
  }

  private decipher(record: SessionRecord, data: string): SealedContent | undefined {
    const [keyId = '', text = '', more] = record.sealed.split('.');
    const master = this.ring.subkey(keyId, 'seal');
    const box = decodeBase64url(text);
    // A session ends with the key that derives its secrets, also where another key has sealed it since.
    if (!this.ring.subkey(record.keyId, 'derive')) return undefined;
    if (more !== undefined || !master || !box) return undefined;
    const opened = openBox(sessionKey(master, record), data, box);
    // Authenticated: only this server wrote it. Frozen: requests share what is remembered.
    return opened === undefined
      ? undefined
      : (JSON.parse(opened, (_key, value: unknown) => Object.freeze(value)) as SealedContent);
  }
}

function sessionKey(master: Buffer, record: Pick<SessionRecord, 'id' | 'salt'>): Buffer {
  return mac(master, [record.id, record.salt]);
}

/** What only the server changes: the additional data of the seal, in this order. */
const AUTHENTICATED = [
  'id',
  'userId',
  'channel',
  'clientId',
  'scope',
  'createdAt',
  'authenticatedAt',
  'idleTimeout',
  'expiresAt',
  'amr',
  'acr',
  'remembered',
  'dpopThumbprint',
  'salt',
  'keyId',
  'minGeneration',
  'version',
] as const satisfies readonly (keyof SessionRecord)[];

type Authenticated = Pick<SessionRecord, (typeof AUTHENTICATED)[number]>;

function additionalData(record: Authenticated): string {
  return JSON.stringify(AUTHENTICATED.map((name) => record[name] ?? null));
}

function isSame(one: Authenticated, other: Authenticated): boolean {
  return one === other || AUTHENTICATED.every((name) => one[name] === other[name]);
}
