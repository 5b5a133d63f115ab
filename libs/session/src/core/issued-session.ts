import type { Session } from './session.js';

/** What a browser is given: the cookie's value, and the CSRF token for its unsafe requests. */
export interface BrowserCredentials {
  readonly channel: 'browser';
  readonly cookie: string;
  /** Seconds the cookie should live; absent for a cookie that ends with the browser. The server's clock decides, never this. */
  readonly maxAge?: number;
  readonly csrfToken: string;
}

/** What an API or mobile client is given (RFC 6749 §5.1). */
export interface ApiCredentials {
  readonly channel: 'api';
  readonly accessToken: string;
  /** `DPoP`: both tokens are bound to a key, and good with proofs by it alone (RFC 9449). */
  readonly tokenType: 'Bearer' | 'DPoP';
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly scope?: string;
}

/** A session with the new credentials for it. They are nowhere else: not in the store, not in an event. */
export interface IssuedSession {
  readonly session: Session;
  readonly credentials: BrowserCredentials | ApiCredentials;
}
