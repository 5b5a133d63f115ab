import type { SessionEvent, SessionEventType } from '../../core/events.js';

/** What should not happen in a healthy installation, or hardly ever: each is worth a look by somebody. */
export const ALARMS = [
  'refresh_reused',
  'suspected_sharing',
  'record_tampered',
  'client_changed',
  'account_stopped',
  'password_spraying',
  'signing_key_refused',
  'journal_older',
  'signal_undelivered',
] as const;

type Alarm = (typeof ALARMS)[number];

const ALARM_OF: Partial<Record<SessionEventType, Alarm>> = {
  'refresh.reused': 'refresh_reused',
  'refresh.suspected_sharing': 'suspected_sharing',
  'client.changed': 'client_changed',
  'login.stopped': 'account_stopped',
  'login.spraying': 'password_spraying',
  'signing_key.refused': 'signing_key_refused',
  'journal.older': 'journal_older',
  'signal.undelivered': 'signal_undelivered',
};

/** The alarm that an event is, if it is one. */
export function alarmOf(event: SessionEvent): Alarm | undefined {
  const isTampered = event.type === 'session.refused' && event.cause === 'tampered';
  return isTampered ? 'record_tampered' : ALARM_OF[event.type];
}
