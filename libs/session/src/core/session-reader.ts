import { isExpired } from './record/lifetimes.js';
import type { SealedContent, Sealer } from './record/sealer.js';
import type { SessionIds } from './record/session-id.js';
import type { SessionRecord } from './record/session-record.js';
import type { RefusalCause } from './events.js';
import type { SessionStore } from './ports/session-store.js';
import type { Credential, Credentials } from './secrets/credential.js';
import type { AccessTokenClaims, AccessTokens } from './tokens/access-tokens.js';

/** A record that was found alive and intact. */
export interface OpenedRecord {
  readonly record: SessionRecord;
  readonly content: SealedContent;
}

/** A record, or why there is none for this credential. */
export type Reading = OpenedRecord | { readonly refused: RefusalCause };

interface Waiting {
  readonly id: string;
  readonly resolve: (record: SessionRecord | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Finds records and believes none of them: each must live, belong to the user its id says, and be exactly what was sealed. */
export class SessionReader {
  private waiting: Waiting[] = [];

  constructor(
    private readonly store: SessionStore,
    private readonly ids: SessionIds,
    private readonly sealer: Sealer,
    private readonly credentials: Credentials,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** Finds a session by its id. */
  async byId(id: string, now: number): Promise<Reading> {
    return this.open(await this.find(id), id, now);
  }

  /** Finds the session of an opaque credential and checks its secret. */
  async byCredential(credential: Credential, now: number): Promise<Reading> {
    const record = await this.find(credential.id);
    if (!record || isExpired(record, now)) return { refused: 'gone' };
    if (!this.credentials.holds(credential, record)) return { refused: 'forged' };
    const channel = credential.purpose === 'cookie' ? 'browser' : 'api';
    if (record.channel !== channel) return { refused: 'forged' };
    return this.open(record, credential.id, now);
  }

  /** Finds the session of an access token. `undefined`: the token itself is not good, whatever its session. */
  async byAccessToken(token: string, now: number): Promise<(Reading & { readonly claims: AccessTokenClaims }) | undefined> {
    const claims = await this.accessTokens.read(token);
    if (!claims || !this.accessTokens.isCurrent(claims, now)) return undefined;
    const reading = await this.byId(claims.sid, now);
    if ('refused' in reading) return { ...reading, claims };
    const { userId, minGeneration } = reading.record;
    if (userId !== claims.sub) return { refused: 'forged', claims };
    return claims.gen < minGeneration ? { refused: 'superseded', claims } : { ...reading, claims };
  }

  /** Opens a record that was found under `askedId`. */
  open(record: SessionRecord | undefined, askedId: string, now: number): Reading {
    if (!record || isExpired(record, now)) return { refused: 'gone' };
    const content = this.sealer.open(record, askedId);
    // A slot that is not the user's would hide the session from revokeAll: so it counts as broken, not as a curiosity.
    if (!content || !askedId.startsWith(`${this.ids.slotOf(record.userId)}.`)) return { refused: 'tampered' };
    return { record, content };
  }

  /** Requests that wait in the same turn of the event loop travel in one command. None joins a batch that was already sent. */
  private find(id: string): Promise<SessionRecord | undefined> {
    return new Promise((resolve, reject) => {
      if (this.waiting.push({ id, resolve, reject }) === 1) setImmediate(() => void this.send());
    });
  }

  private async send(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    try {
      const records = await this.store.find(batch.map(({ id }) => id));
      batch.forEach(({ resolve }, i) => resolve(records[i]));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
