import type { Session } from '../session.js';
import type { Moment } from '../ports/stopwatch.js';

/** Why a live connection was ended. */
export type LiveEnd =
  /** Its session is over: whoever holds it logs in again. */
  | 'session_over'
  /** Its session lives on with a new secret, or its user with other rights: who holds what is good now may connect again. */
  | 'session_changed'
  /** The access token that it was opened with has expired: whoever has a new one may connect again. */
  | 'token_expired'
  /** For as long as the bound allows nobody could be asked whether it lives: connect again later. */
  | 'store_unavailable'
  /** This instance stops: connect again at once. */
  | 'going_away';

/** What a credential that was good once is worth now: its session, or why it is worth nothing any more. */
export type Standing = Session | Extract<LiveEnd, 'session_over' | 'session_changed' | 'token_expired'>;

/** Asks what a credential is worth now. @throws StoreUnavailableError */
export type Recheck = () => Promise<Standing>;

/** A connection that outlives its request, as {@link LiveSessions} keeps it. */
export class LiveConnection {
  /** Until when its session was last known to live. */
  private confirmedAt: Moment | undefined;
  private hasEnded = false;

  /** @param session as it was when the connection was opened */
  constructor(
    private current: Session,
    readonly recheck: Recheck,
    private readonly onEnd: (why: LiveEnd) => void,
  ) {}

  /** The session, as it was read last. */
  get session(): Session {
    return this.current;
  }

  get isOver(): boolean {
    return this.hasEnded;
  }

  /** When the question was sent that was last answered well. */
  get lastConfirmed(): Moment | undefined {
    return this.confirmedAt;
  }

  /** Notes what was found. */
  confirm(session: Session, sentAt: Moment): void {
    if (this.confirmedAt && this.confirmedAt.monotonic > sentAt.monotonic) return;
    this.current = session;
    this.confirmedAt = sentAt;
  }

  /** Ends it, once. */
  end(why: LiveEnd): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.onEnd(why);
  }

  /** To be called when it has ended by itself: nobody is told. */
  release(): void {
    this.hasEnded = true;
  }
}
