import { describe, expect, it } from '@jest/globals';
import { auditFactsOf } from '../audit/audit-facts.js';
import type { AuditEntry } from '../audit/audit-entry.js';
import type { SessionEvent } from '../events.js';
import type { EndReason } from '../record/session-record.js';
import { type SecurityEventRules, SECURITY_EVENTS, securityEventOf } from './security-events.js';

const rules: SecurityEventRules = {
  issuer: 'https://app.example',
  stream: 'a',
  events: SECURITY_EVENTS,
  passwordChanges: new Set(['password.changed']),
};
const about = { at: 1_999, sessionId: 's', userId: 'u' };
const entry = (event: SessionEvent): AuditEntry => ({ id: 'id', ...auditFactsOf(event) });
const claimsOf = (event: SessionEvent) => securityEventOf(entry(event), rules)?.claims;
const ended = (reason: EndReason, actorId?: string) =>
  claimsOf({ ...about, type: 'session.ended', reason, ...(actorId ? { actorId } : {}) })?.['initiating_entity'];

describe('what others are told of an entry of the audit trail', () => {
  it.each<[EndReason, string]>([
    ['logout', 'user'],
    ['logout_all', 'user'],
    ['password_changed', 'user'],
    ['evicted', 'policy'],
    ['reuse', 'policy'],
    ['client_changed', 'policy'],
    ['administrator', 'admin'],
    ['password_reset', 'admin'],
    ['revoked', 'system'],
  ])('names who had a session ended: %s, %s', (reason, initiator) => {
    expect(ended(reason)).toBe(initiator);
    expect(ended(reason, 'somebody else')).toBe('admin');
  });

  it('calls it the user’s own doing when somebody ends another of his sessions', () => {
    const own = { ...about, type: 'session.ended', reason: 'revoked', actorSessionId: 'another' } as const;
    expect(claimsOf(own)?.['initiating_entity']).toBe('user');
  });

  it('tells the second in which it happened', () => {
    expect(claimsOf({ ...about, type: 'password.changed' })?.['event_timestamp']).toBe(1);
  });

  it.each<SessionEvent>([
    { ...about, type: 'session.opened', channel: 'api', address: '192.0.2.1', device: 'curl' },
    { ...about, type: 'session.refused', cause: 'gone', address: '' },
    { at: 1, type: 'login.failed', cause: 'credentials', purpose: 'login', userId: 'u', address: '' },
    { at: 1, type: 'signal.verification_requested', clientId: 'c', stream: 'another', address: '' },
  ])('is nothing: $type', (event) => {
    expect(securityEventOf(entry(event), rules)).toBeUndefined();
  });

  it('is nothing of a visitor, who was nobody', () => {
    const { userId: _, ...visitor } = entry({ ...about, type: 'session.ended', reason: 'replaced' });
    expect(securityEventOf(visitor, rules)).toBeUndefined();
  });

  it('is nothing where the trail says that it was not done', () => {
    expect(securityEventOf({ ...entry({ ...about, type: 'password.changed' }), outcome: 'failure' }, rules)).toBeUndefined();
  });

  it('holds neither an address nor a device', () => {
    const told = securityEventOf(
      { ...entry({ ...about, type: 'session.ended', reason: 'logout' }), address: '192.0.2.1', device: 'curl' },
      rules,
    );
    expect(JSON.stringify(told)).not.toMatch(/192\.0\.2\.1|curl/);
  });
});
