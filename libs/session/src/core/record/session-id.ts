import { BoundedMap } from '../bounded-map.js';
import { decodeBase64url, encodeBase64url } from '../secrets/base64url.js';
import { mac } from '../secrets/mac.js';

/** Users whose slot need not be worked out again. */
const REMEMBERED = 10_000;

const GRAMMAR = /^([0-9a-f]{4})\.([A-Za-z0-9_-]{22})$/;

/**
 * Makes session ids: `<slot>.<random>`. The slot, 16 bits of an HMAC of the user id, is the Redis Cluster hash tag of everything
 * that belongs to the user, and identifies nobody. The rest is 128 random bits. An id is a handle, not a secret: knowing it is
 * not enough to use or to end a session.
 */
export class SessionIds {
  private readonly slots = new BoundedMap<string, string>(REMEMBERED);

  constructor(
    private readonly slotSecret: Uint8Array,
    private readonly random: (bytes: number) => Uint8Array,
  ) {}

  /** The slot of a user: four lower-case hex digits, the same for ever under one slot secret. */
  slotOf(userId: string): string {
    const known = this.slots.get(userId);
    if (known !== undefined) return known;
    const slot = mac(this.slotSecret, ['slot', userId]).toString('hex', 0, 2);
    this.slots.set(userId, slot);
    return slot;
  }

  /** A new id for a session of this user. */
  create(userId: string): string {
    return `${this.slotOf(userId)}.${encodeBase64url(this.random(16))}`;
  }
}

/** The slot of a session id: the part before the dot. */
export function slotOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf('.')));
}

/** The slots of these ids, each once. */
export function slotsOf(ids: readonly string[]): ReadonlySet<string> {
  return new Set(ids.map(slotOf));
}

/** Whether a text is the canonical spelling of a session id. */
export function isSessionId(text: string): boolean {
  const [, , random] = GRAMMAR.exec(text) ?? [];
  return random !== undefined && decodeBase64url(random) !== undefined;
}
