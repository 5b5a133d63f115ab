import { Counter, type Registry } from 'prom-client';
import type { PasswordPurpose, SessionEvent } from '../../core/events.js';
import { CHANNELS } from '../../core/record/session-record.js';
import { ALARMS, alarmOf } from './alarms.js';

type CheckOutcome = 'right' | 'wrong' | 'fenced' | 'throttled';

const PURPOSES: readonly PasswordPurpose[] = ['login', 'reauthentication', 'password_change'];
const CHECK_OUTCOMES: readonly CheckOutcome[] = ['right', 'wrong', 'fenced', 'throttled'];
const REFRESH_OUTCOMES = ['rotated', 'replayed', 'healed', 'reused'] as const;

/**
 * Counts events. Every label is one of the few words that the code itself knows; never what a request, a user or a client brought along.
 * What may not happen is there from the start as 0: a rate sees the first one only if it saw none before.
 */
export class EventMetrics {
  private readonly passwords: Counter<'purpose' | 'outcome'>;
  private readonly opened: Counter<'channel'>;
  private readonly ended: Counter<'reason'>;
  private readonly refreshes: Counter<'outcome'>;
  private readonly refusals: Counter<'of' | 'cause'>;
  private readonly throttled: Counter<'limit'>;
  private readonly alarms: Counter<'alarm'>;

  constructor(registers: Registry[], prefix: string) {
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name: `${prefix}${name}`, help, labelNames, registers });
    this.passwords = counter('password_checks_total', 'Passwords that were to be checked.', ['purpose', 'outcome']);
    this.opened = counter('sessions_opened_total', 'Sessions that were opened.', ['channel']);
    this.ended = counter('sessions_ended_total', 'Sessions that were ended; one that expires is not.', ['reason']);
    this.refreshes = counter('refreshes_total', 'Refresh tokens that were presented and recognised.', ['outcome']);
    this.refusals = counter('refusals_total', 'Credentials, sessions and requests that were refused.', ['of', 'cause']);
    this.throttled = counter('throttled_total', 'Attempts that came too early, by the limit that said so.', ['limit']);
    this.alarms = counter('alarms_total', 'What should not happen.', ['alarm']);
    for (const purpose of PURPOSES) for (const outcome of CHECK_OUTCOMES) this.passwords.inc({ purpose, outcome }, 0);
    for (const channel of CHANNELS) this.opened.inc({ channel }, 0);
    for (const outcome of REFRESH_OUTCOMES) this.refreshes.inc({ outcome }, 0);
    for (const alarm of ALARMS) this.alarms.inc({ alarm }, 0);
  }

  count(event: SessionEvent): void {
    const alarm = alarmOf(event);
    if (alarm) this.alarms.inc({ alarm });
    switch (event.type) {
      case 'login.succeeded':
        return this.checked('login', 'right');
      case 'login.failed':
        return this.checked(event.purpose, event.cause === 'fenced' ? 'fenced' : 'wrong');
      case 'login.throttled':
        this.throttled.inc({ limit: event.limit });
        return this.checked(event.purpose, 'throttled');
      case 'anonymous.throttled':
        return this.throttled.inc({ limit: `visitor_${event.limit}` });
      case 'session.renewed':
        if (event.cause === 'reauthenticated') this.checked('reauthentication', 'right');
        return;
      case 'password.changed':
        return this.checked('password_change', 'right');
      case 'session.opened':
        return this.opened.inc({ channel: event.channel });
      case 'anonymous.opened':
        return this.opened.inc({ channel: 'visitor' });
      case 'session.ended':
        return this.ended.inc({ reason: event.reason });
      case 'everyone.ended':
        return this.ended.inc({ reason: 'everyone' }, event.count);
      case 'refresh.rotated':
      case 'refresh.replayed':
      case 'refresh.healed':
      case 'refresh.reused':
        return this.refreshes.inc({ outcome: event.type.slice('refresh.'.length) });
      case 'session.refused':
        return this.refused('session', event.cause);
      case 'access.refused':
        return this.refused('access', event.cause);
      case 'credential.refused':
        return this.refused('credential', event.kind);
      case 'dpop.refused':
        return this.refused('proof', event.cause);
      case 'oauth_client.refused':
        return this.refused('oauth_client', 'credentials');
      case 'session.limit_reached':
        return this.refused('login', 'limit_reached');
      case 'csrf.refused':
        return this.refused('request', 'csrf');
      case 'origin.refused':
        return this.refused('request', 'origin');
      // Counted as alarms alone, or told of what others count, or of no concern to whoever watches over numbers.
      case 'refresh.suspected_sharing':
      case 'client.changed':
      case 'login.stopped':
      case 'login.spraying':
      case 'login.new_device':
      case 'journal.older':
      case 'signing_key.created':
      case 'signing_key.refused':
      case 'signal.undelivered':
      case 'signal.verification_requested':
      case 'session.served_stale':
      case 'impersonation.acted':
      case 'oauth_client.revoked_user':
      case 'rights.changed':
      case 'token.issued':
        return;
    }
  }

  private checked(purpose: PasswordPurpose, outcome: CheckOutcome): void {
    this.passwords.inc({ purpose, outcome });
  }

  private refused(of: string, cause: string): void {
    this.refusals.inc({ of, cause });
  }
}
