import { CompactSign } from 'jose';
import type { AuditEntry } from '../audit/audit-entry.js';
import type { SigningKeys } from '../tokens/signing-keys.js';
import { SECURITY_EVENTS, securityEventOf } from './security-events.js';
import type { SignalStream } from './signals-options.js';

/** What a signal is called (`jti`): by its entry and its stream, since each stream is told of it by a token of its own. */
export function signalName(entryId: string, stream: string): string {
  return `${entryId}.${stream}`;
}

/**
 * Signs Security Event Tokens (RFC 8417) as SSF 1.0 §11.1 profiles them: typed `secevent+jwt`, one event, with `sub_id` and with neither
 * `sub` nor `exp`, so that nobody takes one for an access token. Signed by the keys of the access tokens.
 */
export class SecurityEventTokens {
  constructor(
    private readonly keys: SigningKeys,
    private readonly issuer: string,
    private readonly passwordChanges: ReadonlySet<string>,
  ) {}

  /**
   * What a stream is told of an entry; `undefined` when nothing. The same each time, but for the signature.
   * @param at when the entry came into the stream, in milliseconds since the Unix epoch
   * @throws StoreUnavailableError while no key can sign
   */
  async sign(
    entry: AuditEntry,
    { id, audience, events = SECURITY_EVENTS }: SignalStream,
    at: number,
  ): Promise<string | undefined> {
    const { issuer, passwordChanges } = this;
    const event = securityEventOf(entry, { issuer, stream: id, events, passwordChanges });
    if (!event) return undefined;
    const claims = {
      iss: issuer,
      jti: signalName(entry.id, id),
      iat: Math.floor(at / 1000),
      aud: audience,
      sub_id: event.subject,
      events: { [event.uri]: event.claims },
    };
    const { current } = this.keys;
    return new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: current.algorithm, typ: 'secevent+jwt', kid: current.kid })
      .sign(current.privateKey);
  }
}
