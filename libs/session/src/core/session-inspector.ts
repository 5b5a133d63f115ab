import type { Clock } from './ports/clock.js';
import type { SessionStore } from './ports/session-store.js';
import { effectiveEnd } from './record/lifetimes.js';
import { isSessionId } from './record/session-id.js';
import type { Channel, EndReason, SessionRecord } from './record/session-record.js';
import { whyEnded } from './revocation/why-ended.js';
import type { KeyRing } from './secrets/key-ring.js';
import type { SessionReader } from './session-reader.js';

/** What the store says of a session, without what opens it or is sealed. Times are milliseconds since the Unix epoch. */
export interface InspectedRecord {
  readonly userId: string;
  readonly channel: Channel;
  readonly clientId?: string;
  readonly createdAt: number;
  readonly authenticatedAt: number;
  readonly lastSeenAt: number;
  /** The absolute end. */
  readonly expiresAt: number;
  /** The end if nobody uses it again. */
  readonly endsAt: number;
  readonly generation: number;
  /** Credentials of an older generation are refused: replaced on purpose. */
  readonly minGeneration: number;
  /** Whether the key that derives its secrets is the ring's first, a later one, or gone: then nothing it has is accepted. */
  readonly key: 'current' | 'older' | 'gone';
}

/** Why a session is refused, or that it is not, as far as the store knows. */
export type SessionInspection =
  /** What is refused all the same is a credential of it: a replaced one, or none of its own. */
  | { readonly state: 'live'; readonly record: InspectedRecord }
  | { readonly state: 'expired'; readonly limit: 'idle' | 'absolute'; readonly record: InspectedRecord }
  /** It is not what this server sealed, so what it says may be untrue. */
  | { readonly state: 'tampered'; readonly record: InspectedRecord }
  /** Somebody acts for a user in it, whose own session has ended or is not what it was. */
  | { readonly state: 'actor_ended'; readonly record: InspectedRecord }
  | { readonly state: 'key_gone'; readonly record: InspectedRecord }
  | { readonly state: 'ended'; readonly reason: EndReason }
  /** It ended too long ago for the store to remember, or there never was one. */
  | { readonly state: 'unknown' };

/** Looks at sessions, live or not, for whoever must find out why one is refused. Changes nothing. */
export class SessionInspector {
  constructor(
    private readonly store: SessionStore,
    private readonly reader: SessionReader,
    private readonly ring: KeyRing,
    private readonly clock: Clock,
  ) {}

  /** What is known of a session; `undefined` for what is no session id. @throws StoreUnavailableError */
  async inspect(id: string): Promise<SessionInspection | undefined> {
    if (!isSessionId(id)) return undefined;
    const now = this.clock.now();
    const [stored] = await this.store.find([id]);
    if (!stored) {
      const reason = await whyEnded(this.store, id);
      return reason ? { state: 'ended', reason } : { state: 'unknown' };
    }
    const record = this.inspected(stored);
    const reading = await this.reader.unlessActorEnded(this.reader.open(stored, id, now), now);
    if (!('refused' in reading)) return record.key === 'gone' ? { state: 'key_gone', record } : { state: 'live', record };
    if (reading.refused === 'actor_ended') return { state: 'actor_ended', record };
    if (reading.refused === 'expired') {
      return { state: 'expired', limit: now < stored.expiresAt ? 'idle' : 'absolute', record };
    }
    return { state: record.key === 'gone' ? 'key_gone' : 'tampered', record };
  }

  private inspected(record: SessionRecord): InspectedRecord {
    const isKnown = this.ring.subkey(record.keyId, 'derive') !== undefined;
    const key = record.keyId === this.ring.currentId ? 'current' : isKnown ? 'older' : 'gone';
    return {
      userId: record.userId,
      channel: record.channel,
      ...(record.clientId === undefined ? {} : { clientId: record.clientId }),
      createdAt: record.createdAt,
      authenticatedAt: record.authenticatedAt,
      lastSeenAt: record.lastSeenAt,
      expiresAt: record.expiresAt,
      endsAt: effectiveEnd(record),
      generation: record.generation,
      minGeneration: record.minGeneration,
      key,
    };
  }
}
