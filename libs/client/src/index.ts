export { TokenClient, type TokenClientOptions } from './token-client.js';
export { CookieClient, type CookieSession } from './cookie-client.js';
export type { LoginFields, SessionClient } from './session-client.js';
export type { ClientOptions, Fetch } from './client-options.js';
export type { ClientClock } from './client-clock.js';
export type { LoggedOutListener, LoggedOutReason } from './logged-out.js';
export { IndexedDbTokenStorage } from './tokens/indexed-db-token-storage.js';
export { MemoryTokenStorage, type TokenStorage } from './tokens/token-storage.js';
export type { Locks } from './tokens/turn.js';
export type { DpopProver, ProofSubject } from './dpop-prover.js';
export {
  InvalidOptionsError,
  RefusedError,
  SessionClientError,
  UnavailableError,
  UnexpectedAnswerError,
  type SessionClientErrorCode,
} from './client-errors.js';
