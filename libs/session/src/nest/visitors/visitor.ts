import type { AnonymousSession } from '../../core/anonymous/anonymous-session.js';
import type { SessionData } from '../../core/session-types.js';
import { Session } from '../../core/session.js';

/** A change of what is stored; it may be made again when others write at the same time. */
type Change = (data: SessionData) => SessionData;

/** What a {@link Visitor} is made of. */
export interface VisitorParts {
  readonly csrfToken: (session: Session | AnonymousSession) => string;
  readonly writeOwn: (session: Session, change: Change) => Promise<SessionData>;
  readonly write: (session: AnonymousSession, change: Change) => Promise<SessionData>;
  readonly begin: (data: SessionData) => Promise<AnonymousSession>;
}

/** Whoever sends a request to a route that is open to everybody: a user who is logged in, or a visitor. */
export class Visitor {
  /** @internal */
  constructor(
    private found: Session | AnonymousSession | undefined,
    private readonly parts: VisitorParts,
  ) {}

  /** Whether it is a user; `undefined` for everybody else. */
  get session(): Session | undefined {
    return this.found instanceof Session ? this.found : undefined;
  }

  /** What was stored for this visitor, or in this user's session. */
  get data(): SessionData {
    return this.found?.data ?? {};
  }

  /** For the unsafe requests of the page; `undefined` as long as nothing is stored: then the first one needs none. */
  get csrfToken(): string | undefined {
    return this.found && this.parts.csrfToken(this.found);
  }

  /**
   * Stores data (a JSON object of at most 4 KiB): in the session of the user, or in one of the visitor's own, which begins with the
   * first data there are to store.
   * @throws NotAuthenticatedError for a visitor, where `anonymous` is not set
   * @throws TooManyAttemptsError when too many have begun at this address, DataTooLargeError, InvalidSessionError, ConflictError
   */
  async write(change: Change): Promise<SessionData> {
    const { found } = this;
    if (found instanceof Session) return this.parts.writeOwn(found, change);
    if (found) return this.parts.write(found, change);
    const data = change({});
    if (Object.keys(data).length > 0) this.found = await this.parts.begin(data);
    return data;
  }
}
