import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../events.js';
import { auditFactsOf } from './audit-facts.js';

const about = { at: 1, sessionId: 's', userId: 'u' };
const from = { address: '192.0.2.1', device: 'curl' };
const door = { at: 1, purpose: 'login', address: '192.0.2.1' } as const;

describe('what the audit trail says of an event', () => {
  const lines: readonly (readonly [SessionEvent, string])[] = [
    [{ ...about, type: 'session.opened', channel: 'api', ...from }, 'success info session_created'],
    [{ ...about, type: 'session.renewed', cause: 'reauthenticated' }, 'success info session_renewed reauthenticated'],
    [{ ...about, type: 'session.ended', reason: 'logout' }, 'success info session_logout logout'],
    [{ ...about, type: 'session.ended', reason: 'logout_all' }, 'success info session_logout logout_all'],
    [{ ...about, type: 'session.ended', reason: 'revoked' }, 'success info authn_token_revoked revoked'],
    [{ ...about, type: 'session.ended', reason: 'evicted' }, 'success info excess_sessions_exceeded evicted'],
    [{ ...about, type: 'session.ended', reason: 'administrator' }, 'success info session_expired administrator'],
    [{ ...about, type: 'session.ended', reason: 'reuse' }, 'success warn session_expired reuse'],
    [{ ...about, type: 'session.refused', cause: 'gone', address: '' }, 'failure warn session_use_after_expire gone'],
    [
      { ...about, type: 'session.refused', cause: 'gone', ended: 'evicted', address: '' },
      'failure warn session_use_after_expire gone (evicted)',
    ],
    [{ ...about, type: 'session.refused', cause: 'superseded', address: '' }, 'failure warn session_use_after_expire superseded'],
    [{ ...about, type: 'session.refused', cause: 'expired', address: '' }, 'failure info session_expired expired'],
    [{ ...about, type: 'session.refused', cause: 'token_expired', address: '' }, 'failure info - token_expired'],
    [{ ...about, type: 'session.refused', cause: 'tampered', address: '' }, 'failure warn crypt_decrypt_fail tampered'],
    [{ ...about, type: 'session.refused', cause: 'forged', address: '' }, 'failure warn malicious_direct_reference forged'],
    [{ ...about, type: 'session.refused', cause: 'foreign_client', address: '' }, 'failure warn authz_fail foreign_client'],
    [{ ...about, type: 'session.served_stale', age: 5 }, 'notice info - 5 ms old'],
    [{ at: 1, type: 'session.limit_reached', userId: 'u', channel: 'api', ...from }, 'failure warn excess_sessions_exceeded'],
    [{ at: 1, type: 'credential.refused', kind: 'cookie', address: '' }, 'failure warn - cookie'],
    [{ ...about, type: 'access.refused', cause: 'role', address: '', resource: 'r' }, 'failure warn authz_fail role @r'],
    [{ ...about, type: 'access.refused', cause: 'recency', address: '' }, 'failure warn authz_fail recency'],
    [{ ...about, type: 'access.refused', cause: 'foreign', address: '' }, 'failure warn malicious_direct_reference foreign'],
    [{ at: 1, type: 'everyone.ended', count: 3 }, 'success warn session_expired everyone #3'],
    [{ at: 1, type: 'journal.older', slots: 2 }, 'notice warn - #2'],
    [{ ...about, type: 'refresh.rotated', address: '' }, 'success info authn_token_created'],
    [{ ...about, type: 'refresh.reused', address: '' }, 'failure warn authn_token_reuse'],
    [{ ...about, type: 'refresh.suspected_sharing', address: '' }, 'notice warn authn_token_reuse'],
    [{ ...about, type: 'token.issued' }, 'success info authn_token_created'],
    [{ at: 1, type: 'dpop.refused', cause: 'nonce', address: '' }, 'failure info - nonce'],
    [{ at: 1, type: 'dpop.refused', cause: 'signature', address: '' }, 'failure warn authn_login_fail signature'],
    [{ ...about, type: 'dpop.refused', cause: 'replay', address: '' }, 'failure warn authn_token_reuse replay'],
    [{ at: 1, type: 'oauth_client.refused', clientId: 'c', address: '' }, 'failure warn authn_login_fail @c'],
    [{ at: 1, type: 'signal.verification_requested', clientId: 'c', stream: 's', state: 'x', address: '' }, 'notice info - x @s'],
    [{ at: 1, type: 'signal.undelivered', stream: 's', count: 2 }, 'failure warn - @s #2'],
    [
      { ...about, type: 'client.changed', signal: 'travel', policy: 'report', ...from },
      'notice warn authn_impossible_travel travel (report)',
    ],
    [{ ...about, type: 'client.changed', signal: 'network', policy: 'end', ...from }, 'failure warn - network (end)'],
    [
      { at: 1, type: 'rights.changed', userId: 'u', roles: ['admin', 'clerk'], sessions: 2 },
      'success warn authz_change roles: admin clerk #2',
    ],
    [{ ...about, type: 'password.changed' }, 'success info authn_password_change'],
    [{ at: 1, type: 'login.succeeded', userId: 'u', failures: 0, address: '' }, 'success info authn_login_success'],
    [{ at: 1, type: 'login.succeeded', userId: 'u', failures: 2, address: '' }, 'success info authn_login_successafterfail #2'],
    [{ type: 'login.failed', cause: 'credentials', ...door }, 'failure warn authn_login_fail credentials @login'],
    [
      { type: 'login.failed', cause: 'fenced', ...door, purpose: 'password_change' },
      'failure warn authn_password_change_fail fenced @password_change',
    ],
    [{ type: 'login.throttled', limit: 'account', ...door }, 'failure warn authn_login_fail_max account @login'],
    [{ type: 'login.throttled', limit: 'block', ...door }, 'failure warn excess_rate_limit_exceeded block @login'],
    [{ at: 1, type: 'login.stopped', address: '' }, 'notice warn authn_login_lock'],
    [{ at: 1, type: 'login.spraying', address: '', names: 20 }, 'notice warn excess_rate_limit_exceeded #20'],
    [{ ...about, type: 'login.new_device', channel: 'browser', ...from }, 'notice info -'],
    [{ at: 1, type: 'anonymous.opened', sessionId: 's', address: '' }, 'success info session_created anonymous'],
    [{ at: 1, type: 'anonymous.throttled', address: '', limit: 'block' }, 'failure warn excess_rate_limit_exceeded block'],
    [{ at: 1, type: 'csrf.refused', address: '' }, 'failure warn malicious_csrf'],
  ];

  it.each(lines)('%j', (event, line) => {
    const { outcome, level, owasp = '-', reason, resource, count } = auditFactsOf(event);
    const more = [reason, resource && `@${resource}`, count && `#${count}`].filter(Boolean);
    expect([outcome, level, owasp, ...more].join(' ')).toBe(line);
  });

  it('names who, where and with which session', () => {
    const origin = { address: '192.0.2.1', actorId: 'admin', actorSessionId: 't' };
    expect(auditFactsOf({ ...about, type: 'session.ended', reason: 'administrator', ...origin })).toMatchObject({
      ...about,
      ...origin,
      type: 'session.ended',
    });
    expect(auditFactsOf({ ...about, type: 'session.opened', channel: 'api', ...from })).toMatchObject({
      channel: 'api',
      ...from,
    });
  });
});
