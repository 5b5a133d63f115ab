import { Authenticator } from './authenticator.js';
import { Background } from './background.js';
import { CredentialIssuer } from './credential-issuer.js';
import type { SessionEvent, SessionEventListener } from './events.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { Clock } from './ports/clock.js';
import type { Counters } from './ports/counters.js';
import type { SessionStore } from './ports/session-store.js';
import { LoginThrottle } from './login/login-throttle.js';
import { RecordLookup } from './record-lookup.js';
import { SystemStopwatch, type Stopwatch } from './ports/stopwatch.js';
import { ChangeFeed } from './revocation/change-feed.js';
import { RecordCopies } from './revocation/record-copies.js';
import { Sealer } from './record/sealer.js';
import { SessionIds } from './record/session-id.js';
import { encodeBase64url } from './secrets/base64url.js';
import { Credentials } from './secrets/credential.js';
import { CsrfTokens } from './secrets/csrf-tokens.js';
import { KeyRing } from './secrets/key-ring.js';
import { SessionOpener } from './session-opener.js';
import { SessionReader } from './session-reader.js';
import { SessionRenewer } from './session-renewer.js';
import { SessionService } from './session.service.js';
import { TokenService } from './token-service.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { ClientRegistry, DEFAULT_CLIENT_ID } from './tokens/client-registry.js';
import { SigningKeys } from './tokens/signing-keys.js';

export interface CoreAdapters {
  readonly store: SessionStore;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly onEvent?: SessionEventListener | undefined;
  /** For judging copies of records; given in tests only. */
  readonly stopwatch?: Stopwatch | undefined;
}

/** The protocol, composed: all that a face needs. */
export interface SessionCore {
  readonly sessions: SessionService;
  readonly tokens: TokenService;
  readonly throttle: LoginThrottle;
  readonly clients: ClientRegistry;
  readonly signingKeys: SigningKeys;
  /** Not listening yet: the face starts it when the host is up, and closes it with the host. */
  readonly feed: ChangeFeed;
  readonly emit: SessionEventListener;
}

/** Builds the core from its options and adapters. The only place that knows how the parts fit together. */
export async function createSessionCore(options: ResolvedOptions, adapters: CoreAdapters): Promise<SessionCore> {
  const { store, clock } = adapters;
  const { random, lifetimes, refresh } = options;
  const emit = quiet(adapters.onEvent);
  const operation = () => encodeBase64url(random(16));
  const ring = new KeyRing(options.keys);
  const ids = new SessionIds(options.slotSecret, random);
  const sealer = new Sealer(ring, random);
  const credentials = new Credentials(ring);
  const csrfTokens = new CsrfTokens(ring, random);
  const signingKeys = await SigningKeys.import(options.signingKeys);
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
  const background = new Background();
  const stopwatch = adapters.stopwatch ?? new SystemStopwatch();
  const copies = new RecordCopies(stopwatch);
  const feed = new ChangeFeed(store, copies, clock);
  const reader = new SessionReader(new RecordLookup(store, stopwatch), copies, ids, sealer, credentials, accessTokens);
  const issuer = new CredentialIssuer(credentials, accessTokens, csrfTokens);
  const authenticator = new Authenticator(
    reader,
    store,
    copies,
    clock,
    background,
    {
      refreshWindow: refresh.window,
      onClientChange: options.onClientChange,
      end: async (record) => void (await sessions.revoke(record.id, 'client_changed')),
    },
    emit,
  );
  const sessions = new SessionService({
    store,
    clock,
    ids,
    reader,
    authenticator,
    opener: new SessionOpener(store, ids, ring, sealer, clock, random, { lifetimes, limit: options.limit }, operation),
    renewer: new SessionRenewer(reader, store, copies, sealer, clock, operation),
    issuer,
    accessTokens,
    csrfTokens,
    background,
    copies,
    feed,
    operation,
    emit,
  });
  const tokens = new TokenService(
    reader,
    store,
    issuer,
    authenticator,
    clock,
    {
      issuer: options.issuer,
      defaultClientId: DEFAULT_CLIENT_ID,
      refresh,
      onSuspectedSharing: options.onSuspectedSharing,
      end: (id, reason) => sessions.revoke(id, reason),
      forget: (id) => copies.evict(id),
      operation,
    },
    emit,
  );
  const throttle = new LoginThrottle(adapters.counters, options.loginRules, ring.current('pseudonym'));
  return { sessions, tokens, throttle, clients: new ClientRegistry(options.clients), signingKeys, feed, emit };
}

/** An audit listener that fails must not fail the request it reports on. */
function quiet(listener: SessionEventListener | undefined): SessionEventListener {
  return (event: SessionEvent) => {
    try {
      listener?.(event);
    } catch {
      // Its own affair: there is no one here to tell.
    }
  };
}
