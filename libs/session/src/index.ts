export {
  SessionModule,
  SESSION_CONTROLLERS,
  type SessionModuleExtras,
  type SessionModuleOptions,
} from './nest/session.module.js';
export { CookieGuard, SessionGuard, TokenGuard } from './nest/guards/session.guard.js';
export { Public } from './nest/decorators/public.decorator.js';
export { RequireRecentAuth } from './nest/decorators/require-recent-auth.decorator.js';
export { RevocationMode } from './nest/decorators/revocation-mode.decorator.js';
export { CurrentSession, CurrentUser, type AuthenticatedUser } from './nest/decorators/current-session.decorator.js';
export { Answers } from './nest/controllers/answers.js';
export { CredentialsController } from './nest/controllers/credentials.controller.js';
export { LoginController } from './nest/controllers/login.controller.js';
export { MetadataController } from './nest/controllers/metadata.controller.js';
export { OAuthController } from './nest/controllers/oauth.controller.js';
export { SessionsController } from './nest/controllers/sessions.controller.js';
export { TokenController } from './nest/controllers/token.controller.js';
export { sessionAnswer, type BrowserAnswer, type SessionAnswer, type TokenAnswer } from './nest/controllers/answers.js';
export { CsrfProtection } from './nest/guards/csrf-protection.js';
export { LoginOriginGuard } from './nest/guards/login-origin.guard.js';
export { clientOf } from './nest/transport/request-credential.js';
export { ResponseHeaders } from './nest/transport/response-headers.js';
export { OAuthErrorFilter, SessionErrorFilter, type ErrorAnswer } from './nest/error.filter.js';
export { Fields, type TextRule } from './nest/transport/fields.js';
export type { HttpRequest } from './nest/transport/http-request.js';
export { sessionOf } from './nest/transport/request-session.js';

export { SessionService } from './core/session.service.js';
export { TokenService, type Introspection, type RefreshRequest } from './core/token-service.js';
export { Session } from './core/session.js';
export type { OpenRequest } from './core/session-opener.js';
export type { ApiCredentials, BrowserCredentials, IssuedSession } from './core/issued-session.js';
export type { ClientContext } from './core/client-context.js';
export type { Proven } from './core/session-renewer.js';
export { LoginThrottle } from './core/login/login-throttle.js';
export type { RefusalCause, SessionEvent, SessionEventListener, SessionEventType } from './core/events.js';

export { Accounts, type Json, type Principal, type VerifiedAccount } from './core/ports/accounts.js';
export { Clock, SystemClock } from './core/ports/clock.js';
export { Counters, type CountedHit, type CountingRule } from './core/ports/counters.js';
export type { Change, ChangeListener, Subscription } from './core/ports/changes.js';
export {
  RETRY_HORIZON,
  SessionStore,
  type CreateOutcome,
  type Fence,
  type OperationId,
  type Renewal,
  type RenewOutcome,
  type RevokeAllOutcome,
  type RotateOutcome,
  type SessionLimit,
  type Spared,
  type Subject,
  type WriteOutcome,
} from './core/ports/session-store.js';
export {
  decideRefresh,
  SUSPECTED_SHARING,
  type RefreshDecision,
  type RefreshRule,
  type RefreshState,
} from './core/refresh/refresh-decision.js';
export type { Channel, EndedSession, EndReason, SessionRecord } from './core/record/session-record.js';
export type { Device, SessionData } from './core/record/sealer.js';
export type { RevocationLag } from './core/revocation/change-feed.js';
export type { Revocation } from './core/revocation/freshness.js';
export { effectiveEnd, isExpired, type Lifetime } from './core/record/lifetimes.js';

export type { CookieOptions } from './core/options/cookie-options.js';
export { days, hours, minutes, seconds } from './core/options/durations.js';
export { LIFETIME_PRESETS, type LifetimePreset, type Lifetimes } from './core/options/lifetime-presets.js';
export { resolveOptions, type ResolvedOptions } from './core/options/resolve-options.js';
export type { LifetimeOverrides, LoginLimits, OAuthClient, SessionOptions } from './core/options/session-options.js';
export type { AccessTokenClaims, IssuedAccessToken } from './core/tokens/access-tokens.js';
export type { KnownClient, PresentedClient } from './core/tokens/client-registry.js';

export { MemorySessionStore } from './stores/memory/memory-session.store.js';
export { MemoryCounters } from './stores/memory/memory.counters.js';

export {
  BusyError,
  ConflictError,
  CsrfError,
  DataTooLargeError,
  FencedError,
  InvalidClientError,
  InvalidCredentialsError,
  InvalidGrantError,
  InvalidInputError,
  InvalidOptionsError,
  InvalidScopeError,
  InvalidSessionError,
  InvalidTokenError,
  NotAuthenticatedError,
  OriginError,
  RecentAuthenticationRequiredError,
  SessionError,
  SessionLimitError,
  SessionNotFoundError,
  StoreUnavailableError,
  TooManyAttemptsError,
  UnsupportedGrantTypeError,
  type SessionErrorCode,
} from './core/errors.js';
