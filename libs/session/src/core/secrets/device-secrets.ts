import { decodeBase64url, encodeBase64url } from './base64url.js';
import type { KeyRing } from './key-ring.js';
import { mac, sameBytes } from './mac.js';

const PREFIX = 'nhs_d_';
const GRAMMAR = /^nhs_d_([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]{22})\.(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43})$/;
const FORMAT_VERSION = 1;
const ID_BYTES = 16;

/** How long a device is known after its last login, in milliseconds: as long as a browser keeps any cookie (RFC 6265bis, 400 days). */
export const DEVICE_LIFETIME = 400 * 86_400_000;

/**
 * What makes a browser or an app a known one (OWASP "device cookies"): proof that somebody logged in with it as this user before.
 * It opens nothing: whoever presents it is counted apart from strangers, and so not delayed by them. Nothing is stored:
 * `<prefix><key id>.<device id>.<made at>.<HMAC(device key, version, user, device id, made at)>`.
 */
export class DeviceSecrets {
  constructor(
    private readonly ring: KeyRing,
    private readonly random: (bytes: number) => Uint8Array,
  ) {}

  /** A secret for the device that this user just logged in with; `known` keeps the id that it had before. */
  issue(userId: string, now: number, known?: string): string {
    const id = known ?? encodeBase64url(this.random(ID_BYTES));
    const keyId = this.ring.currentId;
    const proof = this.proof(keyId, userId, id, now);
    if (!proof) throw new Error('The key ring is empty: give at least one key.');
    return `${PREFIX}${keyId}.${id}.${now}.${encodeBase64url(proof)}`;
  }

  /** The id of the device, when this secret was issued to this user and is not too old; `undefined` for anything else. */
  idOf(text: string, userId: string, now: number): string | undefined {
    const [, keyId, id, madeAt, proofText] = GRAMMAR.exec(text) ?? [];
    if (!keyId || !id || !madeAt || !proofText) return undefined;
    const given = decodeBase64url(proofText);
    const proof = this.proof(keyId, userId, id, Number(madeAt));
    const holds = given !== undefined && proof !== undefined && sameBytes(given, proof);
    return holds && now - Number(madeAt) < DEVICE_LIFETIME ? id : undefined;
  }

  private proof(keyId: string, userId: string, id: string, madeAt: number): Buffer | undefined {
    const key = this.ring.subkey(keyId, 'device');
    return key && mac(key, [FORMAT_VERSION, userId, id, madeAt]);
  }
}
