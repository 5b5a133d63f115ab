import {
  ConfigurableModuleBuilder,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { Audit } from '../core/audit/audit.js';
import { PasswordCheck } from '../core/login/password-check.js';
import { LoginThrottle } from '../core/login/login-throttle.js';
import { optionNotices } from '../core/options/option-notices.js';
import { resolveOptions } from '../core/options/resolve-options.js';
import type { SessionOptions } from '../core/options/session-options.js';
import type { Accounts } from '../core/ports/accounts.js';
import type { Counters } from '../core/ports/counters.js';
import { SessionStore } from '../core/ports/session-store.js';
import { createSessionCore } from '../core/session-core.js';
import { StoreHealth } from '../core/outage/store-health.js';
import { SessionInspector } from '../core/session-inspector.js';
import { SessionService } from '../core/session.service.js';
import { TokenService } from '../core/token-service.js';
import { DpopBinding } from '../core/tokens/dpop/dpop-binding.js';
import { SigningKeyFollower } from '../core/tokens/stored-keys/signing-key-follower.js';
import { MemoryCounters } from '../stores/memory/memory.counters.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { Answers } from './controllers/answers.js';
import { OAuthClients } from './controllers/oauth-clients.js';
import { LiveSessions } from '../core/live/live-sessions.js';
import { SESSION_CONTROLLERS } from './controllers/session-controllers.js';
import { SessionErrorFilter } from './error.filter.js';
import { CsrfExemptions } from './guards/csrf-exemptions.js';
import { CsrfProtection } from './guards/csrf-protection.js';
import { Gatekeeper } from './guards/gatekeeper.js';
import { SessionGatekeeper } from './guards/session-gatekeeper.js';
import { CookieGuard, SessionGuard, TokenGuard } from './guards/session.guard.js';
import { type AddressOf, peerOf } from './live/address-of.js';
import { LIVE } from './live/live-providers.js';
import { PasswordStrategy } from './login/password.strategy.js';
import type { ResourceServerOptions } from './resource-server/resource-server-options.js';
import { ResourceServerModule } from './resource-server/resource-server.module.js';
import { SessionRuntime } from './session-runtime.js';
import { Signals } from './signals/signals.js';
import { ResponseHeaders } from './transport/response-headers.js';
import { FormerCookies } from './upgrade/former-cookies.js';
import { VisitorGuard } from './visitors/visitor.guard.js';
import { Visitors } from './visitors/visitors.js';

/** The options of {@link SessionModule}: those of the protocol, and the adapters of the host. */
export interface SessionModuleOptions extends SessionOptions {
  /** Where sessions live. Default: in the memory of this process, for development and single instances. */
  readonly store?: SessionStore;
  /** Where attempts are counted. Default: in the memory of this process; with several instances use the store's. */
  readonly counters?: Counters;
  /** The users of the application. Needed by the controllers that take a password. */
  readonly accounts?: Accounts;
  /**
   * Where a handshake of a socket comes from: no HTTP framework has judged what a proxy says of it. Behind a proxy, say which header counts.
   * Default: the peer of the connection.
   */
  readonly addressOf?: AddressOf;
}

/** What stands beside the options, and must be known before they are. */
export interface SessionModuleExtras {
  /** Guards every route of the application with {@link SessionGuard}; `@Public()` opens single ones. Default: false. */
  readonly guard?: boolean;
  /** Which of the library's controllers to mount. Default: {@link SESSION_CONTROLLERS}. */
  readonly controllers?: readonly Type[];
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<SessionModuleOptions>()
  .setClassMethodName('forRoot')
  .setExtras<SessionModuleExtras>({ guard: false, controllers: SESSION_CONTROLLERS }, (definition, extras) => ({
    ...definition,
    global: true,
    controllers: [...(extras.controllers ?? SESSION_CONTROLLERS)],
    providers: [...(definition.providers ?? []), ...(extras.guard ? [{ provide: APP_GUARD, useExisting: SessionGuard }] : [])],
  }))
  .build();

const logger = new Logger('SessionModule');

/** Options are resolved, and their faults reported together, before the first request. */
async function createRuntime(given: SessionModuleOptions): Promise<SessionRuntime> {
  const options = resolveOptions(given);
  const core = await createSessionCore(options, {
    store: given.store ?? new MemorySessionStore(),
    clock: given.clock,
    counters: given.counters ?? new MemoryCounters(),
    onEvent: given.onEvent,
    audit: given.audit,
    telemetry: given.telemetry,
    onAuditTrouble: (error, failures) => logger.error(`${AUDIT_FAILS} (${failures} times by now; ${reasonOf(error)})`),
    onFormerTrouble: (fault) => logger.error(`${FORMER_IS_NOBODYS} userOf ${fault}.`),
  });
  const { store, clock } = core;
  const { accounts } = given;
  const fence = (userId: string) => core.sessions.fence(userId);
  const passwords = accounts && new PasswordCheck(accounts, fence, core.throttle, core.devices, clock, core.emit);
  return { options, core, store, clock, accounts, passwords, addressOf: given.addressOf ?? peerOf };
}

const AUDIT_FAILS = 'An audit sink or listener fails: entries are missing from it.';

const FORMER_IS_NOBODYS = 'Of some former sessions it cannot be said whose they are, and nobody is logged in by them:';

const FEED_IS_AWAY =
  'The feed of changes cannot be listened to, and is tried again: until then copies are dropped by the bound of `revocation` alone.';

const KEYS_ARE_AWAY =
  'The stored signing keys cannot be looked at, and are tried again: until then those that were seen last are used, and none is made.';

const RELAY_IS_STUCK =
  'The journal cannot be relayed, and is tried again: until then what a crashed instance has left behind is not carried out.';

/** A store's error says only that it is away; why stands in its cause. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return reason instanceof Error ? reason.message : 'unknown error';
}

const providers: Provider[] = [
  { provide: SessionRuntime, useFactory: createRuntime, inject: [MODULE_OPTIONS_TOKEN] },
  { provide: SessionService, useFactory: (runtime: SessionRuntime) => runtime.core.sessions, inject: [SessionRuntime] },
  { provide: TokenService, useFactory: (runtime: SessionRuntime) => runtime.core.tokens, inject: [SessionRuntime] },
  { provide: DpopBinding, useFactory: (runtime: SessionRuntime) => runtime.core.dpop, inject: [SessionRuntime] },
  { provide: SessionInspector, useFactory: (runtime: SessionRuntime) => runtime.core.inspector, inject: [SessionRuntime] },
  { provide: LoginThrottle, useFactory: (runtime: SessionRuntime) => runtime.core.throttle, inject: [SessionRuntime] },
  { provide: SessionStore, useFactory: (runtime: SessionRuntime) => runtime.store, inject: [SessionRuntime] },
  { provide: Audit, useFactory: (runtime: SessionRuntime) => runtime.core.audit, inject: [SessionRuntime] },
  { provide: SigningKeyFollower, useFactory: (runtime: SessionRuntime) => runtime.core.keyFollower, inject: [SessionRuntime] },
  { provide: LiveSessions, useFactory: (runtime: SessionRuntime) => runtime.core.live, inject: [SessionRuntime] },
  { provide: StoreHealth, useFactory: (runtime: SessionRuntime) => runtime.core.health, inject: [SessionRuntime] },
  { provide: APP_FILTER, useClass: SessionErrorFilter },
  Answers,
  CsrfExemptions,
  CsrfProtection,
  FormerCookies,
  {
    provide: Gatekeeper,
    useFactory: (runtime: SessionRuntime, csrf: CsrfProtection, headers: ResponseHeaders, former: FormerCookies) =>
      new SessionGatekeeper(runtime, csrf, headers, former),
    inject: [SessionRuntime, CsrfProtection, ResponseHeaders, FormerCookies],
  },
  ...LIVE,
  OAuthClients,
  ResponseHeaders,
  Signals,
  PasswordStrategy,
  SessionGuard,
  CookieGuard,
  TokenGuard,
  VisitorGuard,
  Visitors,
];

/**
 * Sessions for a Nest application: `SessionModule.forRoot({ ... })`, or `forRootAsync` with a factory. Global, so that guards and
 * services can be used everywhere. Answers its own errors; leaves those of the host alone.
 */
@Module({
  imports: [DiscoveryModule],
  providers,
  exports: [
    SessionRuntime,
    SessionService,
    TokenService,
    DpopBinding,
    LoginThrottle,
    SessionInspector,
    SessionStore,
    StoreHealth,
    SigningKeyFollower,
    Audit,
    Answers,
    CsrfProtection,
    FormerCookies,
    Gatekeeper,
    LiveSessions,
    ...LIVE,
    OAuthClients,
    ResponseHeaders,
    Signals,
    SessionGuard,
    CookieGuard,
    TokenGuard,
    VisitorGuard,
    Visitors,
  ],
})
export class SessionModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  /**
   * For a service that has no sessions of its own, and only verifies the access tokens of an application that has: the same guards and
   * decorators, by what that application says.
   */
  static forResourceServer(options: ResourceServerOptions): DynamicModule {
    return ResourceServerModule.of(options);
  }

  constructor(
    private readonly runtime: SessionRuntime,
    private readonly store: SessionStore,
    private readonly exemptions: CsrfExemptions,
  ) {
    super();
  }

  /**
   * Says at boot which protections are given up, and what makes the store unfit to hold sessions; a store that is away says it in
   * every answer. The feed of changes is not waited for: without it a revocation is known by the bound.
   */
  async onApplicationBootstrap(): Promise<void> {
    this.runtime.core.feed.start((error) => logger.warn(`${FEED_IS_AWAY} (${reasonOf(error)})`));
    this.runtime.core.keyFollower?.start((error) => logger.warn(`${KEYS_ARE_AWAY} (${reasonOf(error)})`));
    this.runtime.core.relay?.start((error) => logger.warn(`${RELAY_IS_STUCK} (${reasonOf(error)})`));
    const notices = [...optionNotices(this.runtime.options), ...this.exemptions.notices(), ...this.store.notices()];
    for (const notice of notices) logger.warn(notice);
    const faults = await this.store.faults().catch(() => []);
    for (const fault of faults) logger.warn(fault);
  }

  /**
   * Before the server closes, since a host may close the store's client, or the database of its journal, as soon as that has: this
   * module, being global, comes last. What is revoked from now on is still carried out by whoever revokes.
   */
  async beforeApplicationShutdown(): Promise<void> {
    await this.runtime.core.relay?.close();
    await this.runtime.core.keyFollower?.close();
    await this.runtime.core.feed.close();
  }

  /** Writes that no request waited for are finished, the audit trail's last. A host that closes the store's client itself waits for them first. */
  async onApplicationShutdown(): Promise<void> {
    await this.runtime.core.sessions.settled();
    await this.runtime.core.audit.close();
  }
}
