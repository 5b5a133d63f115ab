import type { RefreshRule } from '../refresh/refresh-decision.js';
import type { Channel, EndedSession, EndReason, SessionRecord } from '../record/session-record.js';
import type { ChangeListener, Subscription } from './changes.js';
import type { Relay, RelayListener } from './relay.js';

/**
 * A user as the store knows them. The slot is the part of every session id of the user before the dot; it tells a store that
 * spreads its keys (Redis Cluster) where all of the user's keys live, so that each per-user method is one atomic step there.
 */
export interface Subject {
  readonly userId: string;
  readonly slot: string;
}

/** A random value per user that moves when a login under way must not succeed: after `revokeAll`, or a change of rights. */
export type Fence = string;

/**
 * Names one call of a mutation. A caller that lost the answer repeats the call with the same id, and the store returns the
 * first outcome unchanged and changes nothing again, for at least {@link RETRY_HORIZON}.
 */
export type OperationId = string;

/** How long, in milliseconds, a store remembers the outcome of an operation at the least. */
export const RETRY_HORIZON = 30_000;

/** How many live sessions a user may have per channel, and what happens to one more. */
export interface SessionLimit {
  readonly max: number;
  /** `evict` ends the least recently seen; `refuse` creates nothing. */
  readonly policy: 'evict' | 'refuse';
}

export type CreateOutcome =
  | { readonly outcome: 'created'; readonly evicted: readonly EndedSession[] }
  | { readonly outcome: 'fenced' }
  | { readonly outcome: 'limitReached' };

export type RotateOutcome =
  | { readonly outcome: 'rotated' | 'replayed' | 'healed'; readonly generation: number; readonly replays: number }
  | { readonly outcome: 'reused'; readonly ended: EndedSession }
  | { readonly outcome: 'superseded' | 'gone' };

export type RenewOutcome = { readonly outcome: 'renewed' | 'conflict' | 'fenced' | 'gone' };

export type WriteOutcome = { readonly outcome: 'written' | 'conflict' | 'gone' };

/** What a new sealed part was written for: the application's own data, or rights that were given or taken. */
export type WrittenPart = 'data' | 'rights';

/** A renewal: the whole new record, applied only over the version it was computed from. */
export interface Renewal {
  readonly record: SessionRecord;
  readonly expectedVersion: number;
}

/** The one session that `revokeAll` lets live: untouched, or with a new secret in the same step. */
export type Spared = { readonly keep: string } | { readonly renew: Renewal };

export type RevokeAllOutcome =
  /** `spared` tells whether the session to be spared was alive and lives on. */
  | { readonly outcome: 'revoked'; readonly ended: readonly EndedSession[]; readonly spared: boolean }
  /** The session to be renewed has moved since it was read. Nothing was changed: read it again. */
  | { readonly outcome: 'conflict' }
  /** Written in the caller's transaction, and takes effect when that commits: repeated without it, the call tells what came of it. */
  | { readonly outcome: 'deferred' };

/** How many sessions live, on each channel. */
export type SessionCensus = Readonly<Record<Channel, number>>;

/** A transaction that the host has open, in the terms of its store: for TypeORM the `EntityManager` of it. */
export type CallerTransaction = object;

/**
 * The store port (design §5): type and injection token in one.
 *
 * Every method is one atomic step on the primary, answers in words of the domain, and stays correct when it is repeated because
 * its answer was lost. Time comes from the caller; a store uses TTLs only to clean up, never to decide, and never earlier than
 * the record's own end. A record that has expired at `now` is treated as absent. Records cross this border by value.
 *
 * An adapter is *given* its client and never opens or closes it. Every method throws {@link StoreUnavailableError}, and nothing
 * else, when the store cannot be asked. Prove an adapter with `storeContract` from the `/testing` entry.
 */
export abstract class SessionStore {
  /** Whether `revokeAll` can join a transaction of the caller: true where sessions, or a journal of their ends, lie in the same database. */
  readonly joinsTransactions: boolean = false;

  /** Whether what has joined a transaction is applied only after its commit (under a journal): there `revokeAll` answers `deferred`. */
  readonly appliesAfterCommit: boolean = false;

  /** The store's own clock: milliseconds since the Unix epoch. */
  abstract time(): Promise<number>;

  /** What makes this store unfit to hold sessions (such as a Redis that may evict), each with its cure; empty when fit. */
  abstract faults(): Promise<readonly string[]>;

  /**
   * The user's fence, made if absent. Read it *before* the password is checked. It outlives the longest login (10 minutes) and
   * each read renews it; a fence that is absent at `create` or `renew` counts as moved.
   */
  abstract fence(subject: Subject): Promise<Fence>;

  /** Moves the user's fence, so that every login and re-authentication under way is fenced. */
  abstract moveFence(subject: Subject): Promise<void>;

