import { request } from 'node:http';
import { ApiClient, send, type Answer } from './clients.js';
import type { ProvingKey } from './proving-key.js';

type Body = Parameters<typeof send>[3];

/** What is told from the usual: by default the client's own token, scheme and a new proof by its own key. */
interface Unusual {
  readonly body?: NonNullable<Body>['body'];
  readonly proof?: string | undefined;
  readonly scheme?: string;
  readonly token?: string;
}

/** An API client whose tokens are bound to a key. It believes in the server's public address, and in its clock. */
export class BoundClient {
  accessToken = '';
  refreshToken = '';
  nonce: string | undefined;

  constructor(
    readonly url: string,
    readonly publicUrl: string,
    readonly clock: { now(): number },
    readonly key: ProvingKey,
  ) {}

  /** What a proof of this client is about. */
  subject(method: string, path: string, accessToken?: string) {
    return { method, url: this.publicUrl + path, now: this.clock.now(), accessToken, nonce: this.nonce };
  }

  /** A new proof. */
  proof(method: string, path: string, accessToken?: string, key = this.key): string {
    return key.prove(this.subject(method, path, accessToken));
  }

  async login(username: string, password: string, more: object = {}, proof = this.proof('POST', '/auth/token')): Promise<Answer> {
    const body = { json: { username, password, ...more } };
    return this.keep(await send(this.url, 'POST', '/auth/token', { headers: { DPoP: proof }, body }));
  }

  /** @param proof `null`: none is sent */
  async refresh(
    token = this.refreshToken,
    proof: string | null = this.proof('POST', '/oauth/token'),
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const form = { grant_type: 'refresh_token', refresh_token: token, ...more };
    const headers: Record<string, string> = proof === null ? {} : { DPoP: proof };
    return this.keep(await send(this.url, 'POST', '/oauth/token', { headers, body: { form } }));
  }

  async send(method: string, path: string, unusual: Unusual = {}): Promise<Answer> {
    const { body, scheme = 'DPoP', token = this.accessToken } = unusual;
    const proof = 'proof' in unusual ? unusual.proof : this.proof(method, path, token);
    const headers = { Authorization: `${scheme} ${token}`, ...(proof === undefined ? {} : { DPoP: proof }) };
    return this.keep(await send(this.url, method, path, { headers, ...(body ? { body } : {}) }));
  }

  /** The same client, or who has stolen all its tokens and has another key. */
  as(key = this.key, url = this.url): BoundClient {
    const other = new BoundClient(url, this.publicUrl, this.clock, key);
    other.accessToken = this.accessToken;
    other.refreshToken = this.refreshToken;
    return other;
  }

  private keep(answer: Answer): Answer {
    const tokens = new ApiClient(this.url);
    tokens.keep(answer);
    this.accessToken = tokens.accessToken || this.accessToken;
    this.refreshToken = tokens.refreshToken || this.refreshToken;
    this.nonce = answer.headers.get('dpop-nonce') ?? this.nonce;
    return answer;
  }
}

/** Sends header lines exactly as they are given: twice the same one, too. */
export function sendLines(
  url: string,
  method: string,
  path: string,
  lines: readonly (readonly [name: string, value: string])[],
  body = '',
): Promise<{ readonly status: number; readonly challenge: string; readonly text: string }> {
  const own: Record<string, string> = {
    Host: new URL(url).host,
    'Content-Length': String(Buffer.byteLength(body)),
    'User-Agent': 'node', // as fetch calls itself: the same client
  };
  const headers = [...lines, ...Object.entries(own)].flat();
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, challenge: response.headers['www-authenticate'] ?? '', text }),
      );
    });
    sent.on('error', reject).end(body);
  });
}
