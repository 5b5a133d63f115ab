import { type Delivery, SignalReceiver } from '../../core/ports/signal-receiver.js';
import type { PushReceiver } from '../../core/signals/signals-options.js';

/** Milliseconds that a delivery may take. */
const DEADLINE = 5_000;
/** What is read of an answer at the most: a receiver that says more has nothing to say. */
const LONGEST_ANSWER = 4_096;
/** What a receiver may have against a token (RFC 8935 §2.4, SSF 1.0). Its other codes are about us, and hold for every token. */
const ABOUT_THE_TOKEN: ReadonlySet<string> = new Set(['invalid_request', 'invalid_state']);
const ABOUT_US: ReadonlySet<string> = new Set([
  'invalid_key',
  'invalid_issuer',
  'invalid_audience',
  'authentication_failed',
  'access_denied',
]);

/** Pushes over HTTP (RFC 8935). Redirects are not followed: what the receiver was agreed to be is what is told. */
export class HttpSignalReceiver extends SignalReceiver {
  /** @param deadline milliseconds that a delivery may take */
  constructor(private readonly deadline = DEADLINE) {
    super();
  }

  async deliver(token: string, { url, authorization }: PushReceiver, signal: AbortSignal): Promise<Delivery> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/secevent+jwt',
          Accept: 'application/json',
          ...(authorization === undefined ? {} : { Authorization: authorization }),
        },
        body: token,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.deadline)]),
      });
      return deliveryOf(response.status, await beginningOf(response));
    } catch (error) {
      return { outcome: 'failed', why: `The receiver cannot be reached (${codeOf(error)}).` };
    }
  }
}

/** 202 is what the RFC says. Of others that mean well only those without a word: a page to log in at is a 200 as well. */
function deliveryOf(status: number, body: string): Delivery {
  if (status === 202 || ((status === 200 || status === 204) && body === '')) return { outcome: 'accepted' };
  const code = /"err"\s*:\s*"([a-z_]{1,32})"/.exec(body)?.[1] ?? '';
  if (status === 400 && ABOUT_THE_TOKEN.has(code)) return { outcome: 'refused', why: `The receiver refuses a token: ${code}.` };
  const said = ABOUT_US.has(code) ? `: ${code}` : ''; // what else it says is not repeated
  return { outcome: 'failed', why: `The receiver answers ${status}${said}.` };
}

async function beginningOf(response: Response): Promise<string> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= LONGEST_ANSWER) break; // which lets go of the rest, and of the connection
  }
  return text;
}

/** What the system or the runtime calls it; never its message, which may hold what it likes. */
function codeOf(error: unknown): string {
  const cause = member(error, 'cause') ?? error;
  const names = [member(cause, 'code'), member(cause, 'name')];
  return names.find((name) => typeof name === 'string') ?? 'unknown error';
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
