import { BusyError, InvalidSessionError } from '../errors.js';
import type { Principal } from '../ports/accounts.js';
import type { Clock } from '../ports/clock.js';
import { isWithin, type Stopwatch } from '../ports/stopwatch.js';
import type { Eviction } from '../revocation/record-copies.js';
import type { Session } from '../session.js';
import { LiveConnection, type LiveEnd, type Recheck, type Standing } from './live-connection.js';

/** How often connections are looked over, as a part of the bound. */
const LOOKS = 5;

/**
 * Connections that outlive the request that opened them: sockets, streams, subscriptions. Each ends with its session, on every instance:
 * as soon as this instance hears that the session has changed, and in any case within a bound, counted from when the last good answer
 * about it was asked for (design §13). No message has to arrive for that: what is not heard of is asked about, and what cannot be asked
 * about ends too.
 */
export class LiveSessions {
  private readonly connections = new Map<string, Set<LiveConnection>>();
  private readonly underReview = new Set<LiveConnection>();
  private readonly changedMeanwhile = new Set<LiveConnection>();
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param within the bound, in milliseconds
   * @param noteUse told of the session of each message that arrives
   */
  constructor(
    private readonly within: number,
    private readonly clock: Clock,
    private readonly stopwatch: Stopwatch,
    private readonly noteUse: (session: Session) => void,
  ) {}

  /** How many connections are open. */
  get size(): number {
    return [...this.connections.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Takes a connection in, and asks once more whether its session lives: what ended since it was authenticated was told to nobody.
   * @param onEnd closes the connection; called once at the most, and not after {@link release}
   * @throws InvalidSessionError, StoreUnavailableError, BusyError after {@link close}: then it was not taken in
   */
  async admit(session: Session, recheck: Recheck, onEnd: (why: LiveEnd) => void): Promise<LiveConnection> {
    if (this.isClosed) throw new BusyError();
    const connection = new LiveConnection(session, recheck, onEnd);
    const beside = this.connections.get(session.id) ?? new Set();
    this.connections.set(session.id, beside.add(connection));
    try {
      const standing = await this.ask(connection);
      if (isOver(standing)) throw new InvalidSessionError();
      if (this.isClosed) throw new BusyError();
      return connection;
    } catch (error) {
      this.release(connection);
      throw error;
    }
  }

  /**
   * The session of a connection on which a message arrived: asked for now, and noted as used.
   * @throws InvalidSessionError after the connection was ended
   * @throws StoreUnavailableError
   */
  async use(connection: LiveConnection): Promise<Session> {
    const standing = connection.isOver ? 'session_over' : await this.ask(connection);
    if (isOver(standing)) {
      this.end(connection, standing);
      throw new InvalidSessionError();
    }
    this.noteUse(standing);
    return standing;
  }

  /** To be called when a connection has closed by itself. */
  release(connection: LiveConnection): void {
    connection.release();
    const beside = this.connections.get(connection.session.id);
    beside?.delete(connection);
    if (beside?.size === 0) this.connections.delete(connection.session.id);
  }

  /** Asks about the connections of what has changed, or may have. */
  tell({ id, slot }: Eviction): void {
    if (id !== undefined) return this.askAgain(this.connections.get(id) ?? []);
    for (const [sessionId, connections] of this.connections) {
      if (slot === undefined || sessionId.startsWith(`${slot}.`)) this.askAgain(connections);
    }
  }

  /** Begins to look after the connections. */
  start(): void {
    this.timer ??= setInterval(() => this.look(), this.within / LOOKS).unref();
  }

  /** Ends all of them, and lets none in from now on: whoever comes again is to come to another instance. */
  close(): void {
    this.isClosed = true;
    clearInterval(this.timer);
    for (const connection of [...this.connections.values()].flatMap((set) => [...set])) this.end(connection, 'going_away');
  }

  /** Asks about each connection of which too little is known, and ends what the bound allows no longer. */
  look(): void {
    const [now, wall] = [this.stopwatch.now(), this.clock.now()];
    const untilNextLook = this.within / LOOKS;
    for (const connections of this.connections.values()) {
      for (const connection of connections) {
        const { lastConfirmed, session } = connection;
        if (!lastConfirmed) continue; // it is being admitted
        if (!isWithin(lastConfirmed, now, this.within - untilNextLook)) this.end(connection, 'store_unavailable');
        else if (wall >= session.endsAt || !isWithin(lastConfirmed, now, this.within / 2)) this.askAgain([connection]);
      }
    }
  }

  /** What is under way may have been asked before the change: then it is asked once more. */
  private askAgain(connections: Iterable<LiveConnection>): void {
    for (const connection of connections) {
      if (this.underReview.has(connection)) this.changedMeanwhile.add(connection);
      else void this.review(connection);
    }
  }

  private async review(connection: LiveConnection): Promise<void> {
    this.underReview.add(connection);
    try {
      do {
        this.changedMeanwhile.delete(connection);
        const standing = await this.ask(connection);
        if (isOver(standing)) this.end(connection, standing);
      } while (!connection.isOver && this.changedMeanwhile.has(connection));
    } catch {
      // The bound ends it, if nobody can be asked until then.
    } finally {
      this.underReview.delete(connection);
      this.changedMeanwhile.delete(connection);
    }
  }

  private async ask(connection: LiveConnection): Promise<Standing> {
    const sentAt = this.stopwatch.now();
    const standing = await connection.recheck();
    if (isOver(standing)) return standing;
    if (!hasSameRights(standing, connection.session)) return 'session_changed';
    connection.confirm(standing, sentAt);
    return standing;
  }

  private end(connection: LiveConnection, why: LiveEnd): void {
    connection.end(why);
    this.release(connection);
  }
}

function isOver(standing: Standing): standing is Exclude<Standing, Session> {
  return typeof standing === 'string';
}

/** What a connection was let in to was judged by the rights of then. */
function hasSameRights({ principal: one }: Session, { principal: other }: Session): boolean {
  return textOf(one) === textOf(other);
}

function textOf({ username: _, version: __, roles, ...rights }: Principal): string {
  const members = Object.entries(rights).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([[...new Set<string>(roles)].toSorted(), members]);
}
