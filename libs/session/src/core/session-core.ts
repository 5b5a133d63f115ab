import { AnonymousSessions } from './anonymous/anonymous-sessions.js';
import { AnonymousThrottle } from './anonymous/anonymous-throttle.js';
import { Audit } from './audit/audit.js';
import { Authenticator } from './authenticator.js';
import { Background } from './background.js';
import { ClientWatch } from './client/client-watch.js';
import type { CoreAdapters } from './core-adapters.js';
import { CredentialIssuer } from './credential-issuer.js';
import type { SessionEvent, SessionEventListener } from './events.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { GatedCounters } from './outage/gated-counters.js';
import { GatedStore } from './outage/gated-store.js';
import { StaleAnswers } from './outage/stale-answers.js';
import { measuredClock } from './outage/measured-clock.js';
import { StoreGate } from './outage/store-gate.js';
import { StoreHealth } from './outage/store-health.js';
import type { Clock } from './ports/clock.js';
import type { Relay } from './ports/relay.js';
import type { SessionStore } from './ports/session-store.js';
import { EndedSessions } from './ended-sessions.js';
import { PasswordEndings } from './password-endings.js';
import { Impersonations } from './impersonation/impersonations.js';
import { NamedActors } from './impersonation/named-actors.js';
import { LastSeen } from './last-seen.js';
import type { Standing } from './live/live-connection.js';
import { LiveSessions } from './live/live-sessions.js';
import { LoginThrottle } from './login/login-throttle.js';
import { RightsChanges } from './rights-changes.js';
import { RecordLookup } from './record-lookup.js';
import { SystemStopwatch } from './ports/stopwatch.js';
import { ChangeFeed } from './revocation/change-feed.js';
import { RecordCopies } from './revocation/record-copies.js';
import { Sealer } from './record/sealer.js';
import { SessionIds } from './record/session-id.js';
import { encodeBase64url } from './secrets/base64url.js';
import { Credentials } from './secrets/credential.js';
import { CsrfTokens } from './secrets/csrf-tokens.js';
import { DeviceSecrets } from './secrets/device-secrets.js';
import { KeyRing } from './secrets/key-ring.js';
import { Refusals } from './refusals.js';
import type { Session } from './session.js';
import { SessionEndings } from './session-endings.js';
import { SessionInspector } from './session-inspector.js';
import { SessionOpener } from './session-opener.js';
import { SessionReader } from './session-reader.js';
import { SessionRenewer } from './session-renewer.js';
import { SessionService } from './session.service.js';
import { TelemetryHub } from './telemetry/telemetry-hub.js';
import { TokenService } from './token-service.js';
import { UserEndings } from './user-endings.js';
import { SessionUpgrades } from './upgrade/session-upgrades.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { ClientAssertions } from './tokens/client-assertions.js';
import { ClientRegistry, DEFAULT_CLIENT_ID } from './tokens/client-registry.js';
import { createDpopBinding } from './tokens/dpop/create-dpop-binding.js';
import type { DpopBinding } from './tokens/dpop/dpop-binding.js';
import { SigningKeys } from './tokens/signing-keys.js';
import { followStoredKeys } from './tokens/stored-keys/follow-stored-keys.js';
import type { SigningKeyFollower } from './tokens/stored-keys/signing-key-follower.js';

/** The protocol, composed: all that a face needs. */
export interface SessionCore {
  /** The given store, behind its gate. */
  readonly store: SessionStore;
  readonly health: StoreHealth;
  readonly clock: Clock;
  readonly sessions: SessionService;
  readonly tokens: TokenService;
  readonly dpop: DpopBinding;
  readonly inspector: SessionInspector;
  /** Where there are sessions of a former system to exchange. */
  readonly upgrades: SessionUpgrades | undefined;
  readonly throttle: LoginThrottle;
  readonly devices: DeviceSecrets;
  readonly clients: ClientRegistry;
  readonly clientAssertions: ClientAssertions;
  readonly signingKeys: SigningKeys;
  /** Where signing keys are stored. Has looked once: the face starts it when the host is up, and closes it with the host. */
  readonly keyFollower: SigningKeyFollower | undefined;
  /** Not looking yet: the face starts it when the host is up, and closes it with the host. */
  readonly live: LiveSessions;
  /** What the credential is worth now that a session was opened with: `token`, if it is one. */
  readonly standing: (session: Session, token?: string) => Promise<Standing>;
  /** Not listening yet: the face starts it when the host is up, and closes it with the host. */
  readonly feed: ChangeFeed;
  /** Of a store with a journal. Not running yet: the face starts it when the host is up, and closes it with the host. */
  readonly relay: Relay | undefined;
  readonly audit: Audit;
  /** Tells the audit trail, and the listener of the host. */
  readonly emit: SessionEventListener;
}

