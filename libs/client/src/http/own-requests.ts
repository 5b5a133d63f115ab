import { RefusedError, UnavailableError, UnexpectedAnswerError } from '../client-errors.js';
import type { Credentials, Surroundings } from '../client-options.js';
import { codeIn } from './refusal.js';
import { retryAfterOf } from './retry-after.js';

/** What this client asks for itself. */
export interface OwnRequest {
  readonly method: 'GET' | 'POST';
  /** Below the option `url`. */
  readonly path: string;
  readonly json?: object;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly credentials?: Credentials;
}

/** An answer, read to its end. */
export interface OwnAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Headers;
  /** The members of its JSON object; empty where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Milliseconds, from `Retry-After`. */
  readonly retryAfter: number | undefined;
}

/** Sends the client's own requests: each within the timeout, each read to its end, none redirected. */
export class OwnRequests {
  constructor(private readonly surroundings: Surroundings) {}

  urlOf(path: string): URL {
    return new URL(path, this.surroundings.base);
  }

  /** @throws UnavailableError when no whole answer came; the request may have arrived, and may still be under way */
  async send({ method, path, json, form, headers, credentials }: OwnRequest): Promise<OwnAnswer> {
    const { fetch, clock, timeout } = this.surroundings;
    const controller = new AbortController();
    const cancel = clock.after(timeout, () => controller.abort());
    const type = json ? 'application/json' : form && 'application/x-www-form-urlencoded';
    try {
      const answer = await fetch(this.urlOf(path).href, {
        method,
        headers: { Accept: 'application/json', ...(type ? { 'Content-Type': type } : {}), ...headers },
        ...(json ? { body: JSON.stringify(json) } : {}),
        ...(form ? { body: new URLSearchParams(form).toString() } : {}),
        ...(credentials ? { credentials } : {}),
        redirect: 'manual',
        signal: controller.signal,
      });
      const body = membersOf(await answer.text());
      const retryAfter = retryAfterOf(answer.headers, clock.wall());
      return { status: answer.status, ok: answer.ok, headers: answer.headers, body, retryAfter };
    } catch (cause) {
      throw new UnavailableError(`No answer from ${method} ${path}: try again.`, undefined, { cause });
    } finally {
      cancel();
    }
  }
}

/** What an answer that is not the wished one means to the person who waits for it. */
export function faultOf(path: string, { status, body, retryAfter }: OwnAnswer): Error {
  const code = codeIn(body);
  const seconds = retryAfter === undefined ? undefined : Math.ceil(retryAfter / 1000);
  if (status >= 500) return new UnavailableError(`The server answered ${status} to ${path}: try again later.`, seconds);
  if (status >= 400 && code !== undefined) return new RefusedError(status, code, seconds);
  if (status === 429) return new UnavailableError(`The server answered 429 to ${path}: try again later.`, seconds);
  return new UnexpectedAnswerError(`${path} answered ${status} in an unknown form: check the option "url".`, status);
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
