import type { JWK } from 'jose';
import type { Clock } from '../ports/clock.js';
import type { SessionLimit } from '../ports/session-store.js';
import type { SessionEventListener } from '../events.js';
import type { Lifetime } from '../record/lifetimes.js';
import type { Revocation } from '../revocation/freshness.js';
import type { CookieOptions } from './cookie-options.js';
import type { LifetimePreset, Lifetimes } from './lifetime-presets.js';

/** Single lifetimes that differ from the preset. Milliseconds: `{ browser: { idle: minutes(20) } }`. */
export type LifetimeOverrides = {
  readonly [K in keyof Lifetimes]?: Lifetimes[K] extends Lifetime ? Partial<Lifetime> : number;
};

/** An OAuth client (RFC 6749 §2). Without a secret it is public: its refresh tokens rotate, and its id is only a name. */
export interface OAuthClient {
  readonly id: string;
  /** Makes the client confidential: it authenticates at `/oauth/token`, `/oauth/revoke` and may use `/oauth/introspect`. */
  readonly secret?: string;
  /** What a session of this client is granted. */
  readonly scopes?: readonly string[];
}

/** How often a password may be tried. `window` in milliseconds. */
export interface LoginLimits {
  /** Per submitted name, known or not. */
  readonly account: { readonly limit: number; readonly window: number };
  /** Per client address. */
  readonly address: { readonly limit: number; readonly window: number };
}

/** What a host application chooses. Validated once, at boot; every fault is reported together. Durations are milliseconds. */
export interface SessionOptions {
  /** Where browsers and clients reach this application: `https://app.example`. Also the issuer of its tokens (RFC 8414 §2). */
  readonly publicUrl: string;
  /** Who access tokens are for. Default: `publicUrl`. */
  readonly audience?: string;
  /** The key ring: base64url texts of 32 random bytes or more. The first makes, all accept. */
  readonly keys: readonly string[];
  /** Private JWKs with `kid` (Ed25519, EC P-256, RSA >= 3072 bits). The first signs, all verify and are published. */
  readonly signingKeys: readonly JWK[];
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
  /** What a session presented by another user agent does. Default: `report`; never a reason to refuse by itself. */
  readonly onClientChange?: 'ignore' | 'report' | 'revoke';
  /** Forgiven clock difference at the edges of an access token. Default: 0, since one server signs and verifies. */
  readonly clockTolerance?: number;
  /** Registered clients. Without any, every client is public and its id only a name. */
  readonly clients?: readonly OAuthClient[];
  readonly cookie?: CookieOptions;
  /** Further origins whose pages may send unsafe requests with the cookie: `https://admin.example`. */
  readonly trustedOrigins?: readonly string[];
  /** Default: 10 per account and 100 per address in 15 minutes. */
  readonly loginLimits?: LoginLimits | 'off';
  /** Whether a request that only reads may be answered from a copy of its record, and how old. Default: `strict`. `@RevocationMode` overrides it. */
  readonly revocation?: Revocation;
  /** Tightens the checks on these options. Default: whether `NODE_ENV` is `production`. */
  readonly production?: boolean;
  /** Takes the audit events. */
  readonly onEvent?: SessionEventListener;
  /** For tests. Default: the store's own clock, followed by a measured offset. */
  readonly clock?: Clock;
}
