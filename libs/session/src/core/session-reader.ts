import { StoreUnavailableError } from './errors.js';
import { isExpired } from './record/lifetimes.js';
import type { Sealer } from './record/sealer.js';
import type { SessionIds } from './record/session-id.js';
import type { SessionRecord } from './record/session-record.js';
import type { RefusalCause } from './events.js';
import type { Standing } from './live/live-connection.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { Found, RecordLookup } from './record-lookup.js';
import type { NamedActors } from './impersonation/named-actors.js';
import type { SealedActor, SessionActor } from './impersonation/session-actor.js';
import { STRICT, type Freshness } from './revocation/freshness.js';
import type { Copy, RecordCopies } from './revocation/record-copies.js';
import { Session } from './session.js';
import { CHANNEL_OF, type Credential, type Credentials } from './secrets/credential.js';
import type { AccessTokenClaims, AccessTokens } from './tokens/access-tokens.js';

/** Why there is no record for this credential; and whose it is, where the credential has shown that. */
export interface Refused {
  readonly refused: RefusalCause;
  readonly userId?: string;
  /** Who acts in it for that user, where the credential names him. */
  readonly actor?: SessionActor;
}

/** A record, or why there is none for this credential. */
export type Reading = OpenedRecord | Refused;

/** What the session of an access token is, beside what the token says. */
export type TokenReading = Reading & { readonly claims: AccessTokenClaims };

/** A look-up that is on its way. */
interface Asked {
  readonly id: string;
  readonly found: Promise<Found>;
}

/** Why a credential is refused by a record, or by a copy of it. */
type RefusalOf = (record: SessionRecord, isCopy: boolean) => RefusalCause | undefined;

/** Finds records and believes none of them: each must live, belong to the user its id says, and be exactly what was sealed. */
export class SessionReader {
  constructor(
    private readonly lookup: RecordLookup,
    private readonly copies: RecordCopies,
    private readonly ids: SessionIds,
    private readonly sealer: Sealer,
    private readonly credentials: Credentials,
    private readonly accessTokens: AccessTokens,
    private readonly actors: NamedActors,
  ) {}

  /** Finds a session by its id. */
  async byId(id: string, now: number): Promise<Reading> {
    const reading = await this.unlessActorEnded(this.open((await this.lookup.find(id)).record, id, now), now);
    if ('refused' in reading) this.copies.evict(id);
    return reading;
  }

  /**
   * Finds the session of an opaque credential and checks its secret.
   * @param freshness how old a copy may be that answers
   */
  byCredential(credential: Credential, now: number, freshness = STRICT): Promise<Reading> {
    return this.read(credential.id, now, freshness, (record) => {
      if (!this.credentials.holds(credential, record)) return 'forged';
      if (record.channel !== CHANNEL_OF[credential.purpose]) return 'forged';
      return credential.purpose !== 'refresh' && credential.generation < record.minGeneration ? 'superseded' : undefined;
    });
  }

  /**
   * Finds the session of an access token. `undefined`: this server did not sign it.
   * @param freshness how old a copy may be that answers
   */
  async byAccessToken(token: string, now: number, freshness = STRICT): Promise<TokenReading | undefined> {
    const claims = await this.accessTokens.read(token);
    if (!claims) return undefined;
    if (!this.accessTokens.isCurrent(claims, now))
      return { refused: 'token_expired', userId: claims.sub, ...actorIn(claims), claims };
    return this.byClaims(claims, now, freshness);
  }

  /** Like {@link byAccessToken}, for a token that may have expired: all that counts is that this server signed it. */
  async bySignedToken(token: string, now: number): Promise<TokenReading | undefined> {
    const claims = await this.accessTokens.read(token);
    return claims && this.byClaims(claims, now, STRICT);
  }

  private async byClaims(claims: AccessTokenClaims, now: number, freshness: Freshness): Promise<TokenReading> {
    // Asked for in the same turn, it travels in the same command.
    const actor = claims.act && { id: claims.act.sid, found: this.lookup.find(claims.act.sid) };
    actor?.found.catch(() => undefined); // it fails with the other one, or nobody asks for it any more
    const reading = await this.read(
      claims.sid,
      now,
      freshness,
      (record, isCopy) => {
        // A copy from before the token's own generation could not tell that this is its first use.
        const behind = isCopy && claims.gen > record.generation;
        if (record.channel === 'visitor') return 'forged'; // no token is ever made for one
        // Nor is one without the key of a bound session: whoever has a signing key alone must not undo what binds it.
        if (record.dpopThumbprint !== undefined && claims.cnf?.jkt !== record.dpopThumbprint) return 'forged';
        return behind || claims.gen < record.minGeneration ? 'superseded' : undefined;
      },
      actor,
    );
    if ('refused' in reading) return { ...(reading.refused === 'forged' ? {} : actorIn(claims)), ...reading, claims };
    if (!isFor(reading, claims)) return { refused: 'forged', claims };
    const { record, content, staleSince } = reading;
    // Each by its name: spreading was a quarter of the guard's time (docs/performance.md).
    return { record, content, staleSince, claims } satisfies Record<keyof OpenedRecord | 'claims', unknown>;
  }

