/** What introspection says of a token (RFC 7662 §2.2); for anything not alive, `active: false` alone. Times are seconds. */
export type Introspection = { readonly active: false } | LiveToken;

/** What introspection says of a token that would be accepted now. */
export interface LiveToken {
  readonly active: true;
  readonly iss: string;
  readonly sub: string;
  readonly sid: string;
  readonly client_id: string;
  readonly username: string;
  /** The rights of the user as they are now (RFC 9068 §2.2.3.1). */
  readonly roles: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly auth_time: number;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly scope?: string;
  readonly aud?: string;
  readonly jti?: string;
  readonly token_type?: 'Bearer' | 'DPoP';
  /** The key that it is bound to (RFC 9449 §6.2). */
  readonly cnf?: { readonly jkt: string };
}
