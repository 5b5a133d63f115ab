import type { Fetch } from '../src/client-options.js';

/** A request as it left the client. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: string | undefined;
  readonly credentials: string | undefined;
}

type Handler = (seen: SeenRequest) => Response | Promise<Response>;

export const API = 'https://api.example';

/** What the next requests to a path meet instead of the server. */
export type Trouble = 'lost request' | 'lost answer' | 'silence' | Response;

/** A token server in memory that decides as ours does: a refresh token and its predecessor get one and the same successor. */
export class ScriptedApi {
  readonly seen: SeenRequest[] = [];
  readonly troubles = new Map<string, Trouble[]>();
  readonly routes = new Map<string, Handler>();
  /** Seconds. */
  expiresIn: number | undefined = 300;
  alive = true;
  generation = 0;
  /** Access tokens that are accepted; all that were issued, unless a test takes some away. */
  readonly accepted = new Set<string>();
  private issued = 0;

  constructor() {
    this.routes.set('POST /auth/token', () => this.grant());
    this.routes.set('POST /auth/reauthenticate', (seen) => this.guarded(seen, () => this.renew()));
    this.routes.set('POST /auth/password', (seen) => this.guarded(seen, () => this.renew()));
    this.routes.set('POST /oauth/revoke', () => {
      this.alive = false;
      this.accepted.clear();
      return json(200, {});
    });
    this.routes.set('POST /oauth/token', (seen) => this.refresh(new URLSearchParams(seen.body).get('refresh_token')));
  }

  readonly fetch: Fetch = async (input, init = {}) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const seen = {
      method: request.method,
      url: url.href,
      path: `${request.method} ${url.pathname}`,
      headers: request.headers,
      body: await request.text(),
      redirect: init.redirect,
      credentials: init.credentials,
    };
    init.signal?.throwIfAborted();
    this.seen.push(seen);
    const trouble = this.troubles.get(seen.path)?.shift();
    if (trouble === 'silence') return untilAborted(init.signal);
    if (trouble === 'lost request') throw new TypeError('fetch failed');
    if (trouble instanceof Response) return trouble;
    const handler = this.routes.get(seen.path) ?? ((one: SeenRequest) => this.guarded(one, () => json(200, { ok: true })));
    const answer = await handler(seen);
    if (trouble === 'lost answer') throw new TypeError('fetch failed');
    return answer;
  };

  /** The requests to a path, as it is written in the routes: `POST /oauth/token`. */
  to(path: string): readonly SeenRequest[] {
    return this.seen.filter((seen) => seen.path === path);
  }

  get refreshes(): readonly SeenRequest[] {
    return this.to('POST /oauth/token');
  }

  /** Ends the session, as an administrator would. */
  revoke(): void {
    this.alive = false;
    this.accepted.clear();
  }

  guarded(seen: SeenRequest, act: () => Response): Response {
    const authorization = seen.headers.get('authorization');
    if (authorization === null) return problem(401, 'not_authenticated', { 'WWW-Authenticate': 'Bearer realm="x"' });
    const [, token = ''] = /^(?:Bearer|DPoP) (.*)$/.exec(authorization) ?? [];
    if (this.accepted.has(token)) return act();
    return problem(401, 'invalid_token', { 'WWW-Authenticate': 'Bearer realm="x", error="invalid_token"' });
  }

  private refresh(token: string | null): Response {
    const [, presented] = /^r(\d+)$/.exec(token ?? '') ?? [];
    const isKnown = presented === String(this.generation) || presented === String(this.generation - 1);
    if (!this.alive || !isKnown) return json(400, { error: 'invalid_grant' });
    this.generation = Number(presented) + 1;
    return this.grant();
  }

  private renew(): Response {
    this.accepted.clear();
    this.generation += 10;
    return this.grant();
  }

  private grant(): Response {
    const accessToken = `a${this.generation}.${++this.issued}`;
    this.accepted.add(accessToken);
    this.alive = true;
    return json(200, {
      access_token: accessToken,
      token_type: 'Bearer',
      ...(this.expiresIn === undefined ? {} : { expires_in: this.expiresIn }),
      refresh_token: `r${this.generation}`,
    });
  }
}

export function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return json(status, { status, code }, { 'Content-Type': 'application/problem+json; charset=utf-8', ...headers });
}

function untilAborted(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')));
  });
}