  /**
   * Judges a copy that is fresh enough, and else the record itself: a refusal never comes from a copy. Only where the store cannot
   * be asked, and the route wants it, an older copy answers.
   */
  private async read(
    id: string,
    now: number,
    { within, serveStale }: Freshness,
    refusalOf: RefusalOf,
    actor?: Asked,
  ): Promise<Reading> {
    if (within > 0 && this.copies.has(id)) await this.copies.endOfTurn(); // before the copy is judged
    const fresh = this.goodCopy(id, now, within, refusalOf);
    if (fresh) return fresh.opened;
    let found: Found;
    try {
      found = await this.lookup.find(id);
    } catch (error) {
      const stale = error instanceof StoreUnavailableError ? this.goodCopy(id, now, serveStale, refusalOf) : undefined;
      if (!stale) throw error;
      return { ...stale.opened, staleSince: stale.sentAt };
    }
    const judged = this.judge(found.record, id, now, refusalOf);
    const reading = hasActor(judged) ? await this.unlessActorEnded(judged, now, actor) : judged;
    if (!('refused' in reading)) {
      // What depends on another record is never answered from a copy.
      if (reading.content.actor) return reading;
      if (within > 0 || serveStale > 0 || this.copies.has(id)) this.copies.keep(reading, found.sentAt);
    } else if (reading.refused !== 'forged') {
      this.copies.evict(id); // it shows a session that is known here to be over, or its older secret
    }
    return reading;
  }

  private goodCopy(id: string, now: number, bound: number, refusalOf: RefusalOf): Copy | undefined {
    const copy = bound > 0 ? this.copies.get(id, bound) : undefined;
    const { record } = copy?.opened ?? {};
    return record && !isExpired(record, now) && !refusalOf(record, true) ? copy : undefined;
  }

  private judge(record: SessionRecord | undefined, id: string, now: number, refusalOf: RefusalOf): Reading {
    if (!record) return { refused: 'gone' };
    const refused = refusalOf(record, false);
    if (refused === undefined) return this.open(record, id, now);
    if (isExpired(record, now)) return { refused: 'gone' };
    return refused === 'superseded' ? { refused, userId: record.userId } : { refused };
  }

  /**
   * A session in which somebody acts for a user is worth no more than his own: that must live, with the secret and the roles it had.
   * @param asked the look-up of the actor's record, where it is on its way already; of another record, if a token named that
   */
  async unlessActorEnded(reading: Reading, now: number, asked?: Asked): Promise<Reading> {
    const actor = 'refused' in reading ? undefined : reading.content.actor;
    if ('refused' in reading || !actor) return reading;
    const { record } = reading;
    this.actors.note(record.id, actor);
    const found = await (asked?.id === actor.sessionId ? asked.found : this.lookup.find(actor.sessionId));
    const own = this.open(found.record, actor.sessionId, now);
    return isStill(actor, own) ? reading : { refused: 'actor_ended', userId: record.userId, actor };
  }

  /**
   * What the credential is worth now that a session was authenticated by.
   * @param token the access token, if it is one: it ends by its own time as well
   * @throws StoreUnavailableError
   */
  async standing(session: Session, now: number, token?: string): Promise<Standing> {
    if (token !== undefined) return this.standingOfToken(session, token, now);
    const reading = await this.byId(session.id, now);
    if ('refused' in reading) return 'session_over';
    if (session.generation < reading.record.minGeneration) return 'session_changed';
    return new Session(reading, session.generation, session.scope.join(' '));
  }

  private async standingOfToken(session: Session, token: string, now: number): Promise<Standing> {
    const reading = await this.byAccessToken(token, now);
    if (!reading) return 'session_over';
    if (!('refused' in reading)) return new Session(reading, session.generation, session.scope.join(' '));
    if (reading.refused === 'token_expired') return 'token_expired';
    return reading.refused === 'superseded' ? 'session_changed' : 'session_over';
  }

  /** Opens records that a list named, and leaves out what would be refused. */
  async openEach(records: readonly SessionRecord[], now: number): Promise<readonly OpenedRecord[]> {
    const readings = await Promise.all(records.map((one) => this.unlessActorEnded(this.open(one, one.id, now), now)));
    return readings.flatMap((reading) => ('record' in reading ? [reading] : []));
  }

  /** Opens a record that was found under `askedId`. */
  open(record: SessionRecord | undefined, askedId: string, now: number): Reading {
    if (!record) return { refused: 'gone' };
    const content = this.sealer.open(record, askedId);
    // A slot that is not the user's would hide the session from revokeAll: so it counts as broken, not as a curiosity.
    if (!content || !askedId.startsWith(`${this.ids.slotOf(record.userId)}.`)) return { refused: 'tampered' };
    return isExpired(record, now) ? { refused: 'expired', userId: record.userId } : { record, content };
  }
}

/** Whether a token says what the record of its session does: whose it is, and who acts in it. */
function isFor({ record, content: { actor } }: OpenedRecord, { sub, act }: AccessTokenClaims): boolean {
  return record.userId === sub && actor?.userId === act?.sub && actor?.sessionId === act?.sid;
}

function hasActor(reading: Reading): boolean {
  return 'content' in reading && reading.content.actor !== undefined;
}

function actorIn({ act }: AccessTokenClaims): Pick<Refused, 'actor'> {
  return act ? { actor: { userId: act.sub, sessionId: act.sid } } : {};
}

function isStill(actor: SealedActor, own: Reading): boolean {
  if ('refused' in own || own.content.actor) return false;
  const { record, content } = own;
  const isSame = record.userId === actor.userId && record.minGeneration === actor.minGeneration;
  return isSame && actor.roles.every((role) => content.principal.roles.includes(role));
}
