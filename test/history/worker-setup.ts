import type { JWK } from 'jose';
import type { Rules } from './operation.js';
import type { PlantedFault } from './planted-faults.js';

/** How a worker reaches the tables of a SQL server. */
export interface SqlStore {
  readonly engine: 'sql';
  readonly options:
    | { readonly type: 'postgres'; readonly url: string; readonly schema: string }
    | { readonly type: 'mariadb'; readonly url: string };
}

/** Where sessions live. */
export type StoreUnderTest = { readonly engine: 'memory' } | { readonly engine: 'redis'; readonly url: string } | SqlStore;

/** When a refresh token's predecessor dies, and the refresh window in milliseconds that makes it so: none, or longer than a history. */
export const REFRESH_WINDOWS: Readonly<Record<Rules['predecessorDies'], number>> = { 'at-once': 0, never: 3_600_000 };

/** Sessions per user and channel; one more is refused. */
export const LIMIT = 4;

/** Where a worker listens: an application for each refresh window, over the same store. */
export type Ports = Readonly<Record<Rules['predecessorDies'], number>>;

/** What a worker is told before it starts: the same to all that share a store. */
export interface WorkerSetup {
  readonly store: StoreUnderTest;
  readonly keys: readonly string[];
  readonly signingKeys: readonly JWK[];
}

/** What a worker asks the accounts, which live with the recorder: the one place that all workers share beside the store. */
export type AccountsQuestion =
  | { readonly ask: 'verify'; readonly userId: string; readonly password: string }
  | { readonly ask: 'change'; readonly userId: string; readonly password: string; readonly version: string };

/** Worker to recorder: what it asks, and that it did as it was told. */
export type FromWorker = { readonly number: number; readonly question: AccountsQuestion } | 'ready' | 'planted';

/** Recorder to worker. `answer`: the password's version, or whether it was changed. `fault`: what its store is to do wrong from now on. */
export type ToWorker =
  | { readonly setup: WorkerSetup; readonly ports: Ports }
  | { readonly number: number; readonly answer: string | boolean }
  | { readonly fault: PlantedFault | 'none' };