/** Builds the core from its options and adapters. The only place that knows how the parts fit together. */
export async function createSessionCore(options: ResolvedOptions, adapters: CoreAdapters): Promise<SessionCore> {
  const stopwatch = adapters.stopwatch ?? new SystemStopwatch();
  const gate = new StoreGate(stopwatch, options.storeLimits);
  const clock = adapters.clock ?? (await measuredClock(adapters.store, gate));
  const { random, lifetimes, refresh } = options;
  const audit = new Audit(adapters.audit ?? [], clock, random, adapters.onAuditTrouble ?? (() => undefined));
  const telemetry = adapters.telemetry?.length
    ? new TelemetryHub(adapters.telemetry, stopwatch, (action) => audit.attempt(action))
    : undefined;
  const store = new GatedStore(adapters.store, gate, telemetry, adapters.formerEndings ?? options.formerSessions);
  const actors = new NamedActors();
  const emit = (told: SessionEvent) => {
    const event = actors.named(told);
    audit.tell(event);
    audit.attempt(() => adapters.onEvent?.(event)); // a listener that fails must not fail the request it is told of
    telemetry?.happened(event);
  };
  const operation = () => encodeBase64url(random(16));
  // Counts may be kept elsewhere than sessions: what is known of one says nothing of the other.
  const counters = new GatedCounters(adapters.counters, new StoreGate(stopwatch, options.storeLimits), telemetry);
  const ring = new KeyRing(options.keys);
  const ids = new SessionIds(options.slotSecret, random);
  const sealer = new Sealer(ring, random);
  const credentials = new Credentials(ring);
  const csrfTokens = new CsrfTokens(ring, random);
  const signingKeys = await SigningKeys.import(options.signingKeys);
  const keyFollower = await followStoredKeys(options, signingKeys, { ring, clock, random, emit });
  const accessTokens = new AccessTokens(
    signingKeys,
    {
      issuer: options.issuer,
      audience: options.audience,
      defaultClientId: DEFAULT_CLIENT_ID,
      lifetime: lifetimes.accessToken,
      clockTolerance: options.clockTolerance,
    },
    random,
  );
  const clients = new ClientRegistry(options.clients);
  const dpop = createDpopBinding(options, { ring, counters, clients, clock, emit });
  const background = new Background();
  const stale = new StaleAnswers(stopwatch, emit);
  const copies = new RecordCopies(stopwatch, (eviction) => live.tell(eviction));
  const feed = new ChangeFeed(store, copies, clock, telemetry && ((lag) => telemetry.changeHeard(lag)));
  const reader = new SessionReader(new RecordLookup(store, stopwatch), copies, ids, sealer, credentials, accessTokens, actors);
  const issuer = new CredentialIssuer(credentials, accessTokens, csrfTokens);
  const renewer = new SessionRenewer(reader, store, copies, sealer, clock, operation);
  const watch = new ClientWatch(
    background,
    {
      policies: options.onClientChange,
      locate: options.locate,
      end: async (record, { address }) => void (await sessions.revoke(record.id, 'client_changed', { address })),
      moved: (record, client) => renewer.noteClient(record.id, client),
    },
    emit,
  );
  const rules = { refreshWindow: refresh.window };
  const lastSeen = new LastSeen(store, copies, background);
  const live = new LiveSessions(options.liveWithin, clock, stopwatch, ({ record }) => lastSeen.note(record, clock.now()));
  const refusals = new Refusals(store, clock, emit);
  const authenticator = new Authenticator(
    reader,
    store,
    copies,
    clock,
    background,
    lastSeen,
    watch,
    stale,
    rules,
    refusals,
    dpop,
  );
  const relay = store.relay({
    ended: (sessions, reason) => ended.tell(sessions, reason),
    journalIsOlder: (slots) => emit({ type: 'journal.older', at: clock.now(), slots }),
  });
  const ended = new EndedSessions(copies, clock, emit, relay !== undefined);
  const opener = new SessionOpener(store, ids, ring, sealer, clock, random, { lifetimes, limit: options.limit }, operation);
  const sessions: SessionService = new SessionService({
    store,
    clock,
    ids,
    reader,
    authenticator,
    opener,
    renewer,
    issuer,
    accessTokens,
    csrfTokens,
    background,
    copies,
    ended,
    endings: new SessionEndings(store, reader, copies, ended, clock, operation, emit),
    passwordEndings: new PasswordEndings(store, renewer, issuer, ended, clock, emit, (userId, reason, origin) =>
      sessions.revokeAll(userId, { reason, origin }),
    ),
    userEndings: new UserEndings(store, copies, ended, clock, operation),
    impersonations: new Impersonations(reader, opener, accessTokens, clock, emit),
    anonymous: new AnonymousSessions(
      options.anonymous,
      reader,
      store,
      opener,
      renewer,
      credentials,
      new AnonymousThrottle(counters, ring.current('pseudonym'), clock, emit),
      lastSeen,
      ended,
      clock,
      random,
      operation,
      emit,
    ),
    rightsChanges: new RightsChanges(store, renewer, copies, clock, emit, (id, origin) => sessions.revoke(id, 'revoked', origin)),
    feed,
    relay,
    operation,
    emit,
  });
  const tokens = new TokenService(
    reader,
    store,
    issuer,
    authenticator,
    watch,
    clock,
    {
      issuer: options.issuer,
      defaultClientId: DEFAULT_CLIENT_ID,
      refresh,
      onSuspectedSharing: options.onSuspectedSharing,
      end: (id, reason, origin) => sessions.revoke(id, reason, origin),
      forget: (id) => copies.evict(id),
      operation,
    },
    refusals,
    dpop,
    emit,
  );
  const { formerSessions: former } = options;
  const upgrades = former && new SessionUpgrades(former, sessions, reader, issuer, clock, adapters.onFormerTrouble);
  const throttle = new LoginThrottle(counters, options.loginRules, ring.current('pseudonym'), clock);
  const devices = new DeviceSecrets(ring, random);
  const health = new StoreHealth(store, gate, stale);
  telemetry?.begin({
    storeState: () => health.state,
    census: () => store.census(clock.now()),
    auditFailures: () => audit.failures,
  });
  const clientAssertions = new ClientAssertions(clients, options.issuer, counters, clock);
  const inspector = new SessionInspector(store, reader, ring, clock);
  const uses = { sessions, tokens, dpop, inspector, throttle, devices, clients, clientAssertions, signingKeys, keyFollower };
  const standing = (session: Session, token?: string) => reader.standing(session, clock.now(), token);
  return { store, health, clock, ...uses, upgrades, live, standing, feed, relay, audit, emit };
}
