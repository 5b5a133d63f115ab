import { SystemClientClock, type ClientClock } from './client-clock.js';
import { InvalidOptionsError } from './client-errors.js';

/** What both clients need to know. */
export interface ClientOptions {
  /**
   * Where the API is, such as `https://api.example`. Credentials go to this origin and to no other. A path in it, such as
   * `https://example.com/api/`, is where `auth/…` and `oauth/…` are looked for.
   */
  readonly url: string;
  /** Allows `http:` to hosts other than this device, for development. Tokens can then be read by everybody on the way. */
  readonly allowHttp?: boolean;
  /** How long one request of the client's own (login, refresh, logout) may take, in milliseconds. Default: 10,000. */
  readonly timeout?: number;
  /** Sends the requests. Default: the platform's `fetch`. */
  readonly fetch?: Fetch;
  /** For tests. */
  readonly clock?: ClientClock;
  /** From 0 up to 1, to spread retries. For tests. */
  readonly random?: () => number;
}

/** The part of `fetch` that all platforms share. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Whether cookies go along. */
export type Credentials = NonNullable<RequestInit['credentials']>;

/** The options with everything filled in. */
export interface Surroundings {
  readonly base: URL;
  readonly timeout: number;
  readonly fetch: Fetch;
  readonly clock: ClientClock;
  readonly random: () => number;
}

const TIMEOUT = 10_000;
const THIS_DEVICE = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/** @throws InvalidOptionsError */
export function surroundingsOf(options: ClientOptions): Surroundings {
  return {
    base: baseOf(options),
    timeout: options.timeout ?? TIMEOUT,
    // called as a function of its own: browsers refuse their fetch as a method of another object
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    clock: options.clock ?? new SystemClientClock(),
    random: options.random ?? Math.random,
  };
}

function baseOf({ url, allowHttp }: ClientOptions): URL {
  const base = parsed(url);
  const isSafe = base.protocol === 'https:' || (base.protocol === 'http:' && (allowHttp || THIS_DEVICE.test(base.hostname)));
  if (!isSafe) throw new InvalidOptionsError('The option "url" must be https; for development elsewhere set "allowHttp".');
  if (base.search || base.hash || base.username || base.password) {
    throw new InvalidOptionsError('The option "url" must be an address alone: without query, fragment, user name and password.');
  }
  return base.pathname.endsWith('/') ? base : new URL(`${base.pathname}/`, base);
}

function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new InvalidOptionsError('The option "url" must be the full address of the API, such as https://api.example.');
  }
}
