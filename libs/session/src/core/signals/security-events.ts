import type { AuditEntry } from '../audit/audit-entry.js';
import type { EndReason } from '../record/session-record.js';

/** What others are told: OpenID CAEP 1.0 §3.1 and §3.3. */
export type SecurityEventName = 'session-revoked' | 'credential-change';

/** Who had it done (CAEP 1.0 §2). */
type Initiator = 'admin' | 'user' | 'policy' | 'system';

/** A subject identifier (RFC 9493). */
type SubjectIdentifier = Readonly<Record<string, unknown>> & { readonly format: string };

/** What a Security Event Token says, but for who says it, to whom and when. */
export interface SecurityEvent {
  readonly uri: string;
  readonly subject: SubjectIdentifier;
  readonly claims: Readonly<Record<string, unknown>>;
}

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const SESSION_REVOKED = 'session-revoked';
const CREDENTIAL_CHANGE = 'credential-change';
const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

/** All of them. */
export const SECURITY_EVENTS: readonly SecurityEventName[] = [SESSION_REVOKED, CREDENTIAL_CHANGE];

/** Its name on the wire. */
export function securityEventUri(name: SecurityEventName): string {
  return CAEP + name;
}

/** The types of the entries that a stream may be told of. @param passwordChanges those that mean a new password */
export function signalledTypes(events: readonly SecurityEventName[], passwordChanges: Iterable<string>): readonly string[] {
  return [
    'signal.verification_requested',
    ...(events.includes(SESSION_REVOKED) ? ['session.ended', 'everyone.ended'] : []),
    ...(events.includes(CREDENTIAL_CHANGE) ? passwordChanges : []),
  ];
}

/** How an entry is read for a stream. */
export interface SecurityEventRules {
  readonly issuer: string;
  readonly stream: string;
  readonly events: readonly SecurityEventName[];
  /** Types that mean a new password, the library's own included. */
  readonly passwordChanges: ReadonlySet<string>;
}

/** What a stream is told of an entry of the audit trail; `undefined` when nothing. */
export function securityEventOf(entry: AuditEntry, rules: SecurityEventRules): SecurityEvent | undefined {
  const { type, userId, sessionId } = entry;
  if (type === 'signal.verification_requested') return verification(entry, rules.stream);
  if (entry.outcome !== 'success') return undefined;
  if (type === 'everyone.ended') return revoked(entry, rules, { tenant: { format: 'uri', uri: rules.issuer } });
  if (userId === undefined) return undefined; // that of a visitor: nobody was logged in
  const user = { format: 'iss_sub', iss: rules.issuer, sub: userId };
  if (type === 'session.ended' && sessionId !== undefined)
    return revoked(entry, rules, { user, session: { format: 'opaque', id: sessionId } });
  if (!rules.passwordChanges.has(type) || !rules.events.includes(CREDENTIAL_CHANGE)) return undefined;
  const claims = { ...common(entry, 'A new password was set.'), credential_type: 'password', change_type: 'update' };
  return { uri: securityEventUri(CREDENTIAL_CHANGE), subject: user, claims };
}

function revoked(entry: AuditEntry, rules: SecurityEventRules, subject: object): SecurityEvent | undefined {
  if (!rules.events.includes(SESSION_REVOKED)) return undefined;
  const claims = common(entry, `The session was ended: ${entry.reason ?? 'revoked'}.`);
  return { uri: securityEventUri(SESSION_REVOKED), subject: { format: 'complex', ...subject }, claims };
}

/** The opaque id of a stream is what its verification is about (SSF 1.0 §8.1.4.1). */
function verification({ resource, reason }: AuditEntry, stream: string): SecurityEvent | undefined {
  if (resource !== stream) return undefined;
  return {
    uri: VERIFICATION,
    subject: { format: 'opaque', id: stream },
    claims: reason === undefined ? {} : { state: reason },
  };
}

/** What every CAEP event may say (CAEP 1.0 §2); the time in seconds. */
function common(entry: AuditEntry, why: string) {
  return { event_timestamp: Math.floor(entry.at / 1000), initiating_entity: initiatorOf(entry), reason_admin: { en: why } };
}

/** The trail names an actor who is somebody else, and the session of whoever ended another one of his own. */
function initiatorOf({ actorId, actorSessionId, reason }: AuditEntry): Initiator {
  if (actorId !== undefined) return 'admin';
  return actorSessionId === undefined ? (INITIATORS[reason ?? ''] ?? 'user') : 'user';
}

/** Whose doing the end of a session is where the trail names nobody; what is not here is the user's own. */
const INITIATORS: Readonly<Record<string, Initiator>> = {
  revoked: 'system',
  account_disabled: 'admin',
  administrator: 'admin',
  everyone: 'admin',
  password_reset: 'admin',
  evicted: 'policy',
  reuse: 'policy',
  suspected_sharing: 'policy',
  client_changed: 'policy',
} satisfies Partial<Record<EndReason, Initiator>>;
