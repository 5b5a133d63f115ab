import type { Channel, EndReason } from './record/session-record.js';

interface About {
  readonly sessionId: string;
  readonly userId: string;
}

/**
 * What happened, for the audit trail (ASVS 16.3). No event ever carries a credential, a password or a user name that was typed.
 * One type per cause: outcomes that look alike from outside are told apart here.
 */
export type SessionEvent = { readonly at: number } & (
  | ({ readonly type: 'session.opened'; readonly channel: Channel; readonly address: string; readonly device: string } & About)
  | ({ readonly type: 'session.renewed'; readonly cause: 'reauthenticated' | 'password_changed' } & About)
  | ({ readonly type: 'session.ended'; readonly reason: EndReason } & About)
  | { readonly type: 'session.refused'; readonly sessionId: string; readonly cause: RefusalCause; readonly address: string }
  | { readonly type: 'everyone.ended'; readonly count: number }
  | ({ readonly type: 'refresh.rotated' | 'refresh.replayed' | 'refresh.healed' } & About)
  | ({ readonly type: 'refresh.reused' | 'refresh.suspected_sharing' } & About)
  | ({ readonly type: 'client.changed'; readonly address: string; readonly device: string } & About)
  | { readonly type: 'rights.changed'; readonly userId: string; readonly sessions: number }
  | { readonly type: 'login.failed'; readonly userId?: string; readonly address: string }
  | { readonly type: 'login.throttled'; readonly userId?: string; readonly address: string }
  | {
      readonly type: 'csrf.refused' | 'origin.refused';
      readonly userId?: string;
      readonly sessionId?: string;
      readonly address: string;
    }
);

/** Why a credential for a session was refused. The holder learns only that it was. */
export type RefusalCause =
  /** There is no such session, or it has ended or expired. */
  | 'gone'
  /** The secret is not the session's: a guess, or made under keys that have left the ring. */
  | 'forged'
  /** Replaced on purpose by a re-authentication or a password change. */
  | 'superseded'
  /** The stored record is not what this server sealed: someone edited the store, or a key has left the ring. */
  | 'tampered'
  /** Presented by another client than the one it was issued to. */
  | 'foreign_client';

export type SessionEventType = SessionEvent['type'];

/** Takes events. It must not throw, and is not waited for. */
export type SessionEventListener = (event: SessionEvent) => void;
