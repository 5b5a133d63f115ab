import type { SessionInspection } from './session-inspector.js';

const WORDS: Readonly<Record<SessionInspection['state'], string>> = {
  live: 'The session lives. What is refused is a credential that is not its present one, or a request it has no right to.',
  expired: 'The session has reached its end by time. Its user logs in again.',
  tampered: 'The stored record is not what this server sealed: somebody has edited the store. The session cannot be used again.',
  actor_ended:
    'Somebody acted for the user in it, and the session of that person has ended, or has changed its secret or its roles.',
  key_gone:
    'The key of its secrets is not in SESSION_KEYS: put it back until its sessions have ended, or have its user log in again.',
  ended: 'The session was ended, for the reason that is given. Its user logs in again.',
  unknown: 'There is no such session, and nothing is known of one: it ended long ago, or there never was one.',
};

/** What a state of a session means, and what can be done about it, for the person who is asked. */
export function inspectionInWords(state: SessionInspection['state']): string {
  return WORDS[state];
}
