import type { Channel } from '../record/session-record.js';

/** The names of OWASP's logging vocabulary that fit what is told here: what monitoring elsewhere is keyed on. */
export const OWASP_EVENTS = [
  'authn_login_success',
  'authn_login_successafterfail',
  'authn_login_fail',
  'authn_login_fail_max',
  'authn_login_lock',
  'authn_password_change',
  'authn_password_change_fail',
  'authn_impossible_travel',
  'authn_token_created',
  'authn_token_revoked',
  'authn_token_reuse',
  'authz_fail',
  'authz_change',
  'authz_admin',
  'crypt_decrypt_fail',
  'excess_rate_limit_exceeded',
  'excess_sessions_exceeded',
  'malicious_csrf',
  'malicious_direct_reference',
  'sensitive_read',
  'session_created',
  'session_renewed',
  'session_expired',
  'session_logout',
  'session_use_after_expire',
  'sys_startup',
  'sys_shutdown',
  'user_created',
  'user_updated',
] as const;

export type OwaspEvent = (typeof OWASP_EVENTS)[number];

/** Whether what was asked for was done; `notice`: nobody asked for anything. */
export type AuditOutcome = 'success' | 'failure' | 'notice';

/** What the audit trail says of one act (ASVS 16.2.1): who, what, when, where, and how it ended. */
export interface AuditFacts {
  /** Milliseconds since the Unix epoch, UTC. */
  readonly at: number;
  /** What happened: the type of a `SessionEvent`, or the host's own. */
  readonly type: string;
  readonly outcome: AuditOutcome;
  /** `warn`: somebody should look at it. */
  readonly level: 'info' | 'warn';
  readonly owasp?: OwaspEvent | undefined;
  /** Whom it concerns. */
  readonly userId?: string | undefined;
  /** Who did it, where that is another than the one it concerns. */
  readonly actorId?: string | undefined;
  readonly sessionId?: string | undefined;
  /** With which session it was done, where that is another than the one it concerns. */
  readonly actorSessionId?: string | undefined;
  readonly channel?: Channel | undefined;
  readonly address?: string | undefined;
  readonly device?: string | undefined;
  /** What was asked for: a route, an object, a door. */
  readonly resource?: string | undefined;
  readonly reason?: string | undefined;
  readonly count?: number | undefined;
}

/** What a host tells of an act of its own; what it leaves out is now, and `info`. */
export type HostFacts = Omit<AuditFacts, 'at' | 'level'> & Partial<Pick<AuditFacts, 'at' | 'level'>>;

/**
 * One entry of the audit trail. Its texts are plain: whatever a client called itself, they can neither begin a line of their own
 * nor steer a terminal.
 */
export interface AuditEntry extends AuditFacts {
  /** Names the entry wherever it is kept. */
  readonly id: string;
}
