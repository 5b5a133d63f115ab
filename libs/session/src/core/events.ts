import type { ClientPolicy, ClientSignal } from './client/client-policies.js';
import type { Origin } from './origin.js';
import type { Channel, EndReason } from './record/session-record.js';
import type { DpopRefusal } from './tokens/dpop/presented-proof.js';

interface About {
  readonly sessionId: string;
  readonly userId: string;
}

/** What the address and the device of a client are, as far as the request told. */
interface From {
  readonly address: string;
  readonly device: string;
}

/** A password that was, or was not, the right one: at which of the doors, and the session that asked, where one did. */
interface AtPasswordDoor {
  readonly purpose: PasswordPurpose;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly address: string;
}

/** Who did it, where that is another than the user it is told of; of a session that was opened: who acts for the user in it. */
type Acted = Pick<Origin, 'actorId' | 'actorSessionId'>;

/**
 * What happened, for the audit trail (ASVS 16.3). No event ever carries a credential, a password or a user name that was typed.
 * One type per cause: outcomes that look alike from outside are told apart here. Each act is told once: a login that succeeds is
 * two of them, since a password was proven and a session was opened, and either can be without the other.
 */
export type SessionEvent = { readonly at: number } & Acted &
  (
    | ({ readonly type: 'session.opened'; readonly channel: Channel } & From & About)
    | ({ readonly type: 'session.renewed'; readonly cause: 'reauthenticated' | 'password_changed' } & Partial<Origin> & About)
    | ({ readonly type: 'session.ended'; readonly reason: EndReason } & Partial<Origin> & About)
    /** `userId`: only where the credential shows whose it is, or was. */
    | {
        readonly type: 'session.refused';
        readonly sessionId: string;
        readonly userId?: string;
        readonly cause: RefusalCause;
        /** Of a session that is gone: why it was ended, if that is still remembered. */
        readonly ended?: EndReason;
        readonly address: string;
      }
    /** What was presented as a credential is none that this server ever made: not to be read, or with a signature that is not ours. */
    | { readonly type: 'credential.refused'; readonly kind: CredentialKind; readonly address: string }
    /** The session is good, and not good enough for what it asked for. `resource` names the route's class and method, or the object. */
    | ({
        readonly type: 'access.refused';
        readonly cause: AccessRefusalCause;
        readonly address: string;
        readonly resource?: string;
      } & About)
    /** Who acts for a user sent a request that may change something. `resource` names the route's class and method. */
    | ({ readonly type: 'impersonation.acted'; readonly address: string; readonly resource: string } & About)
    /** Answered from a copy because the store could not be asked: once per copy. `age`: milliseconds since its read was sent. */
    | ({ readonly type: 'session.served_stale'; readonly age: number } & About)
    /** Under the `refuse` policy: the password was right, and the user has as many sessions as are allowed. */
    | ({ readonly type: 'session.limit_reached'; readonly userId: string; readonly channel: Channel } & From)
    | ({ readonly type: 'everyone.ended'; readonly count: number } & Partial<Origin>)
    /** In so many slots the session store has applied endings that the journal does not know: the journal came back from an older copy. */
    | { readonly type: 'journal.older'; readonly slots: number }
    /** A key is published that will sign access tokens from `signsFrom` on. */
    | { readonly type: 'signing_key.created'; readonly kid: string; readonly algorithm: string; readonly signsFrom: number }
    /** Among the stored signing keys is one that this server did not vouch for, or saw retired: someone edited the store, or a key has left the ring. */
    | { readonly type: 'signing_key.refused'; readonly kid: string }
    | ({ readonly type: 'refresh.rotated' | 'refresh.replayed' | 'refresh.healed'; readonly address: string } & About)
    | ({ readonly type: 'refresh.reused' | 'refresh.suspected_sharing'; readonly address: string } & About)
    /** An access token was made for a session that has its credential already, such as for the scripts of a page. */
    | ({ readonly type: 'token.issued'; readonly address?: string } & About)
    /** No good proof of the key came with a request for tokens, or with one (RFC 9449). `sessionId`: only where the token shows it. */
    | ({ readonly type: 'dpop.refused'; readonly cause: DpopRefusal; readonly address: string } & Partial<About>)
    /** A client of the OAuth endpoints did not prove who it is. `clientId`: only that of a registered one. */
    | { readonly type: 'oauth_client.refused'; readonly clientId?: string; readonly address: string }
    /** A client ended so many sessions of a user, all there were (Global Token Revocation). Under a journal 0: they end with the transaction. */
    | {
        readonly type: 'oauth_client.revoked_user';
        readonly clientId: string;
        readonly userId: string;
        readonly count: number;
        readonly address: string;
      }
    /** The receiver of a stream of signals asked for proof that they reach it. `state`: its own word, that it is told again. */
    | {
        readonly type: 'signal.verification_requested';
        readonly clientId: string;
        readonly stream: string;
        readonly state?: string;
        readonly address: string;
      }
    /** So many signals never reached the receiver of a stream: they were too old, or the audit trail does not vouch for them. */
    | { readonly type: 'signal.undelivered'; readonly stream: string; readonly count: number }
    /** What presents the session is not what it was: by which signal, and what was done about it. */
    | ({ readonly type: 'client.changed'; readonly signal: ClientSignal; readonly policy: ClientPolicy } & From & About)
    /** So many sessions were told that their user now has these roles. */
    | ({
        readonly type: 'rights.changed';
        readonly userId: string;
        readonly roles: readonly string[];
        readonly sessions: number;
      } & Partial<Origin>)
    | ({ readonly type: 'password.changed' } & Partial<Origin> & About)
    /** A password was right at a login. `failures`: how many attempts of this name in a row had failed before. */
    | { readonly type: 'login.succeeded'; readonly userId: string; readonly failures: number; readonly address: string }
    /** `fenced`: the password was right when it was checked, and all sessions were ended before it could count. */
    | ({ readonly type: 'login.failed'; readonly cause: 'credentials' | 'fenced' } & AtPasswordDoor)
    | ({
        readonly type: 'login.throttled';
        /** Which limit it was: of the name, the address, its block of addresses, or the stop after too many failures in a row. */
        readonly limit: 'account' | 'address' | 'block' | 'stop';
      } & AtPasswordDoor)
    /** Told once, by the failure that closed the account: nobody logs in with a password until it is reset (NIST SP 800-63B-4 §3.2.2). */
    | { readonly type: 'login.stopped'; readonly userId?: string; readonly address: string }
    /** One address failed for so many different names: passwords are tried on whoever has them. Once per window. */
    | { readonly type: 'login.spraying'; readonly address: string; readonly names: number }
    /** A session was opened from a browser or app that this user had not logged in with before: worth a mail (ASVS 6.3.5). */
    | ({ readonly type: 'login.new_device'; readonly channel: Channel } & From & About)
    /** A visitor who has not logged in has stored something. */
    | { readonly type: 'anonymous.opened'; readonly sessionId: string; readonly address: string }
    /** More visitors' sessions were to begin at one address, or in its block, than the limits allow. */
    | { readonly type: 'anonymous.throttled'; readonly address: string; readonly limit: 'address' | 'block' }
    | {
        readonly type: 'csrf.refused' | 'origin.refused';
        readonly userId?: string;
        readonly sessionId?: string;
        readonly address: string;
      }
  );