  /**
   * Adds a session unless the fence has moved. Expired sessions are dropped first and never count; then the limit, per user and
   * channel, is kept in the same step. An id that lives already or was ended before is refused as `fenced`.
   */
  abstract create(
    operation: OperationId,
    record: SessionRecord,
    fence: Fence,
    now: number,
    limit?: SessionLimit,
  ): Promise<CreateOutcome>;

  /** Reads records in one round trip; `undefined` where there is none. Answers in the order asked. Expired ones may still be returned. */
  abstract find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]>;

  /**
   * Where a record is kept. What is looked up at the same time in one place travels in one call of {@link find}. A store that spreads
   * its records over several servers overrides it, so that one server that is slow or away holds up no session of another.
   */
  placeOf(_id: string): string {
    return '';
  }

  /**
   * Why an id was ended, for as long as the store remembers: about an hour. `undefined` for a session that lives, has expired, was
   * never, or is forgotten. It decides nothing, so it may come from anywhere.
   */
  abstract endReason(id: string): Promise<EndReason | undefined>;

  /** Moves `lastSeenAt` forward, never back. A session that is gone, or was expired at `seenAt`, stays so (P3). */
  abstract touch(id: string, seenAt: number): Promise<void>;

  /** Notes the first use of the current generation. For any other generation, or a later use, it does nothing. */
  abstract used(id: string, generation: number, now: number): Promise<void>;

  /** `decideRefresh` as one step. Also moves `lastSeenAt` to `now`, except where the session is refused. */
  abstract rotate(operation: OperationId, id: string, generation: number, now: number, rule: RefreshRule): Promise<RotateOutcome>;

  /**
   * Replaces a record by its renewal, but never sets `lastSeenAt` back. `conflict` unless the stored version is the expected
   * one, the stored generation is below the new one and the absolute end is the same (P10): then read again and seal again.
   * Never brings a session back (P3).
   */
  abstract renew(operation: OperationId, renewal: Renewal, fence: Fence, now: number): Promise<RenewOutcome>;

  /**
   * Replaces the sealed part, which carries version `expectedVersion + 1`. A write of `rights` must not be forgotten: where there is
   * a journal it is written there.
   */
  abstract write(
    operation: OperationId,
    id: string,
    sealed: string,
    expectedVersion: number,
    now: number,
    part?: WrittenPart,
  ): Promise<WriteOutcome>;

  /** Ends one session. `undefined`: there was none alive. */
  abstract revoke(operation: OperationId, id: string, reason: EndReason, now: number): Promise<EndedSession | undefined>;

  /**
   * Ends every session of the user and moves the fence, in one step. `ended` holds those that were alive. With a `transaction` it is
   * part of that one: it comes about when the caller commits, and not at all when the caller rolls back. The same call without
   * it, after the commit, is a repetition and answers what came of it. `deferred` is never answered without a transaction.
   * @throws TransactionNotSupportedError for a transaction where `joinsTransactions` is false
   */
  abstract revokeAll(
    operation: OperationId,
    subject: Subject,
    reason: EndReason,
    now: number,
    spared?: Spared,
    transaction?: CallerTransaction,
  ): Promise<RevokeAllOutcome>;

  /** Ends every session that existed when the call began, and moves every fence. Not one step: repeat it when it fails. */
  abstract revokeEveryone(reason: EndReason): Promise<number>;

  /** The live sessions of a user, the most recently seen first. */
  abstract list(subject: Subject, now: number): Promise<readonly SessionRecord[]>;

  /**
   * How many sessions live, on each channel, for whoever watches over them; `undefined`, as here, where a store cannot count. Not one step:
   * it tells of no single moment. It goes through all sessions there are, so ask seldom, and never in a request.
   */
  async census(_now: number): Promise<SessionCensus | undefined> {
    return undefined;
  }

  /**
   * Tells a listener, from when the promise resolves, of every record that this or another instance ends, renews or rewrites,
   * and of a `gap` whenever some may have been missed. Without a feed, as here, all is one gap. Nothing may rest on it.
   */
  async changes(listener: ChangeListener): Promise<Subscription> {
    listener({ type: 'gap' });
    return { close: async () => undefined };
  }

  /** What its operator should know at the start, though it makes the store no less fit: such as what an older copy would bring back. */
  notices(): readonly string[] {
    return [];
  }

  /** Why it refuses what it is asked although it can be reached, known without asking; `undefined` when it does not. */
  get obstacle(): string | undefined {
    return undefined;
  }

  /**
   * Hands over the telling of endings, for a store with a journal: from now on the listener is told of each session that `create`,
   * `revoke` and `revokeAll` end, also when another instance had asked for it and crashed, and callers tell nothing themselves.
   * `undefined`, as here: there is no journal, and callers tell.
   */
  relay(_listener: RelayListener): Relay | undefined {
    return undefined;
  }
}
