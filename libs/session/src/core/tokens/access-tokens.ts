import { compactVerify, CompactSign } from 'jose';
import { BoundedMap } from '../bounded-map.js';
import { isSessionId } from '../record/session-id.js';
import type { SessionActor } from '../impersonation/session-actor.js';
import type { SessionRecord } from '../record/session-record.js';
import { decodeBase64url, encodeBase64url } from '../secrets/base64url.js';
import { isLowS, withLowS } from './low-s.js';
import { protectedHeader, type SigningKeys, type VerifyingKey } from './signing-keys.js';

/** The claims of an access token (RFC 9068 §2.2) that this library signs. Times are seconds since the epoch. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly exp: number;
  readonly iat: number;
  /** Never written here, but honoured (ASVS 9.2.1). */
  readonly nbf?: number;
  readonly jti: string;
  readonly client_id: string;
  /** The session: its end is the token's end. */
  readonly sid: string;
  /** The generation of the session's secret that this token belongs to. */
  readonly gen: number;
  readonly auth_time: number;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly scope?: string;
  readonly cnf?: { readonly jkt: string };
  /** Who acts for the user (RFC 8693 §4.1), and with which session of his own. */
  readonly act?: { readonly sub: string; readonly sid: string };
}

export interface AccessTokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** Stands for `client_id` where no client was named: RFC 9068 demands one also for first-party use. */
  readonly defaultClientId: string;
  /** Milliseconds. */
  readonly lifetime: number;
  /** Milliseconds of clock difference that are forgiven at `exp` and `iat`. */
  readonly clockTolerance: number;
}

/** A signed access token and how long it is good for, in seconds. */
export interface IssuedAccessToken {
  readonly token: string;
  readonly expiresIn: number;
}

/** A token whose signature was verified: the whole text, since what ends like it proves nothing. */
interface Verified {
  readonly token: string;
  readonly header: string;
  /** By which it was: what a key signed that has been retired since, or replaced under its name, is not remembered. */
  readonly key: VerifyingKey;
  readonly claims: AccessTokenClaims;
}

const REMEMBERED = 10_000;
/** More than a hundred bits of the signature: no two genuine tokens share them by chance. */
const END_LENGTH = 21;
const MAX_LENGTH = 8_192;

/**
 * Signs and verifies access tokens (RFC 9068). Only the exact texts this server writes are accepted: the header must be, to the
 * letter, the header of a key in the ring, so no algorithm, `kid`, `jku` or `crit` of a stranger is ever looked at (RFC 8725);
 * and every segment must be the one spelling of its bytes. A verified signature is remembered until the token expires; whether
 * its session lives is asked each time.
 */
export class AccessTokens {
  /** By the end of each token: a look-up reads the whole key, and a token is some seven hundred characters. */
  private readonly verified = new BoundedMap<string, Verified>(REMEMBERED);

  constructor(
    private readonly keys: SigningKeys,
    private readonly rules: AccessTokenRules,
    private readonly random: (bytes: number) => Uint8Array,
  ) {}

  /**
   * Signs a token for a session. It never outlives the session's absolute end.
   * @param thumbprint of the key that it is bound to (RFC 9449 §6): of a bound session's own, always
   */
  async issue(
    record: SessionRecord,
    generation: number,
    now: number,
    scope = record.scope,
    thumbprint = record.dpopThumbprint,
    actor?: SessionActor,
  ): Promise<IssuedAccessToken> {
    const issuedAt = Math.floor(now / 1000);
    const expires = Math.floor(Math.min(now + this.rules.lifetime, record.expiresAt) / 1000);
    const claims: AccessTokenClaims = {
      iss: this.rules.issuer,
      aud: this.rules.audience,
      sub: record.userId,
      exp: expires,
      iat: issuedAt,
      jti: encodeBase64url(this.random(16)),
      client_id: record.clientId ?? this.rules.defaultClientId,
      sid: record.id,
      gen: generation,
      auth_time: Math.floor(record.authenticatedAt / 1000),
      acr: record.acr,
      amr: record.amr.split(' '),
      ...(scope ? { scope } : {}),
      ...(actor ? { act: { sub: actor.userId, sid: actor.sessionId } } : {}),
      ...(thumbprint ? { cnf: { jkt: thumbprint } } : {}),
    };
    const { current } = this.keys;
    const signed = await new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader(protectedHeader(current))
      .sign(current.privateKey);
    return { token: current.algorithm === 'ES256' ? withLowS(signed) : signed, expiresIn: expires - issuedAt };
  }

  /** The claims of a genuine token, expired or not; `undefined` for anything this server did not sign. */
  async read(token: string): Promise<AccessTokenClaims | undefined> {
    const end = token.slice(-END_LENGTH);
    const known = this.verified.get(end);
    if (known?.token === token && this.keys.named(known.header) === known.key) return known.claims;
    const header = token.slice(0, Math.max(0, token.indexOf('.')));
    const key = this.keys.named(header);
    const claims = key && (await this.verifySignature(token, key));
    if (!claims || claims.iss !== this.rules.issuer || claims.aud !== this.rules.audience) return undefined;
    this.verified.set(end, { token, header, key, claims });
    return claims;
  }

  /** Whether a text can be a token at all: three segments, not too long. */
  hasForm(token: string): boolean {
    return token.length <= MAX_LENGTH && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
  }

  /** Whether a token of that form names a key that is not in the ring. */
  isByUnknownKey(token: string): boolean {
    return !this.keys.named(token.slice(0, token.indexOf('.')));
  }

  /** Whether a genuine token is within its time. */
  isCurrent(claims: AccessTokenClaims, now: number): boolean {
    const { clockTolerance } = this.rules;
    const hasBegun = claims.iat * 1000 <= now + clockTolerance + 1000 && (claims.nbf ?? 0) * 1000 <= now + clockTolerance;
    return hasBegun && now < claims.exp * 1000 + clockTolerance;
  }

  private async verifySignature(token: string, key: VerifyingKey): Promise<AccessTokenClaims | undefined> {
    if (token.length > MAX_LENGTH) return undefined;
    const [, payload = '', signature = '', more] = token.split('.');
    const proof = decodeBase64url(signature);
    if (more !== undefined || !decodeBase64url(payload) || !proof) return undefined;
    if (key.algorithm === 'ES256' && !isLowS(proof)) return undefined;
    try {
      const { payload: bytes } = await compactVerify(token, key.publicKey);
      const claims = JSON.parse(Buffer.from(bytes).toString('utf8')) as AccessTokenClaims;
      return isComplete(claims) ? claims : undefined;
    } catch {
      return undefined;
    }
  }
}

/** The same key may sign other things elsewhere: a signature alone does not make an access token of ours. */
function isComplete(claims: Partial<AccessTokenClaims>): claims is AccessTokenClaims {
  return (
    typeof claims.sub === 'string' &&
    typeof claims.sid === 'string' &&
    isSessionId(claims.sid) &&
    typeof claims.client_id === 'string' &&
    typeof claims.jti === 'string' &&
    Number.isSafeInteger(claims.gen) &&
    Number.isSafeInteger(claims.exp) &&
    Number.isSafeInteger(claims.iat) &&
    (claims.nbf === undefined || Number.isSafeInteger(claims.nbf)) &&
    (claims.act === undefined || isActor(claims.act)) &&
    (claims.scope === undefined || typeof claims.scope === 'string')
  );
}

function isActor(act: Partial<NonNullable<AccessTokenClaims['act']>> | null): boolean {
  return typeof act?.sub === 'string' && typeof act.sid === 'string' && isSessionId(act.sid);
}
