import { isExpired } from './record/lifetimes.js';
import type { Sealer } from './record/sealer.js';
import type { SessionIds } from './record/session-id.js';
import type { SessionRecord } from './record/session-record.js';
import type { RefusalCause } from './events.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { RecordLookup } from './record-lookup.js';
import type { RecordCopies } from './revocation/record-copies.js';
import type { Credential, Credentials } from './secrets/credential.js';
import type { AccessTokenClaims, AccessTokens } from './tokens/access-tokens.js';

/** A record, or why there is none for this credential. */
export type Reading = OpenedRecord | { readonly refused: RefusalCause };

/** What the session of an access token is, beside what the token says. */
export type TokenReading = Reading & { readonly claims: AccessTokenClaims };

/** Finds records and believes none of them: each must live, belong to the user its id says, and be exactly what was sealed. */
export class SessionReader {
  constructor(
    private readonly lookup: RecordLookup,
    private readonly copies: RecordCopies,
    private readonly ids: SessionIds,
    private readonly sealer: Sealer,
    private readonly credentials: Credentials,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** Finds a session by its id. */
  async byId(id: string, now: number): Promise<Reading> {
    return this.open((await this.lookup.find(id)).record, id, now);
  }

  /**
   * Finds the session of an opaque credential and checks its secret.
   * @param bound milliseconds that a copy may be old; 0 asks the store
   */
  byCredential(credential: Credential, now: number, bound = 0): Promise<Reading> {
    return this.read(credential.id, now, bound, (record) => {
      if (!this.credentials.holds(credential, record)) return 'forged';
      if (record.channel !== (credential.purpose === 'cookie' ? 'browser' : 'api')) return 'forged';
      return credential.purpose === 'cookie' && credential.generation < record.minGeneration ? 'superseded' : undefined;
    });
  }

  /**
   * Finds the session of an access token. `undefined`: the token itself is not good, whatever its session.
   * @param bound milliseconds that a copy may be old; 0 asks the store
   */
  async byAccessToken(token: string, now: number, bound = 0): Promise<TokenReading | undefined> {
    const claims = await this.accessTokens.read(token);
    return claims && this.accessTokens.isCurrent(claims, now) ? this.byClaims(claims, now, bound) : undefined;
  }

  /** Like {@link byAccessToken}, for a token that may have expired: all that counts is that this server signed it. */
  async bySignedToken(token: string, now: number): Promise<TokenReading | undefined> {
    const claims = await this.accessTokens.read(token);
    return claims && this.byClaims(claims, now, 0);
  }

  private async byClaims(claims: AccessTokenClaims, now: number, bound: number): Promise<TokenReading> {
    const reading = await this.read(claims.sid, now, bound, (record, isCopy) => {
      // A copy from before the token's own generation could not tell that this is its first use.
      const behind = isCopy && claims.gen > record.generation;
      return behind || claims.gen < record.minGeneration ? 'superseded' : undefined;
    });
    const isOurs = 'refused' in reading || reading.record.userId === claims.sub;
    return isOurs ? { ...reading, claims } : { refused: 'forged', claims };
  }

  /** Judges a copy that is fresh enough, and else the record itself: a refusal never comes from a copy. */
  private async read(
    id: string,
    now: number,
    bound: number,
    refusalOf: (record: SessionRecord, isCopy: boolean) => RefusalCause | undefined,
  ): Promise<Reading> {
    const copy = bound > 0 ? this.copies.get(id, bound) : undefined;
    if (copy && !isExpired(copy.record, now) && !refusalOf(copy.record, true)) return copy;
    const { record, sentAt } = await this.lookup.find(id);
    if (!record || isExpired(record, now)) return { refused: 'gone' };
    const refused = refusalOf(record, false);
    if (refused) return { refused };
    const reading = this.open(record, id, now);
    if (bound > 0 && 'record' in reading) this.copies.keep(reading, sentAt);
    return reading;
  }

  /** Opens a record that was found under `askedId`. */
  open(record: SessionRecord | undefined, askedId: string, now: number): Reading {
    if (!record || isExpired(record, now)) return { refused: 'gone' };
    const content = this.sealer.open(record, askedId);
    // A slot that is not the user's would hide the session from revokeAll: so it counts as broken, not as a curiosity.
    if (!content || !askedId.startsWith(`${this.ids.slotOf(record.userId)}.`)) return { refused: 'tampered' };
    return { record, content };
  }
}
