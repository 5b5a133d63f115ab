import { Injectable } from '@nestjs/common';
import type { ApiCredentials, IssuedSession } from '../../core/issued-session.js';
import type { Session } from '../../core/session.js';
import type { Channel } from '../../core/record/session-record.js';
import { userOf, type AuthenticatedUser } from '../decorators/current-session.decorator.js';
import { ResponseHeaders } from '../transport/response-headers.js';

/** A session as its owner sees it. Times are ISO 8601. */
export interface SessionAnswer {
  readonly id: string;
  readonly channel: Channel;
  readonly clientId?: string;
  readonly device: string;
  readonly ip: string;
  readonly createdAt: string;
  readonly authenticatedAt: string;
  readonly lastSeenAt: string;
  /** The absolute end. */
  readonly expiresAt: string;
  /** The end if nobody uses it again. */
  readonly endsAt: string;
  readonly remembered: boolean;
  readonly current: boolean;
  /** The id of somebody else who acts in it: support staff. */
  readonly actor?: string;
}

/** The answer to a browser that was given a session. The credential itself travels in the cookie alone. */
export interface BrowserAnswer {
  readonly user: AuthenticatedUser;
  readonly session: SessionAnswer;
  readonly csrfToken: string;
}

/** The answer to an API client (RFC 6749 §5.1). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer' | 'DPoP';
  /** Seconds. */
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly scope?: string;
  /** After a login with a password: to be sent with the next one, so that strangers cannot delay it. It opens nothing. */
  readonly device_secret?: string;
}

/** Turns what the core issues into answers: the one place that decides what leaves the server in a body. */
@Injectable()
export class Answers {
  constructor(private readonly headers: ResponseHeaders) {}

  /** Hands new credentials to the client, in the form of their channel. */
  issued({ session, credentials }: IssuedSession, response: unknown): BrowserAnswer | TokenAnswer {
    this.headers.noStore(response);
    if (credentials.channel === 'api') return tokenAnswer(credentials);
    this.headers.setCookie(response, credentials);
    return browserAnswer(session, credentials.csrfToken);
  }
}

/** The body for a browser. */
export function browserAnswer(session: Session, csrfToken: string): BrowserAnswer {
  return { user: userOf(session), session: sessionAnswer(session, session.id), csrfToken };
}

/** The body for an API client. */
export function tokenAnswer(credentials: ApiCredentials): TokenAnswer {
  return {
    access_token: credentials.accessToken,
    token_type: credentials.tokenType,
    expires_in: credentials.expiresIn,
    refresh_token: credentials.refreshToken,
    ...(credentials.scope ? { scope: credentials.scope } : {}),
  };
}

/** One session of the list. `currentId` marks the one that asks. */
export function sessionAnswer(session: Session, currentId: string | undefined): SessionAnswer {
  const iso = (time: number) => new Date(time).toISOString();
  return {
    id: session.id,
    channel: session.channel,
    ...(session.clientId ? { clientId: session.clientId } : {}),
    device: session.device.label,
    ip: session.device.address,
    createdAt: iso(session.createdAt),
    authenticatedAt: iso(session.authenticatedAt),
    lastSeenAt: iso(session.lastSeenAt),
    expiresAt: iso(session.expiresAt),
    endsAt: iso(session.endsAt),
    remembered: session.remembered,
    current: session.id === currentId,
    ...(session.actor ? { actor: session.actor.userId } : {}),
  };
}
