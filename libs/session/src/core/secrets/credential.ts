import { BoundedMap } from '../bounded-map.js';
import type { Channel, SessionRecord } from '../record/session-record.js';
import { encodeBase64url } from './base64url.js';
import type { KeyRing } from './key-ring.js';
import { mac, sameBytes } from './mac.js';

/** The opaque credentials: the browser's cookie, the API client's refresh token, and the cookie of a visitor. They can never be confused. */
export type CredentialPurpose = 'cookie' | 'refresh' | 'visitor';

/** On which channel a session has a credential of a purpose. */
export const CHANNEL_OF = { cookie: 'browser', refresh: 'api', visitor: 'visitor' } as const satisfies Record<
  CredentialPurpose,
  Channel
>;

/** A credential taken apart, not yet verified. */
export interface Credential {
  readonly purpose: CredentialPurpose;
  readonly id: string;
  readonly generation: number;
  readonly secret: Buffer;
}

/** What a session's secrets are derived from. */
export type SecretSource = Pick<SessionRecord, 'id' | 'userId' | 'salt' | 'keyId'>;

/** A secret that was worked out, and everything that it depends on. */
interface DerivedSecret extends Omit<SecretSource, 'id'> {
  readonly purpose: CredentialPurpose;
  readonly generation: number;
  readonly secret: Buffer;
}

/** Sessions whose secret need not be worked out again. */
const REMEMBERED = 10_000;

/** Fixed prefixes let secret scanners find a leaked credential. */
const PREFIX: Record<CredentialPurpose, string> = { cookie: 'nhs_c_', refresh: 'nhs_r_', visitor: 'nhs_v_' };
const FORMAT_VERSION = 1;
/** 16 random bytes and 32 of secret, in base64url: of the last character four and two bits stand for nothing, and must be 0. */
const GRAMMAR =
  /^(nhs_[crv]_)([0-9a-f]{4}\.[A-Za-z0-9_-]{21}[AQgw])\.(0|[1-9][0-9]{0,8})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

/**
 * Derives, writes and checks the secrets of sessions (design §4): `HMAC(subkey, version, purpose, id, userId, generation, salt)`.
 * The store holds neither secret nor hash; every generation ever issued is recognised without being remembered.
 */
export class Credentials {
  /** The secret of each session's last credential, with what it was made of: the next request brings the same one. */
  private readonly secrets = new BoundedMap<string, DerivedSecret>(REMEMBERED);

  constructor(private readonly ring: KeyRing) {}

  /** The credential of a session for one generation: `<prefix><id>.<generation>.<secret>`. */
  write(purpose: CredentialPurpose, source: SecretSource, generation: number): string {
    const secret = this.secret(purpose, source, generation);
    if (!secret) throw new Error(`The key ${source.keyId} has left the ring: add it back until its sessions have ended.`);
    return `${PREFIX[purpose]}${source.id}.${generation}.${encodeBase64url(secret)}`;
  }

  /** Whether a credential's secret is the session's, compared in constant time. */
  holds(credential: Credential, source: SecretSource): boolean {
    const { purpose, generation } = credential;
    const known = this.secrets.get(source.id);
    const secret = known && isOf(known, purpose, source, generation) ? known.secret : this.secret(purpose, source, generation);
    if (secret === undefined || !sameBytes(secret, credential.secret)) return false;
    const { userId, salt, keyId } = source;
    if (secret !== known?.secret) this.secrets.set(source.id, { purpose, userId, salt, keyId, generation, secret });
    return true;
  }

  private secret(purpose: CredentialPurpose, source: SecretSource, generation: number): Buffer | undefined {
    const key = this.ring.subkey(source.keyId, 'derive');
    return key && mac(key, [FORMAT_VERSION, purpose, source.id, source.userId, generation, source.salt]);
  }
}

function isOf(known: DerivedSecret, purpose: CredentialPurpose, source: SecretSource, generation: number): boolean {
  return (
    known.purpose === purpose &&
    known.generation === generation &&
    known.userId === source.userId &&
    known.salt === source.salt &&
    known.keyId === source.keyId
  );
}

/** Takes a credential apart. One strict grammar: anything else is refused before the store is asked. */
export function parseCredential(purpose: CredentialPurpose, text: string): Credential | undefined {
  const [, prefix, id, generation, secretText] = GRAMMAR.exec(text) ?? [];
  if (prefix !== PREFIX[purpose] || !id || !generation || !secretText) return undefined;
  const secret = Buffer.from(secretText, 'base64url');
  // An id of its own: a part of a header keeps the whole header in memory, for as long as anything remembers the id.
  return { purpose, id: Buffer.from(id, 'latin1').toString('latin1'), generation: Number(generation), secret };
}
