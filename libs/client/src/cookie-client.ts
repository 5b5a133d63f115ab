import { surroundingsOf, type ClientOptions, type Surroundings } from './client-options.js';
import { UnexpectedAnswerError } from './client-errors.js';
import { abortable } from './http/abortable.js';
import { OutgoingRequest } from './http/outgoing-request.js';
import { faultOf, OwnRequests, type OwnAnswer } from './http/own-requests.js';
import { codeIn, refusalOf } from './http/refusal.js';
import { LoggedOutListeners, type LoggedOutListener } from './logged-out.js';
import type { LoginFields, SessionClient } from './session-client.js';

/** Who is logged in, as the server told. */
export interface CookieSession {
  readonly user: Readonly<Record<string, unknown>> & { readonly id: string };
  readonly session: Readonly<Record<string, unknown>> & { readonly id: string };
}

interface KnownSession extends CookieSession {
  readonly csrfToken: string;
}

/**
 * A login by cookie, for pages on the same site as the API: the cookie is out of reach of scripts, so it cannot be stolen by one. This
 * client sends the CSRF token along, and asks for a new one where another tab has renewed the session.
 */
export class CookieClient implements SessionClient {
  private readonly surroundings: Surroundings;
  private readonly requests: OwnRequests;
  private readonly listeners: LoggedOutListeners;
  #known: KnownSession | undefined;
  #asking: Promise<KnownSession | undefined> | undefined;

  /** @throws InvalidOptionsError */
  constructor(options: ClientOptions) {
    this.surroundings = surroundingsOf(options);
    this.listeners = new LoggedOutListeners(this.surroundings.clock);
    this.requests = new OwnRequests(this.surroundings);
  }

  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { base, fetch } = this.surroundings;
    const request = new OutgoingRequest(input, init, base);
    if (request.url.origin !== base.origin) return fetch(typeof input === 'string' ? request.url.href : input, init);
    try {
      return await this.sendWithToken(request);
    } finally {
      request.release();
    }
  };

  async login(fields: LoginFields): Promise<void> {
    this.keep('auth/login', await this.post('auth/login', fields));
  }

  async reauthenticate(password: string): Promise<void> {
    this.keep('auth/reauthenticate', await this.postWithToken('auth/reauthenticate', { password }));
  }

  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    this.keep('auth/password', await this.postWithToken('auth/password', { currentPassword, newPassword }));
  }

  async logout(): Promise<void> {
    const answer = await this.postWithToken('auth/logout', {});
    if (!answer.ok) throw faultOf('auth/logout', answer);
    this.drop('logout');
  }

  /** Asks the server who is logged in; `undefined` when nobody is. @throws UnavailableError, UnexpectedAnswerError */
  async session(): Promise<CookieSession | undefined> {
    const known = await this.ask();
    return known && { user: known.user, session: known.session };
  }

  onLoggedOut(listener: LoggedOutListener): () => void {
    return this.listeners.add(listener);
  }

  private async sendWithToken(request: OutgoingRequest): Promise<Response> {
    const before = request.isSafe ? this.#known : (this.#known ?? (await abortable(this.ask(), request.signal)));
    const answer = await this.send(request, before);
    const refusal = answer.status === 401 || answer.status === 403 ? await refusalOf(answer) : undefined;
    if (!isAboutSession(refusal) || (refusal === 'not_authenticated' && !before)) return answer;
    // The request may have left with a cookie that another tab has replaced meanwhile: only a request of now tells whether one is good.
    const now = await abortable(this.ask(), request.signal);
    // another person: what one has begun must not be done in the name of another
    if (!now || (before && before.user.id !== now.user.id) || !request.canRepeat) return answer;
    void answer.body?.cancel().catch(() => undefined);
    return this.send(request, now);
  }

  private send(request: OutgoingRequest, known: KnownSession | undefined): Promise<Response> {
    const token: Record<string, string> = known && !request.isSafe ? { 'X-CSRF-Token': known.csrfToken } : {};
    return request.send(this.surroundings.fetch, token, 'include');
  }

  private post(path: string, json: object, csrfToken?: string): Promise<OwnAnswer> {
    const headers: Record<string, string> = csrfToken === undefined ? {} : { 'X-CSRF-Token': csrfToken };
    return this.requests.send({ method: 'POST', path, json, headers, credentials: 'include' });
  }

  private async postWithToken(path: string, json: object): Promise<OwnAnswer> {
    const before = this.#known ?? (await this.ask());
    const answer = await this.post(path, json, before?.csrfToken);
    if (!isAboutSession(codeIn(answer.body))) return answer;
    const now = await this.ask();
    return now && now.user.id === before?.user.id ? this.post(path, json, now.csrfToken) : answer;
  }

  /** Asks once for all who want to know. */
  private ask(): Promise<KnownSession | undefined> {
    this.#asking ??= this.askServer().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  private async askServer(): Promise<KnownSession | undefined> {
    const answer = await this.requests.send({ method: 'GET', path: 'auth/session', credentials: 'include' });
    if (answer.status !== 401) return this.keep('auth/session', answer);
    if (!isAboutSession(codeIn(answer.body)))
      throw new UnexpectedAnswerError('auth/session answered 401 in an unknown form.', 401);
    this.drop('refused');
    return undefined;
  }

  private keep(path: string, answer: OwnAnswer): KnownSession {
    if (!answer.ok) throw faultOf(path, answer);
    const { user, session, csrfToken } = answer.body;
    if (!isNamed(user) || !isNamed(session) || typeof csrfToken !== 'string') {
      throw new UnexpectedAnswerError(`${path} answered without a session: check the option "url".`, answer.status);
    }
    const before = this.#known;
    this.#known = { user, session, csrfToken };
    if (before && path === 'auth/session' && before.user.id !== user.id) this.listeners.tell('elsewhere');
    return this.#known;
  }

  private drop(reason: 'logout' | 'refused'): void {
    const before = this.#known;
    this.#known = undefined;
    if (before) this.listeners.tell(reason);
  }
}

function isAboutSession(code: string | undefined): boolean {
  return code === 'invalid_session' || code === 'not_authenticated' || code === 'csrf_refused';
}

function isNamed(value: unknown): value is CookieSession['user'] {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}
