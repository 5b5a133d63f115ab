import { OWASP_EVENTS, SESSION_EVENT_TYPES, type OwaspEvent } from 'nestjs-hybrid-session';

/** What the application does itself, beside the library, and what that is called in OWASP's logging vocabulary. */
export const APP_ACTS = {
  'app.started': 'sys_startup',
  'app.stopped': 'sys_shutdown',
  'user.created': 'user_created',
  'user.disabled': 'user_updated',
  'user.enabled': 'user_updated',
  'user.password_reset': 'user_updated',
  'user.roles_changed': 'user_updated',
  'user.email_changed': 'user_updated',
  'admin.users_read': 'sensitive_read',
  'admin.sessions_read': 'sensitive_read',
  'admin.audit_read': 'sensitive_read',
  'admin.session_explained': 'sensitive_read',
  'admin.impersonated': 'authz_admin',
  'admin.sessions_ended': 'authz_admin',
  'admin.session_ended': 'authz_admin',
  'admin.everyone_ended': 'authz_admin',
} as const satisfies Record<string, OwaspEvent>;

export type AppAct = keyof typeof APP_ACTS;

/** What the trail says of itself. */
const OF_THE_TRAIL = ['audit.pruned', 'audit.damaged', 'audit.lost'];

/** Everything that the type of an entry can be asked for: its own, or its name in OWASP's vocabulary. */
export const AUDIT_TYPES: ReadonlySet<string> = new Set([
  ...Object.keys(APP_ACTS),
  ...SESSION_EVENT_TYPES,
  ...OF_THE_TRAIL,
  ...OWASP_EVENTS,
]);
