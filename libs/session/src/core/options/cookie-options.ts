/** The session cookie (RFC 6265bis). The defaults are the strictest that work; loosen them only for a development host. */
export interface CookieOptions {
  /** Default: `__Host-sid`. */
  readonly name?: string;
  /** Default: true. Only a name without prefix, outside production, may go without. */
  readonly secure?: boolean;
  /** Default: `lax`. */
  readonly sameSite?: 'strict' | 'lax' | 'none';
  /** Only with a name that does not start with `__Host-`. */
  readonly domain?: string;
}

/** Cookie settings with every default in place. `HttpOnly` and `Path=/` are not settings. */
export interface ResolvedCookie {
  readonly name: string;
  /** The cookie by which a browser is known again at its next login. It opens nothing. */
  readonly deviceName: string;
  /** The cookie of a visitor's session. No guard of users looks at it. */
  readonly visitorName: string;
  readonly secure: boolean;
  readonly sameSite: 'Strict' | 'Lax' | 'None';
  readonly domain?: string;
}

/**
 * How long a name may be. Browsers keep a cookie whose name and value have at most 4096 octets together (RFC 6265bis §5.7, ASVS
 * 3.3.5). Of the cookies that are named by it, the device's has the most beside that name: 7 octets of its own, and a value of 98.
 */
export const MAX_COOKIE_NAME = 4_096 - 7 - 98;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;

/** Applies the defaults. */
export function resolveCookie(options: CookieOptions = {}): ResolvedCookie {
  const name = options.name ?? '__Host-sid';
  return {
    name,
    deviceName: `${name}-device`,
    visitorName: `${name}-visitor`,
    secure: options.secure ?? true,
    sameSite: SAME_SITE[options.sameSite ?? 'lax'],
    ...(options.domain ? { domain: options.domain } : {}),
  };
}

/** Where name and attributes contradict each other, or the deployment. Browsers would drop such a cookie silently. */
export function cookieFaults(cookie: ResolvedCookie, production: boolean): string[] {
  const faults: string[] = [];
  const prefixed = /^__(host|secure)-/i.test(cookie.name);
  if (!TOKEN.test(cookie.name)) faults.push(`cookie.name "${cookie.name}" is not a cookie name (RFC 6265 §4.1.1).`);
  if (cookie.name.length > MAX_COOKIE_NAME) {
    faults.push(`cookie.name has ${cookie.name.length} characters: use ${MAX_COOKIE_NAME} at most, or browsers drop the cookie.`);
  }
  if (prefixed && !/^__(Host|Secure)-/.test(cookie.name)) {
    faults.push(`cookie.name "${cookie.name}": write the prefix as __Host- or __Secure-; servers compare it exactly.`);
  }
  if (prefixed && !cookie.secure) {
    faults.push(
      `cookie.name "${cookie.name}" needs cookie.secure: true; for a plain-http development host use a name without prefix.`,
    );
  }
  if (/^__host-/i.test(cookie.name) && cookie.domain) {
    faults.push(`cookie.domain and the __Host- prefix contradict each other: drop the domain, or name the cookie __Secure-…`);
  }
  if (cookie.sameSite === 'None' && !cookie.secure) faults.push('cookie.sameSite "none" needs cookie.secure: true.');
  if (!cookie.secure && production) faults.push('cookie.secure: false is for development only: remove it in production.');
  return faults;
}
