import { decodeJwt } from 'jose';
import { type Agent, request } from 'undici';
import type { Answer, Call, Shown } from './operation.js';
import { passwordOf } from './shared-accounts.js';
import type { Wallet } from './wallet.js';

/** A call that was certainly never taken: nobody listened. It has no place in a history. */
export const NOT_SENT = 'not sent';
/** The answer was lost, or said that the store could not be asked: whether the call acts, and when, nobody knows. */
export const UNKNOWN = 'unknown';

interface Sent {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly json?: object;
  readonly form?: Record<string, string>;
}

interface Got {
  readonly status: number;
  readonly cookie: string | undefined;
  readonly body: unknown;
}

const CREDENTIAL = /^nhs_[cr]_([^.]+\.[^.]+)\.(\d+)\./;

/** Makes the calls of one user's clients over HTTP, and keeps in the wallet what the answers bring. */
export class HttpCalls {
  constructor(
    private readonly wallet: Wallet,
    private readonly agent: Agent,
  ) {}

  async make(call: Call, url: string): Promise<Answer | typeof NOT_SENT | typeof UNKNOWN> {
    const got = await this.send(this.requestOf(call), url);
    if (got === NOT_SENT || got === UNKNOWN) return got;
    if (got.status === 503) return UNKNOWN;
    return (
      this.answerOf(call, got) ?? { type: 'unexpected', what: `HTTP ${got.status} ${JSON.stringify(got.body).slice(0, 200)}` }
    );
  }

  private requestOf(call: Call): Sent {
    switch (call.type) {
      case 'login': {
        const json = {
          username: this.wallet.user,
          password: passwordOf(call.password),
          ...(call.endOthers ? { endOthers: true } : {}),
        };
        return { method: 'POST', path: call.channel === 'browser' ? '/auth/login' : '/auth/token', json };
      }
      case 'refresh':
        return {
          method: 'POST',
          path: '/oauth/token',
          form: { grant_type: 'refresh_token', refresh_token: this.refreshToken(call) },
        };
      case 'revokeToken':
        return { method: 'POST', path: '/oauth/revoke', form: { token: this.refreshToken(call) } };
      case 'check':
        return { method: 'GET', path: '/me', headers: this.headersOf(call.shown) };
      case 'list':
        return { method: 'GET', path: '/auth/sessions', headers: this.headersOf(call.shown) };
      case 'logout':
        return { method: 'POST', path: '/auth/logout', headers: this.headersOf(call.shown) };
      case 'tokenOfCookie':
        return { method: 'POST', path: '/auth/session/token', headers: this.headersOf(call.shown) };
      case 'endOne':
        return { method: 'DELETE', path: `/auth/sessions/${this.held(call.target).id}`, headers: this.headersOf(call.shown) };
      case 'endOthers':
        return { method: 'DELETE', path: '/auth/sessions', headers: this.headersOf(call.shown) };
      case 'endAll':
        return { method: 'POST', path: '/auth/logout-all', headers: this.headersOf(call.shown) };
      case 'reauthenticate': {
        const json = { password: passwordOf(call.password) };
        return { method: 'POST', path: '/auth/reauthenticate', headers: this.headersOf(call.shown), json };
      }
      case 'changePassword': {
        const json = { currentPassword: passwordOf(call.current), newPassword: passwordOf(call.next) };
        return { method: 'POST', path: '/auth/password', headers: this.headersOf(call.shown), json };
      }
    }
  }

  private answerOf(call: Call, { status, cookie, body }: Got): Answer | undefined {
    const isGrant = call.type === 'refresh';
    if (status === (isGrant ? 400 : 401))
      return isGrant && textIn(body, 'error') !== 'invalid_grant' ? undefined : { type: 'refused' };
    if (status === 404 && call.type === 'endOne') return { type: 'notFound' };
    if (status === 409 && call.type === 'login') return { type: 'limitReached' };
    if (status !== 200 && status !== 204) return undefined;
    switch (call.type) {
      case 'check':
        return this.isAbout(body, call.shown) ? { type: 'done' } : undefined;
      case 'logout':
      case 'revokeToken':
      case 'endOne':
        return { type: 'done' };
      case 'endOthers':
      case 'endAll':
        return typeof body === 'object' && body !== null && 'ended' in body
          ? { type: 'ended', count: Number(body.ended) }
          : undefined;
      case 'list':
        return Array.isArray(body)
          ? { type: 'listed', sessions: body.map((one) => this.wallet.nameOf(textIn(one, 'id') ?? '')) }
          : undefined;
      case 'tokenOfCookie':
        return this.issued('browser', undefined, body);
      case 'login':
        return this.issued(call.channel, cookie, body);
      case 'refresh':
        return this.issued('api', undefined, body);
      case 'reauthenticate':
      case 'changePassword':
        return this.issued(call.shown.channel, cookie, body);
    }
  }

