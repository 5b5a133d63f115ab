import type { Credentials, Fetch } from '../client-options.js';

/** Methods that fetch writes in capitals, however they were given (Fetch standard, "normalize a method"). */
const NORMALISED = /^(delete|get|head|options|post|put)$/i;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A request of the application, understood far enough to send it more than once. */
export class OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly signal: AbortSignal | undefined;
  /** Whether its body is still there after it was sent: that of a `Request` is kept for that, a stream given in `init` is not. */
  readonly canRepeat: boolean;
  private readonly headers: Headers;

  constructor(
    private readonly input: string | URL | Request,
    private readonly init: RequestInit,
    base: URL,
  ) {
    const request = requestIn(input);
    const method = init.method ?? request?.method ?? 'GET';
    this.url = new URL(typeof input === 'string' ? input : urlOf(input), base);
    this.method = NORMALISED.test(method) ? method.toUpperCase() : method;
    this.signal = init.signal ?? request?.signal ?? undefined;
    this.headers = new Headers(init.headers ?? request?.headers);
    this.canRepeat = !isStream(init.body);
  }

  /** Whether it only reads (RFC 9110 §9.2.1). */
  get isSafe(): boolean {
    return SAFE.has(this.method);
  }

  /** Whether the caller brings a header, or an own credential, himself. */
  has(header: string): boolean {
    return this.headers.has(header);
  }

  /**
   * Sends it with more headers. Redirects are not followed: not every platform takes the credential off a request that is sent on
   * to another origin, none takes off `DPoP` and `X-CSRF-Token`, and a 307 takes the body along.
   */
  send(fetch: Fetch, more: Readonly<Record<string, string>>, credentials?: Credentials): Promise<Response> {
    const headers = new Headers(this.headers);
    for (const [name, value] of Object.entries(more)) headers.set(name, value);
    const request = requestIn(this.input);
    const asked = this.init.redirect ?? request?.redirect ?? 'follow';
    return fetch(request ? request.clone() : this.url.href, {
      ...this.init,
      ...(credentials && !this.init.credentials ? { credentials } : {}),
      headers,
      redirect: asked === 'follow' ? 'manual' : asked,
    });
  }

  /** Lets go of the body that was kept for a repetition. */
  release(): void {
    const request = requestIn(this.input);
    // Resolves only when the clones are through as well, so nobody waits for it.
    if (request?.body && !request.bodyUsed) void request.body.cancel().catch(() => undefined);
  }
}

function requestIn(input: string | URL | Request): Request | undefined {
  return typeof input === 'object' && 'clone' in input ? input : undefined;
}

function urlOf(input: URL | Request): string {
  return 'href' in input ? input.href : input.url;
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body);
}
