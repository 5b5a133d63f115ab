import type { Principal } from '../core/ports/accounts.js';
import type { Session } from '../core/session.js';
import { SessionService } from '../core/session.service.js';

/** Where a test finds the service: a Nest application, or a testing module. */
export interface SessionHost {
  get(token: typeof SessionService): SessionService;
}

/** A user as a test wants one: nobody asks whether there is an account. */
export interface ActingUser extends Omit<Principal, 'username' | 'roles'>, Partial<Pick<Principal, 'username' | 'roles'>> {
  readonly userId: string;
}

/** How the user is logged in. */
export interface ActingOptions {
  /** Default: `browser`. */
  readonly channel?: 'browser' | 'api';
  /** The OAuth client, and the space-separated scopes that the session is granted. */
  readonly clientId?: string;
  readonly scope?: string;
  /** Gives a browser session the remembered lifetime. */
  readonly remember?: boolean;
  /** Authentication context class. Default: `aal1`. */
  readonly acr?: string;
  /** Default: that of the module's `cookie` option, `__Host-sid`. */
  readonly cookieName?: string;
  /** What the test's requests bring, where a changed client matters. Default: none, from 127.0.0.1. */
  readonly userAgent?: string;
  readonly address?: string;
}

/** A user who is logged in, and the headers of the requests that he sends. */
export interface Acting {
  readonly session: Session;
  /** `Cookie` and `X-CSRF-Token`, or `Authorization`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Logs a user in without a password, for a test of a guarded route: `fetch(url, { headers: (await actingAs(app, { userId })).headers })`. It is a
 * session like any other, in the store of the application: listed, limited, and ended by whatever ends sessions.
 * @throws SessionLimitError under the `refuse` policy
 */
export async function actingAs(app: SessionHost, user: ActingUser, options: ActingOptions = {}): Promise<Acting> {
  const sessions = app.get(SessionService);
  const { userId, username = userId, roles = [], ...more } = user;
  const { channel = 'browser', cookieName = '__Host-sid', userAgent = '', address = '127.0.0.1', ...opened } = options;
  const fence = await sessions.fence(userId);
  const principal = { ...more, username, roles };
  const issued = await sessions.open({ ...opened, userId, principal, fence, channel, client: { address, userAgent } });
  const { session, credentials } = issued;
  if (credentials.channel === 'api') return { session, headers: { Authorization: `Bearer ${credentials.accessToken}` } };
  return { session, headers: { Cookie: `${cookieName}=${credentials.cookie}`, 'X-CSRF-Token': credentials.csrfToken } };
}
