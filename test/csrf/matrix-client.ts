import { Pool } from 'undici';
import type { Carried, Case, Content, Tokens } from './matrix.js';

/** What came of one request. */
export interface Outcome {
  readonly status: number;
  readonly code: unknown;
  readonly setsCookie: boolean;
}

const AT_ONCE = 16;

/** Sends requests as no `fetch` would: headers that stand twice, forbidden ones, any method with any body. */
export class MatrixClient {
  private readonly pool: Pool;

  constructor(
    url: string,
    private readonly cookie: string,
    private readonly tokens: Tokens,
  ) {
    this.pool = new Pool(url, { connections: AT_ONCE });
  }

  /** Sends all, a few at a time; answers in the same order. `body`: the fields beside the token, if it has one. */
  async sendAll(cases: readonly Case[], pathOf: (i: number) => string, fields: Readonly<Record<string, string>> = {}) {
    const outcomes: Outcome[] = [];
    let next = 0;
    const work = async () => {
      for (let i = next++; i < cases.length; i = next++) {
        const one = cases[i];
        if (one) outcomes[i] = await this.send(one, pathOf(i), fields);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return outcomes;
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async send(one: Case, path: string, fields: Readonly<Record<string, string>>): Promise<Outcome> {
    const { query } = one.carried;
    const token = query === undefined ? '' : encodeURIComponent(this.textOf(query));
    const { method } = one;
    const { statusCode, headers, body } = await this.pool.request({
      method,
      path: query === undefined ? path : `${path}?_csrf=${token}&csrfToken=${token}&X-CSRF-Token=${token}&_method=POST`,
      headers: this.headersOf(one),
      body: method === 'GET' || method === 'HEAD' ? null : this.bodyOf(one.content, one.carried, fields),
    });
    const text = await body.text();
    return { status: statusCode, code: codeIn(text), setsCookie: headers['set-cookie'] !== undefined };
  }

  private headersOf({ origin, site, referer, method, override, content, carried }: Case): string[] {
    const pretended = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'POST' : 'GET';
    const lines: (readonly [name: string, value: string])[] = [
      ...origin[0].map((value) => ['Origin', value] as const),
      ...site[0].map((value) => ['Sec-Fetch-Site', value] as const),
      ...referer[0].map((value) => ['Referer', value] as const),
      ...Object.entries(override).map(([name, value]) => [name, value.replace('%', pretended)] as const),
      ...(content.type === undefined ? [] : [['Content-Type', content.type] as const]),
      ...(carried.header ?? []).map((token) => ['X-CSRF-Token', this.textOf(token)] as const),
      ...(this.cookie === '' ? [] : [['Cookie', `__Host-sid=${this.cookie}${this.tokenCookies(carried)}`] as const]),
    ];
    return lines.flat();
  }

  private tokenCookies({ cookie }: Carried): string {
    if (cookie === undefined) return '';
    return ['_csrf', 'csrfToken', 'XSRF-TOKEN', 'X-CSRF-Token'].map((name) => `; ${name}=${this.textOf(cookie)}`).join('');
  }

  private bodyOf({ kind }: Content, { field = [] }: Carried, fields: Readonly<Record<string, string>>): string | null {
    if (kind === 'none') return null;
    const tokens = field.map((token): [string, string] => ['_csrf', this.textOf(token)]);
    const all: [string, string][] = [['never', 'empty'], ...Object.entries(fields), ...tokens];
    if (kind === 'json') return JSON.stringify(Object.fromEntries(all));
    if (kind === 'form') return new URLSearchParams(all).toString();
    const parts = all.map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
    return `${parts.join('')}--x--\r\n`;
  }

  private textOf(token: keyof Tokens | 'empty'): string {
    return token === 'empty' ? '' : this.tokens[token];
  }
}

function codeIn(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
  } catch {
    return undefined;
  }
}
