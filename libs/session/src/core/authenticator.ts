import type { Background } from './background.js';
import type { ClientWatch } from './client/client-watch.js';
import type { ClientContext } from './client-context.js';
import { InsufficientAuthenticationError } from './access-errors.js';
import { InvalidSessionError, InvalidTokenError, SessionEvictedError } from './errors.js';
import type { Clock } from './ports/clock.js';
import type { SessionStore } from './ports/session-store.js';
import type { LastSeen } from './last-seen.js';
import type { StaleAnswers } from './outage/stale-answers.js';
import type { Freshness } from './revocation/freshness.js';
import type { RecordCopies } from './revocation/record-copies.js';
import { parseCredential } from './secrets/credential.js';
import { Session } from './session.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { Refusals } from './refusals.js';
import type { Refused, SessionReader } from './session-reader.js';
import type { DpopBinding } from './tokens/dpop/dpop-binding.js';
import type { PresentedProof } from './tokens/dpop/presented-proof.js';

export interface AuthenticationRules {
  /** Milliseconds; 0 makes a first use count before the request goes on. */
  readonly refreshWindow: number;
}

/** Made only where it is thrown: an error takes a picture of the stack, which costs as much as the rest of a request. */
type RefusalClass = new () => Error;

/** How a credential is to be judged. */
export interface Scrutiny {
  /** How old the copy of a record may be that answers. Default: none answers. */
  readonly freshness?: Freshness;
  /** Lets a client pass that must prove the password again: only where it does so, or leaves. Default: false. */
  readonly allowChangedClient?: boolean;
  /** What an access token comes with under the `DPoP` scheme (RFC 9449 §7). Default: it comes as a bearer token. */
  readonly proof?: PresentedProof | undefined;
}

/** Turns a presented credential into a session, or refuses it: one read of the store, and none where the text itself is wrong. */
export class Authenticator {
  constructor(
    private readonly reader: SessionReader,
    private readonly store: SessionStore,
    private readonly copies: RecordCopies,
    private readonly clock: Clock,
    private readonly background: Background,
    private readonly lastSeen: LastSeen,
    private readonly watch: ClientWatch,
    private readonly stale: StaleAnswers,
    private readonly rules: AuthenticationRules,
    private readonly refusals: Refusals,
    private readonly dpop: DpopBinding,
  ) {}

  /**
   * The session of a cookie value.
   * @throws InvalidSessionError, SessionEvictedError
   * @throws InsufficientAuthenticationError when its client has changed and must prove the password again
   * @throws StoreUnavailableError
   */
  async cookie(value: string, client: ClientContext, scrutiny: Scrutiny = {}): Promise<Session> {
    const now = this.clock.now();
    const credential = parseCredential('cookie', value);
    if (!credential) throw this.refusals.ofText('cookie', client, new InvalidSessionError());
    const reading = await this.reader.byCredential(credential, now, scrutiny.freshness);
    if ('refused' in reading) throw await this.refusal(credential.id, reading, client, InvalidSessionError);
    if (!this.watch.isAsKnown(reading, client)) await this.judgeClient(reading, client, now, scrutiny, InvalidSessionError);
    this.lastSeen.note(reading.record, now);
    this.noteStale(reading, now);
    return new Session(reading, credential.generation);
  }

  /**
   * The session of an access token. Its first use is reported to the store (design §6: "used").
   * @throws InvalidTokenError, SessionEvictedError
   * @throws InvalidDpopProofError, UseDpopNonceError where it is bound to a key
   * @throws InsufficientAuthenticationError when its client has changed and must prove the password again
   * @throws StoreUnavailableError
   */
  async accessToken(token: string, client: ClientContext, scrutiny: Scrutiny = {}): Promise<Session> {
    const now = this.clock.now();
    const reading = await this.reader.byAccessToken(token, now, scrutiny.freshness);
    if (!reading) throw this.refusals.ofText('access_token', client, new InvalidTokenError());
    const { claims } = reading;
    if ('refused' in reading) throw await this.refusal(claims.sid, reading, client, InvalidTokenError);
    // Before anything else is judged or noted: whoever lacks the key must not even end the session by being another client.
    await this.dpop.passToken({ token, proof: scrutiny.proof }, reading, client);
    if (!this.watch.isAsKnown(reading, client)) await this.judgeClient(reading, client, now, scrutiny, InvalidTokenError);
    await this.noteUse(reading, claims.gen, now);
    this.lastSeen.note(reading.record, now);
    this.noteStale(reading, now);
    return new Session(reading, claims.gen, narrow(claims.scope, reading.record.scope));
  }

  /**
   * Reports the first use of a generation. With a window of 0 it is awaited: the predecessor must be dead when this returns. And
   * where the store could not be asked: a use that it may never hear of is not let happen.
   */
  async noteUse({ record, staleSince }: OpenedRecord, generation: number, now: number): Promise<void> {
    if (record.channel !== 'api' || record.usedAt !== 0 || record.generation !== generation) return;
    const report = async () => {
      await this.store.used(record.id, generation, now);
      this.copies.amend(record.id, { usedAt: now, generation }); // acknowledged: only now it need not be reported again
    };
    if (this.rules.refreshWindow === 0 || staleSince) return report();
    void this.background.run(`used ${record.id} ${generation}`, report);
  }

  private noteStale({ record, staleSince }: OpenedRecord, now: number): void {
    if (staleSince) this.stale.note(record, staleSince, now);
  }

  /** Judges a client that is not the session's own. @throws the error named, when the policy was to end the session */
  private async judgeClient(
    reading: OpenedRecord,
    client: ClientContext,
    now: number,
    { allowChangedClient = false }: Scrutiny,
    Refusal: RefusalClass,
  ): Promise<void> {
    const policy = await this.watch.judge(reading, client, now);
    if (policy === 'end') throw new Refusal();
    if (policy === 'stepUp' && !allowChangedClient) {
      throw this.refusals.ofChangedClient(reading.record, client, new InsufficientAuthenticationError({ maxAge: 0 }));
    }
  }

  /** An eviction is told to the device: it did nothing wrong, and its user would not know otherwise (ASVS 7.1.2). */
  private async refusal(sessionId: string, refused: Refused, client: ClientContext, Refusal: RefusalClass): Promise<Error> {
    const ended = await this.refusals.ofSession(sessionId, refused, client);
    return ended === 'evicted' ? new SessionEvictedError() : new Refusal();
  }
}

/** A token never carries more than the session was granted, and nothing that it does not name itself. */
function narrow(scope: string | undefined, granted: string | undefined): string {
  if (!scope || !granted) return '';
  if (scope === granted) return scope;
  const allowed = new Set(granted.split(' '));
  return scope
    .split(' ')
    .filter((value) => allowed.has(value))
    .join(' ');
}
