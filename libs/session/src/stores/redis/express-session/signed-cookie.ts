import { createHmac } from 'node:crypto';
import { sameBytes } from '../../../core/secrets/mac.js';

/** Longer than what express-session makes; whatever is longer is none of its cookies. */
const MAX_LENGTH = 1024;

/**
 * The session id in a cookie of express-session, `s:<id>.<HMAC-SHA256 of the id>` percent-encoded, if one of these secrets signed it.
 * Every secret is tried, and compared in constant time.
 */
export function signedSessionId(cookie: string, secrets: readonly string[]): string | undefined {
  const text = cookie.length > MAX_LENGTH ? undefined : decoded(cookie);
  if (!text?.startsWith('s:')) return undefined;
  const end = text.lastIndexOf('.');
  const id = text.slice('s:'.length, end);
  if (end < 0 || id === '') return undefined;
  const signature = Buffer.from(text.slice(end + 1));
  const matches = secrets.map((secret) => sameBytes(Buffer.from(signatureOf(id, secret)), signature));
  return matches.includes(true) ? id : undefined;
}

/** As the package cookie-signature writes it. */
function signatureOf(id: string, secret: string): string {
  return createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
}

function decoded(cookie: string): string | undefined {
  try {
    return decodeURIComponent(cookie);
  } catch {
    return undefined;
  }
}
