import type { AccessRefusalCause, RefusalCause, SessionEvent } from '../events.js';
import type { EndReason } from '../record/session-record.js';
import type { DpopRefusal } from '../tokens/dpop/presented-proof.js';
import type { AuditFacts, AuditOutcome, OwaspEvent } from './audit-entry.js';

/** What an entry says beside whom and where. */
type Verdict = Pick<AuditFacts, 'outcome' | 'level' | 'owasp' | 'reason' | 'resource' | 'count'>;

type More = Pick<Verdict, 'reason' | 'resource' | 'count'>;

/** What the audit trail says of an event. */
export function auditFactsOf(event: SessionEvent): AuditFacts {
  const about: Partial<AuditFacts> = event;
  const { userId, actorId, sessionId, actorSessionId, channel, address, device } = about;
  return {
    at: event.at,
    type: event.type,
    ...verdictOf(event),
    userId,
    actorId,
    sessionId,
    actorSessionId,
    channel,
    address,
    device,
  };
}

/** Every event has its line here: one that has none does not compile. */
function verdictOf(event: SessionEvent): Verdict {
  switch (event.type) {
    case 'session.opened':
      return told('success', 'session_created');
    case 'session.renewed':
      return told('success', 'session_renewed', { reason: event.cause });
    case 'session.ended':
      return { ...told('success', ENDED[event.reason] ?? 'session_expired', { reason: event.reason }), ...levelOf(event.reason) };
    case 'session.refused':
      return {
        ...suspicious('failure', REFUSED[event.cause], { reason: event.ended ? `${event.cause} (${event.ended})` : event.cause }),
        ...refusalLevelOf(event.cause),
      };
    case 'session.served_stale':
      return told('notice', undefined, { reason: `${event.age} ms old` });
    case 'session.limit_reached':
      return suspicious('failure', 'excess_sessions_exceeded');
    case 'credential.refused':
      return suspicious('failure', undefined, { reason: event.kind });
    case 'access.refused':
      return suspicious('failure', ACCESS[event.cause], { reason: event.cause, resource: event.resource });
    case 'impersonation.acted':
      return suspicious('notice', undefined, { resource: event.resource });
    case 'everyone.ended':
      return suspicious('success', 'session_expired', { reason: 'everyone', count: event.count });
    case 'journal.older':
      return suspicious('notice', undefined, { count: event.slots });
    case 'signing_key.created':
      return told('success', undefined, { reason: event.algorithm, resource: event.kid });
    case 'signing_key.refused':
      return suspicious('failure', 'crypt_decrypt_fail', { resource: event.kid });
    case 'refresh.rotated':
    case 'refresh.replayed':
    case 'refresh.healed':
    case 'token.issued':
      return told('success', 'authn_token_created');
    case 'refresh.reused':
      return suspicious('failure', 'authn_token_reuse');
    case 'refresh.suspected_sharing':
      return suspicious('notice', 'authn_token_reuse');
    case 'dpop.refused':
      if (event.cause === 'nonce') return told('failure', undefined, { reason: event.cause });
      return suspicious('failure', STOLEN.has(event.cause) ? 'authn_token_reuse' : 'authn_login_fail', { reason: event.cause });
    case 'oauth_client.refused':
      return suspicious('failure', 'authn_login_fail', { resource: event.clientId });
    case 'oauth_client.revoked_user':
      return suspicious('success', 'authn_token_revoked', { resource: event.clientId, count: event.count });
    case 'signal.verification_requested':
      return told('notice', undefined, { resource: event.stream, reason: event.state });
    case 'signal.undelivered':
      return suspicious('failure', undefined, { resource: event.stream, count: event.count });
    case 'client.changed': {
      const refused = event.policy === 'end' || event.policy === 'stepUp';
      const owasp = event.signal === 'travel' ? 'authn_impossible_travel' : undefined;
      return suspicious(refused ? 'failure' : 'notice', owasp, { reason: `${event.signal} (${event.policy})` });
    }
    case 'rights.changed':
      return suspicious('success', 'authz_change', { reason: `roles: ${event.roles.join(' ')}`, count: event.sessions });
    case 'password.changed':
      return told('success', 'authn_password_change');
    case 'login.succeeded': {
      const owasp = event.failures > 0 ? 'authn_login_successafterfail' : 'authn_login_success';
      return told('success', owasp, event.failures > 0 ? { count: event.failures } : {});
    }
    case 'login.failed': {
      const owasp = event.purpose === 'password_change' ? 'authn_password_change_fail' : 'authn_login_fail';
      return suspicious('failure', owasp, { reason: event.cause, resource: event.purpose });
    }
    case 'login.throttled': {
      const isAccount = event.limit === 'account' || event.limit === 'stop';
      const owasp = isAccount ? 'authn_login_fail_max' : 'excess_rate_limit_exceeded';
      return suspicious('failure', owasp, { reason: event.limit, resource: event.purpose });
    }
    case 'login.stopped':
      return suspicious('notice', 'authn_login_lock');
    case 'login.spraying':
      return suspicious('notice', 'excess_rate_limit_exceeded', { count: event.names });
    case 'login.new_device':
      return told('notice', undefined);
    case 'anonymous.opened':
      return told('success', 'session_created', { reason: 'anonymous' });
    case 'anonymous.throttled':
      return suspicious('failure', 'excess_rate_limit_exceeded', { reason: event.limit });
    case 'csrf.refused':
    case 'origin.refused':
      return suspicious('failure', 'malicious_csrf');
  }
}

/** Endings that are more than the end of a session. */
const ENDED: Partial<Record<EndReason, OwaspEvent>> = {
  logout: 'session_logout',
  logout_all: 'session_logout',
  revoked: 'authn_token_revoked',
  evicted: 'excess_sessions_exceeded',
};

/** The use of a session that was ended on purpose is told from the return of somebody who was away for too long. */
const REFUSED: Partial<Record<RefusalCause, OwaspEvent>> = {
  gone: 'session_use_after_expire',
  superseded: 'session_use_after_expire',
  expired: 'session_expired',
  tampered: 'crypt_decrypt_fail',
  forged: 'malicious_direct_reference',
  foreign_client: 'authz_fail',
  actor_ended: 'session_use_after_expire',
};

const ACCESS: Record<AccessRefusalCause, OwaspEvent> = {
  role: 'authz_fail',
  scope: 'authz_fail',
  acr: 'authz_fail',
  recency: 'authz_fail',
  impersonation: 'authz_fail',
  foreign: 'malicious_direct_reference',
};

/** What a client meets that has got hold of another's token or proof. */
const STOLEN: ReadonlySet<DpopRefusal> = new Set(['bearer', 'key', 'ath', 'replay', 'htu', 'htm']);

const THEFT: ReadonlySet<EndReason> = new Set(['reuse', 'suspected_sharing', 'client_changed']);

/** What happens to everybody all the time. */
const ORDINARY: ReadonlySet<RefusalCause> = new Set(['expired', 'token_expired']);

function levelOf(reason: EndReason): Pick<Verdict, 'level'> {
  return { level: THEFT.has(reason) ? 'warn' : 'info' };
}

function refusalLevelOf(cause: RefusalCause): Pick<Verdict, 'level'> {
  return { level: ORDINARY.has(cause) ? 'info' : 'warn' };
}

function told(outcome: AuditOutcome, owasp: OwaspEvent | undefined, more: More = {}): Verdict {
  return { outcome, level: 'info', owasp, ...more };
}

function suspicious(outcome: AuditOutcome, owasp: OwaspEvent | undefined, more: More = {}): Verdict {
  return { ...told(outcome, owasp, more), level: 'warn' };
}
