import type { ClientContext } from '../client-context.js';
import { NotAuthenticatedError } from '../errors.js';
import type { EndedSessions } from '../ended-sessions.js';
import type { SessionEventListener } from '../events.js';
import type { LastSeen } from '../last-seen.js';
import type { Clock } from '../ports/clock.js';
import type { SessionStore } from '../ports/session-store.js';
import { dataThatFits } from '../record/session-data.js';
import type { SessionData } from '../session-types.js';
import { encodeBase64url } from '../secrets/base64url.js';
import { parseCredential, type Credentials } from '../secrets/credential.js';
import type { SessionOpener } from '../session-opener.js';
import type { SessionReader } from '../session-reader.js';
import type { SessionRenewer } from '../session-renewer.js';
import { AnonymousSession } from './anonymous-session.js';
import type { AnonymousRules } from './anonymous-limits.js';
import type { AnonymousThrottle } from './anonymous-throttle.js';

/** A session that was begun, with the value of its cookie. */
export interface BegunSession {
  readonly session: AnonymousSession;
  readonly cookie: string;
}

/**
 * Sessions of visitors who have not logged in (`SessionOptions.anonymous`). Each is a record in the same store, of a user that
 * nobody is, under a credential of its own kind: no guard of users takes it, and a login makes another. Begun by the first write, so
 * that whoever stores nothing leaves nothing.
 */
export class AnonymousSessions {
  constructor(
    private readonly rules: AnonymousRules | undefined,
    private readonly reader: SessionReader,
    private readonly store: SessionStore,
    private readonly opener: SessionOpener,
    private readonly renewer: SessionRenewer,
    private readonly credentials: Credentials,
    private readonly throttle: AnonymousThrottle,
    private readonly lastSeen: LastSeen,
    private readonly ended: EndedSessions,
    private readonly clock: Clock,
    private readonly random: (bytes: number) => Uint8Array,
    private readonly operation: () => string,
    private readonly emit: SessionEventListener,
  ) {}

  /** The session of a cookie's value; `undefined` for one that has ended, and for any other text. @throws StoreUnavailableError */
  async find(cookie: string): Promise<AnonymousSession | undefined> {
    const credential = this.rules && parseCredential('visitor', cookie);
    if (!credential) return undefined;
    const now = this.clock.now();
    const reading = await this.reader.byCredential(credential, now);
    if ('refused' in reading) return undefined;
    this.lastSeen.note(reading.record, now);
    return new AnonymousSession(reading);
  }

  /**
   * Begins one. Asked for no more often than the limits allow.
   * @throws NotAuthenticatedError where visitors have no sessions
   * @throws DataTooLargeError, TooManyAttemptsError, StoreUnavailableError
   */
  async begin(data: SessionData, client: ClientContext): Promise<BegunSession> {
    if (!this.rules) throw new NotAuthenticatedError();
    dataThatFits(data); // before it is counted
    await this.throttle.pass(this.rules, client.address);
    const userId = `visitor ${encodeBase64url(this.random(16))}`;
    const { record, content } = await this.opener.openFor(userId, data, client);
    this.emit({ type: 'anonymous.opened', at: record.createdAt, sessionId: record.id, address: client.address });
    return { session: new AnonymousSession({ record, content }), cookie: this.credentials.write('visitor', record, 0) };
  }

  /**
   * Changes its data (a JSON object of at most 4 KiB); `change` may be called again when others write at the same time.
   * @throws DataTooLargeError, ConflictError, StoreUnavailableError
   * @throws InvalidSessionError when it has ended: it is never brought back
   */
  write(session: AnonymousSession, change: (data: SessionData) => SessionData): Promise<SessionData> {
    return this.renewer.write(session, change);
  }

  /** What of its data the host wants in the session that the visitor logs in to: nothing, unless it has said so. */
  carriedOver({ data }: AnonymousSession): SessionData {
    return this.rules?.carryOver(data) ?? {};
  }

  /** Ends it: at the login, where it has done its work. Answers whether it was alive. @throws StoreUnavailableError */
  async end({ id }: AnonymousSession): Promise<boolean> {
    const found = await this.store.revoke(this.operation(), id, 'replaced', this.clock.now());
    if (found) this.ended.report([found], 'replaced');
    return found !== undefined;
  }
}