  /** Whether a guarded route saw the user and the session that the credential is of. */
  private isAbout(body: unknown, shown: Shown): boolean {
    return textIn(body, 'sub') === this.wallet.user && textIn(body, 'sid') === this.held(shown.session).id;
  }

  /** What was given out: all of it must be of one session and one generation, and always the same. */
  private issued(channel: 'browser' | 'api', cookie: string | undefined, body: unknown): Answer | undefined {
    const [refreshToken, accessToken, csrfToken] = ['refresh_token', 'access_token', 'csrfToken'].map((member) =>
      textIn(body, member),
    );
    const handles = new Set<string>();
    for (const secret of [cookie, refreshToken]) {
      const [, id, generation] = CREDENTIAL.exec(secret ?? '') ?? [];
      if (secret !== undefined) handles.add(`${id} ${generation}`);
    }
    if (accessToken !== undefined) {
      const { sid, gen } = decodeJwt<{ sid: string; gen: number }>(accessToken);
      handles.add(`${sid} ${gen}`);
    }
    const [handle = '', other] = handles;
    const [id = '', text] = handle.split(' ');
    const generation = Number(text);
    if (other !== undefined || !Number.isSafeInteger(generation)) return undefined;
    const wrong = this.wallet.keep(id, channel, generation, {
      ...(cookie === undefined ? {} : { cookie }),
      ...(csrfToken === undefined ? {} : { csrfToken }),
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(accessToken === undefined ? {} : { accessToken }),
    });
    return wrong === undefined
      ? { type: 'issued', session: this.wallet.nameOf(id), generation }
      : { type: 'unexpected', what: wrong };
  }

  private held(name: string) {
    const session = this.wallet.find(name);
    if (!session) throw new Error(`The wallet of ${this.wallet.user} has no ${name}.`);
    return session;
  }

  private secretsOf(session: string, generation: number) {
    return this.held(session).generations.get(generation) ?? {};
  }

  private refreshToken({ session, generation }: { session: string; generation: number }): string {
    return this.secretsOf(session, generation).refreshToken ?? '';
  }

  private headersOf({ kind, session, generation }: Shown): Record<string, string> {
    const { cookie = '', csrfToken = '', accessToken = '' } = this.secretsOf(session, generation);
    return kind === 'cookie'
      ? { cookie: `__Host-sid=${cookie}`, 'x-csrf-token': csrfToken }
      : { authorization: `Bearer ${accessToken}` };
  }

  private async send({ method, path, headers, json, form }: Sent, url: string): Promise<Got | typeof NOT_SENT | typeof UNKNOWN> {
    const type = json ? 'application/json' : 'application/x-www-form-urlencoded';
    const content = json ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
    try {
      const answer = await request(url + path, {
        method,
        headers: { ...headers, ...(content === undefined ? {} : { 'content-type': type }) },
        ...(content === undefined ? {} : { body: content }),
        dispatcher: this.agent,
      });
      const text = await answer.body.text();
      const [, cookie] = /^__Host-sid=([^;]+)/.exec([answer.headers['set-cookie'] ?? []].flat()[0] ?? '') ?? [];
      return { status: answer.statusCode, cookie, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    } catch (error) {
      const wasRefused = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNREFUSED';
      return wasRefused ? NOT_SENT : UNKNOWN;
    }
  }
}

function textIn(body: unknown, member: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Object.entries(body).find(([name]) => name === member)?.[1];
  return typeof value === 'string' ? value : undefined;
}
