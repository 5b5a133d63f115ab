export {
  SessionModule,
  type SessionModuleExtras,
  type SessionModuleOptions,
} from './nest/session.module.js';
export { SESSION_CONTROLLERS } from './nest/controllers/session-controllers.js';
export { CookieGuard, SessionGuard, TokenGuard } from './nest/guards/session.guard.js';
export { VisitorGuard } from './nest/visitors/visitor.guard.js';
export { Visitors } from './nest/visitors/visitors.js';
export { Visitor } from './nest/visitors/visitor.js';
export { CurrentVisitor } from './nest/visitors/current-visitor.decorator.js';
export { AllowChangedClient } from './nest/decorators/allow-changed-client.decorator.js';
export { CsrfExempt } from './nest/decorators/csrf-exempt.decorator.js';
export { ForbidImpersonation } from './nest/decorators/forbid-impersonation.decorator.js';
export { EndsWithSession } from './nest/live/ends-with-session.decorator.js';
export type { AddressOf } from './nest/live/address-of.js';
export { LiveSockets } from './nest/live/live-sockets.js';
export { SessionSocketAdapter, type GatewaySessions } from './nest/live/session-socket.adapter.js';
export { Public } from './nest/decorators/public.decorator.js';
export { RequireRecentAuth } from './nest/decorators/require-recent-auth.decorator.js';
export { RequireAcr } from './nest/decorators/require-acr.decorator.js';
export { RequireRoles } from './nest/decorators/require-roles.decorator.js';
export { RequireScopes } from './nest/decorators/require-scopes.decorator.js';
export { RevocationMode } from './nest/decorators/revocation-mode.decorator.js';
export { CurrentSession, CurrentUser, type AuthenticatedUser } from './nest/decorators/current-session.decorator.js';
export { FormerSessions } from './core/ports/former-sessions.js';
export type { ClaimOutcome, FormerClaim, FormerSession } from './core/ports/former-sessions.js';
export type { Json } from './core/json.js';
export type { PrincipalClaims, Role, SessionData, SessionTypes } from './core/session-types.js';
export { Answers } from './nest/controllers/answers.js';
export { CredentialsController } from './nest/controllers/credentials.controller.js';
export { GlobalRevocationController } from './nest/controllers/global-revocation.controller.js';
export { LoginController } from './nest/controllers/login.controller.js';
export { MetadataController } from './nest/controllers/metadata.controller.js';
export { Signals } from './nest/signals/signals.js';
export { SignalsController } from './nest/signals/signals.controller.js';
export { SignalOutbox } from './core/ports/signal-outbox.js';
export type { PendingSignal, SignalTypes } from './core/ports/signal-outbox.js';
export type { PushReceiver, SignalsOptions, SignalStream } from './core/signals/signals-options.js';
export type { SecurityEventName } from './core/signals/security-events.js';
export { StreamNotFoundError, UserNotFoundError } from './core/not-found-errors.js';
export { OAuthClients } from './nest/controllers/oauth-clients.js';
export { OAuthController } from './nest/controllers/oauth.controller.js';
export { SessionsController } from './nest/controllers/sessions.controller.js';
export { TokenController } from './nest/controllers/token.controller.js';
export { sessionAnswer, type BrowserAnswer, type SessionAnswer, type TokenAnswer } from './nest/controllers/answers.js';
export { CsrfProtection } from './nest/guards/csrf-protection.js';
export { LoginOriginGuard } from './nest/guards/login-origin.guard.js';
export { clientOf } from './nest/transport/request-credential.js';
export { presentedProofOf } from './nest/transport/request-proof.js';
export { ResponseHeaders } from './nest/transport/response-headers.js';
export { OAuthErrorFilter, SessionErrorFilter, type ErrorAnswer } from './nest/error.filter.js';
export { Fields, type TextRule } from './nest/transport/fields.js';
export type { HttpRequest } from './nest/transport/http-request.js';
export { sessionOf } from './nest/transport/request-session.js';

