import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { CreateOutcome, OperationId, Renewal, SessionLimit, SessionStore, Subject } from '../../core/ports/session-store.js';
import type { SessionRecord } from '../../core/record/session-record.js';
import { aRecord } from '../a-record.js';

/** What a claim is proved on. */
export interface Bench {
  readonly store: SessionStore;
  /** Another instance over the same data, or the same one again. */
  readonly peer: SessionStore;
  /** How often each race is run. */
  readonly rounds: number;
  /** Breaks the connection over which the peer hears of changes; it mends by itself. */
  readonly breakFeed?: (() => Promise<void>) | undefined;
}

/** States one claim of the contract, with its proof. */
export type Claim = (claim: string, proof: (bench: Bench) => Promise<void>) => void;

/** The moment at which most claims begin: far from the wall clock on purpose. Milliseconds since the Unix epoch. */
export const NOW = 2_000_000_000_000;

/** A new name for a call. */
export function operation(): OperationId {
  return randomUUID();
}

/** Tries to log in: reads the fence and adds a session of this user. */
export async function tryLogin(
  store: SessionStore,
  subject: Subject,
  limit?: SessionLimit,
  overrides: Partial<SessionRecord> = {},
): Promise<{ readonly record: SessionRecord; readonly login: CreateOutcome }> {
  const record = aRecord({ ...subject, createdAt: NOW, ...overrides });
  return { record, login: await store.create(operation(), record, await store.fence(subject), record.createdAt, limit) };
}

/** Logs in without a limit, and holds that it succeeds. */
export async function login(store: SessionStore, subject: Subject, overrides?: Partial<SessionRecord>): Promise<SessionRecord> {
  const { record, login: outcome } = await tryLogin(store, subject, undefined, overrides);
  assert.deepEqual(outcome, { outcome: 'created', evicted: [] });
  return record;
}

/** The stored record of a session. */
export async function stored(store: SessionStore, { id }: Pick<SessionRecord, 'id'>): Promise<SessionRecord | undefined> {
  return (await store.find([id]))[0];
}

/** The ids of the user's live sessions, in the order of `list`. */
export async function idsOf(store: SessionStore, subject: Subject, now = NOW): Promise<readonly string[]> {
  return (await store.list(subject, now)).map(({ id }) => id);
}

/** The renewal of a record as the core computes it when generation `presented` asks for it. */
export function renewalOf(record: SessionRecord, presented = record.generation): Renewal {
  const generation = Math.max(record.generation, presented) + 1;
  const renewed = {
    ...record,
    generation,
    minGeneration: generation,
    usedAt: 0,
    replays: 0,
    authenticatedAt: record.authenticatedAt + 1_000,
    version: record.version + 1,
    sealed: `${record.sealed}-renewed`,
  };
  return { record: renewed, expectedVersion: record.version };
}

/** Runs a race many times, ten at once, each round on data of its own. */
export async function inRounds(rounds: number, race: (round: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < rounds) {
      next += 1;
      await race(next);
    }
  };
  await Promise.all(Array.from({ length: 10 }, lane));
}

/**
 * Starts calls at the same time, in an order and with head starts that differ from round to round but not from run to run.
 * A store that acts in one step gives every interleaving an allowed end; one that reads and then writes does not.
 */
export async function atOnce<T>(round: number, calls: readonly (() => Promise<T>)[]): Promise<T[]> {
  const started = calls.map(async (call, at) => {
    const turns = ((round * 2_654_435_761 + at * 40_503) >>> 7) % 4;
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resume) => setImmediate(resume));
    return call();
  });
  return Promise.all(started);
}