/** Why a credential for a session was refused. The holder learns only that it was. */
export type RefusalCause =
  /** There is no such session any more, or there never was. */
  | 'gone'
  /** Its idle or its absolute end has passed: noticed when it is presented next, since nothing happens at that moment. */
  | 'expired'
  /** The access token's own time is over; its session may live on. */
  | 'token_expired'
  /** The secret is not the session's: a guess, or made under keys that have left the ring. */
  | 'forged'
  /** Replaced on purpose by a re-authentication or a password change. */
  | 'superseded'
  /** The stored record is not what this server sealed: someone edited the store, or a key has left the ring. */
  | 'tampered'
  /** Presented by another client than the one it was issued to. */
  | 'foreign_client'
  /** Of somebody who acts for a user: his own session has ended, or is not what it was when he began. */
  | 'actor_ended';

/** Why a good session was refused what it asked for. */
export type AccessRefusalCause =
  /** The user has none of the roles that the route asks for. */
  | 'role'
  /** The scope of the credential does not reach so far. */
  | 'scope'
  /** The authentication is of another class than the route asks for (RFC 9470). */
  | 'acr'
  /** The authentication is too long ago (RFC 9470), or it was another client's (`onClientChange: stepUp`). */
  | 'recency'
  /** Whoever acts for a user may not do what only the user may. */
  | 'impersonation'
  /** The object belongs to another user. */
  | 'foreign';

/** The doors at which a password is checked. */
export type PasswordPurpose = 'login' | 'reauthentication' | 'password_change';

/** What a request presents. */
export type CredentialKind = 'cookie' | 'access_token' | 'refresh_token';

export type SessionEventType = SessionEvent['type'];

const EVERY_TYPE: Record<SessionEventType, true> = {
  'session.opened': true,
  'session.renewed': true,
  'session.ended': true,
  'session.refused': true,
  'session.served_stale': true,
  'session.limit_reached': true,
  'credential.refused': true,
  'access.refused': true,
  'impersonation.acted': true,
  'everyone.ended': true,
  'journal.older': true,
  'signing_key.created': true,
  'signing_key.refused': true,
  'refresh.rotated': true,
  'refresh.replayed': true,
  'refresh.healed': true,
  'refresh.reused': true,
  'refresh.suspected_sharing': true,
  'token.issued': true,
  'dpop.refused': true,
  'oauth_client.refused': true,
  'oauth_client.revoked_user': true,
  'signal.verification_requested': true,
  'signal.undelivered': true,
  'client.changed': true,
  'rights.changed': true,
  'password.changed': true,
  'login.succeeded': true,
  'login.failed': true,
  'login.throttled': true,
  'login.stopped': true,
  'login.spraying': true,
  'login.new_device': true,
  'anonymous.opened': true,
  'anonymous.throttled': true,
  'csrf.refused': true,
  'origin.refused': true,
};

/** Every type of event there is. */
export const SESSION_EVENT_TYPES: readonly string[] = Object.keys(EVERY_TYPE);

/** Takes events. It must not throw, and is not waited for. */
export type SessionEventListener = (event: SessionEvent) => void;
