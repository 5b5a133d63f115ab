import type { JWK } from 'jose';
import type { AnonymousLimits } from '../anonymous/anonymous-limits.js';
import type { ClientPolicies } from '../client/client-policies.js';
import type { AuditSink } from '../ports/audit-sink.js';
import type { Clock } from '../ports/clock.js';
import type { SigningKeyStore } from '../ports/signing-key-store.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { SigningAlgorithm } from '../tokens/signing-keys.js';
import type { FormerSessions } from '../ports/former-sessions.js';
import type { Locate } from '../ports/locate.js';
import type { SessionLimit } from '../ports/session-store.js';
import type { SessionEventListener } from '../events.js';
import type { Lifetime } from '../record/lifetimes.js';
import type { SessionData } from '../session-types.js';
import type { Revocation } from '../revocation/freshness.js';
import type { CookieOptions } from './cookie-options.js';
import type { SignalsOptions } from '../signals/signals-options.js';
import type { LoginLimits } from '../login/login-limits.js';
import type { LifetimePreset, Lifetimes } from './lifetime-presets.js';

/** Single lifetimes that differ from the preset. Milliseconds: `{ browser: { idle: minutes(20) } }`. */
export type LifetimeOverrides = {
  readonly [K in keyof Lifetimes]?: Lifetimes[K] extends Lifetime ? Partial<Lifetime> : number;
};

/** An OAuth client (RFC 6749 §2). With neither secret nor keys it is public: its id is only a name. */
export interface OAuthClient {
  readonly id: string;
  /** Makes the client confidential: it authenticates at `/oauth/token`, `/oauth/revoke` and may use `/oauth/introspect`. */
  readonly secret?: string;
  /**
   * Public JWKs, instead of a secret: the client authenticates by an assertion that it signs (`private_key_jwt`, RFC 7523). Several
   * need a `kid` each.
   */
  readonly keys?: readonly JWK[];
  /** What a session of this client is granted. */
  readonly scopes?: readonly string[];
  /** Whether its tokens are always bound to a key (RFC 9449 §5.2 `dpop_bound_access_tokens`). Default: as its logins ask for it. */
  readonly dpopBound?: boolean;
  /** Whether it may end all sessions of any user (Global Token Revocation). Give it to one client that does nothing else. Default: false. */
  readonly mayRevokeUsers?: boolean;
}

/** How the keys of a `signingKeyStore` are made and replaced. */
export interface KeyRotationOptions {
  /** Of keys that are made from now on. Default: `Ed25519`. */
  readonly algorithm?: SigningAlgorithm;
  /** Milliseconds for which each key signs. Default: 90 days; `never`: until somebody rotates them. */
  readonly every?: number | 'never';
}

/** What is done about tokens that are bound to a key (RFC 9449), and are of no use to a thief without it. */
export type DpopMode =
  /** No proof is looked at, and nothing is bound. Sessions that were bound before have to log in again. */
  | 'off'
  /** A login with a proof gets bound tokens, any other one bearer tokens. */
  | 'accepted'
  /** Only bound tokens are issued and taken. Cookies are not concerned. */
  | 'required';

/** How tokens are bound to a key (RFC 9449). */
export interface DpopOptions {
  /** Default: `accepted`. */
  readonly mode?: DpopMode;
  /**
   * Whether each proof must carry a nonce of this server, so that nobody can make proofs ahead of time: one request more, now and then. Then
   * they tell the time of a proof, and a client's clock may be wrong. Default: false.
   */
  readonly nonces?: boolean;
  /** Further origins under which clients reach this application: `https://api.example`. A proof names one of them. Default: that of `publicUrl` alone. */
  readonly origins?: readonly string[];
}

/** Single limits that differ from the defaults: `{ account: { free: 3 } }`. */
export type LoginLimitOverrides = {
  readonly [K in keyof LoginLimits]?: LoginLimits[K] extends number ? number : Partial<LoginLimits[K]>;
};

/** Sessions for visitors who have not logged in: a cart, a draft. */
export interface AnonymousOptions {
  /**
   * What of a visitor's data the session begins with that the visitor then logs in to. It was written by whoever had the cookie before, who
   * may be somebody else: judge it as input. Default: nothing is carried over.
   */
  readonly carryOver?: (data: SessionData) => SessionData;
  /** Single limits that differ from {@link ANONYMOUS_LIMITS}. */
  readonly limits?: Partial<AnonymousLimits>;
}

/** What bounds the harm of a store that is slow or away: beyond either, the answer is 503. */
export interface StoreLimits {
  /** Milliseconds that one call of the store may take. An adapter may have a shorter deadline of its own. */
  readonly deadline?: number;
  /** Questions to the store under way at which a further one is refused at once. */
  readonly underWay?: number;
}

