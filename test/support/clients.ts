/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; an empty object where it is none. */
  readonly body: Record<string, unknown>;
}

type Body = { readonly json: unknown } | { readonly form: Record<string, string> } | undefined;

/** One request without any memory of others. */
export async function send(
  url: string,
  method: string,
  path: string,
  given: { readonly headers?: Record<string, string>; readonly body?: Body } = {},
): Promise<Answer> {
  const { body } = given;
  const type = body && ('json' in body ? 'application/json' : 'application/x-www-form-urlencoded');
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...(type ? { 'Content-Type': type } : {}), ...given.headers },
    ...(body ? { body: 'json' in body ? JSON.stringify(body.json) : new URLSearchParams(body.form).toString() } : {}),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

/** A text member of an answer's body. */
export function textOf(answer: Answer, member: string): string {
  const value = answer.body[member];
  if (typeof value !== 'string')
    throw new Error(`The answer (${answer.status}) has no text "${member}": ${answer.text.slice(0, 200)}`);
  return value;
}

/** A `Set-Cookie` of the device, and its value. */
export const DEVICE_COOKIE = /^__Host-sid-device=([^;]*)/;

/** The device cookie of an answer, as it would be sent back. */
export function deviceCookieOf(answer: Answer): string {
  const [cookie] = answer.headers.getSetCookie().flatMap((line) => DEVICE_COOKIE.exec(line)?.[0] ?? []);
  if (!cookie) throw new Error(`The answer (${answer.status}) sets no device cookie.`);
  return cookie;
}

/** A browser: keeps the session cookie and the CSRF token. */
export class Browser {
  cookie = '';
  csrfToken = '';

  constructor(
    readonly url: string,
    private readonly cookieName = '__Host-sid',
  ) {}

  async login(username: string, password: string, more: object = {}): Promise<Answer> {
    return this.keep(await this.send('POST', '/auth/login', { json: { username, password, ...more } }));
  }

  async send(method: string, path: string, body?: Body, headers: Record<string, string> = {}): Promise<Answer> {
    const cookie: Record<string, string> = this.cookie ? { Cookie: `${this.cookieName}=${this.cookie}` } : {};
    const csrf: Record<string, string> = this.csrfToken && method !== 'GET' ? { 'X-CSRF-Token': this.csrfToken } : {};
    return this.keep(
      await send(this.url, method, path, { headers: { ...cookie, ...csrf, ...headers }, ...(body ? { body } : {}) }),
    );
  }

  /** The same browser talking to another instance of the application. */
  at(url: string): Browser {
    const other = new Browser(url, this.cookieName);
    other.cookie = this.cookie;
    other.csrfToken = this.csrfToken;
    return other;
  }

  private keep(answer: Answer): Answer {
    for (const line of answer.headers.getSetCookie()) {
      const [, value] = new RegExp(`^${this.cookieName}=([^;]*)`).exec(line) ?? [];
      if (value !== undefined) this.cookie = value;
    }
    if (typeof answer.body['csrfToken'] === 'string') this.csrfToken = answer.body['csrfToken'];
    return answer;
  }
}

/** An API client: keeps its token pair. */
export class ApiClient {
  accessToken = '';
  refreshToken = '';

  constructor(readonly url: string) {}

  async login(username: string, password: string, more: object = {}): Promise<Answer> {
    return this.keep(await send(this.url, 'POST', '/auth/token', { body: { json: { username, password, ...more } } }));
  }

  async refresh(token = this.refreshToken, more: Record<string, string> = {}): Promise<Answer> {
    const form = { grant_type: 'refresh_token', refresh_token: token, ...more };
    return this.keep(await send(this.url, 'POST', '/oauth/token', { body: { form } }));
  }

  send(method: string, path: string, body?: Body, token = this.accessToken): Promise<Answer> {
    return send(this.url, method, path, { headers: { Authorization: `Bearer ${token}` }, ...(body ? { body } : {}) });
  }

  /** The same client talking to another instance of the application. */
  at(url: string): ApiClient {
    const other = new ApiClient(url);
    other.accessToken = this.accessToken;
    other.refreshToken = this.refreshToken;
    return other;
  }

  keep(answer: Answer): Answer {
    const { access_token: access, refresh_token: refresh } = answer.body;
    if (typeof access === 'string') this.accessToken = access;
    if (typeof refresh === 'string') this.refreshToken = refresh;
    return answer;
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
