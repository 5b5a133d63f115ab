import { type Delivery, SignalReceiver } from '../../core/ports/signal-receiver.js';
import type { PushReceiver } from '../../core/signals/signals-options.js';

/** Milliseconds that a delivery may take. */
const DEADLINE = 5_000;
/** What is read of an answer at the most: a receiver that says more has nothing to say. */
const LONGEST_ANSWER = 4_096;
/** RFC 8935 §2.4 and SSF 1.0: what a receiver may have against a token. Anything else it says is not repeated. */
const COMPLAINTS: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_key',
  'invalid_issuer',
  'invalid_audience',
  'authentication_failed',
  'access_denied',
  'invalid_state',
]);

/** Pushes over HTTP (RFC 8935). Redirects are not followed: what the receiver was agreed to be is what is told. */
export class HttpSignalReceiver extends SignalReceiver {
  async deliver(token: string, { url, authorization }: PushReceiver): Promise<Delivery> {
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
        signal: AbortSignal.timeout(DEADLINE),
      });
      // 202 is what the RFC says; others are what receivers say who mean the same.
      if (response.status === 400) return await complaintOf(response);
      await response.body?.cancel(); // else the connection stays taken
      return response.ok ? { outcome: 'accepted' } : { outcome: 'failed', why: `The receiver answers ${response.status}.` };
    } catch (error) {
      return { outcome: 'failed', why: `The receiver cannot be reached (${codeOf(error)}).` };
    }
  }
}

/** A 400 with one of the codes is about this token; without, nobody knows what it is about. */
async function complaintOf(response: Response): Promise<Delivery> {
  const text = await firstOf(response);
  const code = /"err"\s*:\s*"([a-z_]{1,32})"/.exec(text)?.[1];
  if (!COMPLAINTS.has(code)) return { outcome: 'failed', why: 'The receiver answers 400.' };
  return { outcome: 'refused', why: `The receiver refuses a token: ${code}.` };
}

async function firstOf(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > LONGEST_ANSWER) break; // leaving the loop cancels the rest
  }
  return text;
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.name : 'unknown error';
}