/** What a host application chooses. Validated once, at boot; every fault is reported together. Durations are milliseconds. */
export interface SessionOptions {
  /** Where browsers and clients reach this application: `https://app.example`. Also the issuer of its tokens (RFC 8414 §2). */
  readonly publicUrl: string;
  /** Who access tokens are for. Default: `publicUrl`. */
  readonly audience?: string;
  /** The key ring: base64url texts of 32 random bytes or more. The first makes, all accept. */
  readonly keys: readonly string[];
  /**
   * Private JWKs with `kid` (Ed25519, EC P-256, RSA >= 3072 bits). The first signs, all verify and are published. Needed unless there is a
   * `signingKeyStore`: beside one they sign until its first key does, and verify for as long as they are given.
   */
  readonly signingKeys?: readonly JWK[];
  /** Keeps signing keys for all instances, sealed with `keys`, which are made and replaced by themselves. Default: `signingKeys` are all there are. */
  readonly signingKeyStore?: SigningKeyStore;
  /** How the keys of the store are made and replaced. */
  readonly keyRotation?: KeyRotationOptions;
  /** Makes the slot in session ids unlinkable to user ids. Must never change: a new one ends every session. Default: from `publicUrl`. */
  readonly slotSecret?: string;
  /** Default: `standard`. */
  readonly preset?: LifetimePreset;
  readonly lifetimes?: LifetimeOverrides;
  /** From when the refresh window counts. `rotation` only where resource servers verify offline. Default: `use`. */
  readonly windowFrom?: 'use' | 'rotation';
  /** Sessions per user and channel. Default: the preset's. */
  readonly limit?: SessionLimit | 'unlimited';
  /** What three replayed generations in a row do. Default: `report`. */
  readonly onSuspectedSharing?: 'report' | 'revoke';
  /**
   * What a session does that another kind of program presents, or one from another network (IPv4 /24, IPv6 /48), or from farther away than
   * anyone travels since it was last seen. Default: user agent and travel are reported, networks ignored.
   */
  readonly onClientChange?: Partial<ClientPolicies>;
  /** Finds the place of an address. Without it no journey is judged. */
  readonly locate?: Locate;
  /** Forgiven clock difference at the edges of an access token. Default: 0, since one server signs and verifies. */
  readonly clockTolerance?: number;
  /** Context classes that this application's logins and re-authentications can reach, told to clients (RFC 9470 §7). Default: `['aal1']`. */
  readonly acrValues?: readonly string[];
  /** Registered clients. Without any, every client is public and its id only a name. */
  readonly clients?: readonly OAuthClient[];
  readonly dpop?: DpopOptions;
  readonly cookie?: CookieOptions;
  /** The sessions of the system that this one takes the place of: exchanged for ours, so that nobody is logged out. Default: none. */
  readonly formerSessions?: FormerSessions;
  /** Default: visitors have no session. */
  readonly anonymous?: AnonymousOptions;
  /** Further origins whose pages may send unsafe requests with the cookie: `https://admin.example`. */
  readonly trustedOrigins?: readonly string[];
  /** What differs from `LOGIN_LIMITS`: 5 tries per name, then one at a time after 30 s, 1 min, ... 1 h; a stop after 100 failures. */
  readonly loginLimits?: LoginLimitOverrides | 'off';
  /** Whether a request that only reads may be answered from a copy of its record, and how old. Default: `strict`. `@RevocationMode` overrides it. */
  readonly revocation?: Revocation;
  /**
   * How long a live connection (a socket, a stream of events, a subscription) may outlast its session where no feed of changes tells of its
   * end, and go on while the store cannot be asked: 1 second to 1 minute. Default: 5 seconds.
   */
  readonly liveWithin?: number;
  /** How long a call of the store may take, and how many may wait. Default: 2 s, and 1,000. */
  readonly storeLimits?: StoreLimits;
  /** Tightens the checks on these options. Default: whether `NODE_ENV` is `production`. */
  readonly production?: boolean;
  /** Takes each event as it happens, for what the host does about it: a mail about a new device, say. */
  readonly onEvent?: SessionEventListener;
  /** Where the audit trail is kept: one entry for each event, and for what the host records by `Audit`. Default: nowhere. */
  readonly audit?: readonly AuditSink[];
  /** Who is told how the sessions and their store do: metrics, traces. Default: nobody, and nothing is measured. */
  readonly telemetry?: readonly Telemetry[];
  /** Whom else ended sessions and changed passwords are told, by OpenID CAEP. Default: nobody. */
  readonly signals?: SignalsOptions;
  /** For tests. Default: the store's own clock, followed by a measured offset. */
  readonly clock?: Clock;
}