export { PasswordEnding } from './core/password-ending.js';
export { SessionService } from './core/session.service.js';
export type { RevokeAllOptions } from './core/revoke-all-options.js';
export { AnonymousSessions, type BegunSession } from './core/anonymous/anonymous-sessions.js';
export { AnonymousSession } from './core/anonymous/anonymous-session.js';
export { ANONYMOUS_LIMITS, type AnonymousLimits } from './core/anonymous/anonymous-limits.js';
export { TokenService, type RefreshRequest } from './core/token-service.js';
export type { Introspection, LiveToken } from './core/tokens/introspection.js';
export { Issuer } from './core/ports/issuer.js';
export { ResourceServerModule } from './nest/resource-server/resource-server.module.js';
export type { ResourceServerOptions } from './nest/resource-server/resource-server-options.js';
export { LiveSessions } from './core/live/live-sessions.js';
export type { LiveConnection, LiveEnd, Recheck, Standing } from './core/live/live-connection.js';
export { Session } from './core/session.js';
export type { SessionActor } from './core/impersonation/session-actor.js';
export type { Impersonation, ImpersonationRequest } from './core/impersonation/impersonations.js';
export { inspectionInWords } from './core/inspection-in-words.js';
export { SessionInspector, type InspectedRecord, type SessionInspection } from './core/session-inspector.js';
export type { OpenRequest } from './core/session-opener.js';
export type { ApiCredentials, BrowserCredentials, IssuedSession } from './core/issued-session.js';
export {
  DEFAULT_CLIENT_POLICIES,
  type ClientPolicies,
  type ClientPolicy,
  type ClientSignal,
} from './core/client/client-policies.js';
export type { Locate, Place } from './core/ports/locate.js';
export type { ClientContext } from './core/client-context.js';
export type { Proven } from './core/session-renewer.js';
export { LoginThrottle, type CountedAttempt, type Finding, type LoginAttempt } from './core/login/login-throttle.js';
export { LOGIN_LIMITS, type LoginLimits, type LoginPace } from './core/login/login-limits.js';
export { pace, unpace, forgottenAt, type PacedCount } from './core/login/pacing.js';
export {
  SESSION_EVENT_TYPES,
  type AccessRefusalCause,
  type CredentialKind,
  type PasswordPurpose,
  type RefusalCause,
  type SessionEvent,
  type SessionEventListener,
  type SessionEventType,
} from './core/events.js';
export type { Origin } from './core/origin.js';
export { Audit } from './core/audit/audit.js';
export {
  OWASP_EVENTS,
  type AuditEntry,
  type AuditFacts,
  type AuditOutcome,
  type HostFacts,
  type OwaspEvent,
} from './core/audit/audit-entry.js';
export type { AuditPlace } from './core/audit/audit-chain.js';
export { AuditSink } from './core/ports/audit-sink.js';
export { Telemetry, type StoreCall, type StoreOperation, type TelemetrySources } from './core/ports/telemetry.js';
export { NestLoggerAudit } from './nest/nest-logger.audit.js';
export { originOf } from './nest/transport/origin-of.js';

export { Accounts, type EndSessions, type Principal, type VerifiedAccount } from './core/ports/accounts.js';
export { Clock, SystemClock } from './core/ports/clock.js';
export {
  EVERY_SLOT,
  Journal,
  type Appended,
  type JournalAct,
  type JournalDraft,
  type JournalEntry,
} from './core/ports/journal.js';
export type { Relay, RelayLag, RelayListener } from './core/ports/relay.js';
export { Counters, type CountedHit, type CountingRule, type PacedKey, type PacingRule } from './core/ports/counters.js';
export { SigningKeyStore, type StoredSigningKey } from './core/ports/signing-key-store.js';
export type { Change, ChangeListener, Subscription } from './core/ports/changes.js';
export {
  RETRY_HORIZON,
  SessionStore,
  type CallerTransaction,
  type CreateOutcome,
  type Fence,
  type OperationId,
  type Renewal,
  type RenewOutcome,
  type RevokeAllOutcome,
  type RotateOutcome,
  type SessionCensus,
  type SessionLimit,
  type Spared,
  type Subject,
  type WriteOutcome,
  type WrittenPart,
} from './core/ports/session-store.js';
export {
  decideRefresh,
  SUSPECTED_SHARING,
  type RefreshDecision,
  type RefreshRule,
  type RefreshState,
} from './core/refresh/refresh-decision.js';
export type { Channel, EndedSession, EndReason, LoginChannel, SessionRecord } from './core/record/session-record.js';
export { isSessionId } from './core/record/session-id.js';
export type { Device } from './core/record/sealer.js';
export type { RevocationLag } from './core/revocation/change-feed.js';
export { UserEnding } from './core/user-ending.js';
export type { Revocation, RouteRevocation } from './core/revocation/freshness.js';
export { StoreHealth, type StoreState } from './core/outage/store-health.js';
export type { GateState } from './core/outage/store-gate.js';
export { effectiveEnd, isExpired, type Lifetime } from './core/record/lifetimes.js';

export type { CookieOptions } from './core/options/cookie-options.js';
export { days, hours, minutes, seconds } from './core/options/durations.js';
export { LIFETIME_PRESETS, type LifetimePreset, type Lifetimes } from './core/options/lifetime-presets.js';
export { resolveOptions, type ResolvedOptions } from './core/options/resolve-options.js';
export type {
  AnonymousOptions,
  DpopMode,
  DpopOptions,
  KeyRotationOptions,
  LifetimeOverrides,
  LoginLimitOverrides,
  OAuthClient,
  SessionOptions,
  StoreLimits,
} from './core/options/session-options.js';
export { SigningKeyFollower } from './core/tokens/stored-keys/signing-key-follower.js';
export { SigningKeyRotation } from './core/tokens/stored-keys/signing-key-rotation.js';
export type { SigningAlgorithm } from './core/tokens/signing-keys.js';
export type { AccessTokenClaims, IssuedAccessToken } from './core/tokens/access-tokens.js';
export { DpopBinding, type PresentedToken } from './core/tokens/dpop/dpop-binding.js';
export { InvalidDpopProofError, RepeatedTokenError, UseDpopNonceError } from './core/tokens/dpop/dpop-errors.js';
export type { DpopRefusal, PresentedProof, VerifiedProof } from './core/tokens/dpop/presented-proof.js';
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
  SessionEvictedError,
  NotAuthenticatedError,
  OriginError,
  SessionError,
  SessionLimitError,
  SessionNotFoundError,
  SigningKeyError,
  StoreUnavailableError,
  TooManyAttemptsError,
  TransactionNotSupportedError,
  UnsupportedGrantTypeError,
  type SessionErrorCode,
} from './core/errors.js';
export {
  ForbiddenError,
  ImpersonationForbiddenError,
  InsufficientAuthenticationError,
  InsufficientScopeError,
  type AuthenticationDemand,
} from './core/access-errors.js';
