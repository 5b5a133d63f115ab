import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { InvalidOptionsError, StoreUnavailableError } from '../../../core/errors.js';
import { days, minutes, seconds } from '../../../core/options/durations.js';
import type { Principal } from '../../../core/ports/accounts.js';
import { type ClaimOutcome, type FormerClaim, type FormerSession, FormerSessions } from '../../../core/ports/former-sessions.js';
import type { RedisClient } from '../redis-client.js';
import { RedisLink } from '../redis-link.js';
import { EndedNotes } from './ended-notes.js';
import { signedSessionId } from './signed-cookie.js';
import { CLAIM, END, RELEASE, SETTLE } from './upgrade-scripts.js';

/** How sessions were kept by express-session and connect-redis, and whose they are. */
export interface ExpressSessionsOptions {
  /** The `secret` of express-session: all of them, where it was a list. */
  readonly secrets: readonly string[];
  /** Whose session it is: passport has it in `session.passport.user`. `undefined` for a visitor's. */
  readonly userOf: (session: FormerSession) => string | undefined;
  /** The user's rights as they are now; `undefined` for one who may not log in any more. */
  readonly principalOf: (userId: string) => Promise<Principal | undefined>;
  /** The longest that a session lives which was given in exchange, in milliseconds. Default: 30 days. */
  readonly lifetime?: number;
  /** The `name` of express-session. Default: `connect.sid`. */
  readonly cookieName?: string;
  /** Path and domain of its cookie, where they were set. Default: `/`, and none. */
  readonly cookiePath?: string;
  readonly cookieDomain?: string;
  /** The `prefix` of connect-redis. Default: `sess:`. */
  readonly prefix?: string;
  /** Milliseconds that one call of Redis may take. Default: 2,000. */
  readonly deadline?: number;
}

/** How long an exchange may take, and how long others wait for it. */
const CLAIM_TIME = seconds(5);
const WAIT = 20;
/** For how long the former cookie is answered with the same session again: other tabs, and answers that were lost. */
const GRACE = minutes(1);

/** Sessions of express-session that connect-redis keeps, to be exchanged for ours: `formerSessions: new ExpressSessions(redis, …)`. */
export class ExpressSessions extends FormerSessions {
  readonly cookie;
  readonly lifetime: number;
  private readonly link: RedisLink;
  private readonly notes: EndedNotes;
  private readonly prefix: string;

  /**
   * @param client connected by the host, to the Redis of connect-redis
   * @throws InvalidOptionsError
   */
  constructor(
    client: RedisClient,
    private readonly options: ExpressSessionsOptions,
  ) {
    super();
    const {
      secrets,
      lifetime = days(30),
      cookieName: name = 'connect.sid',
      cookiePath: path = '/',
      cookieDomain: domain,
    } = options;
    if (secrets.length === 0 || secrets.includes('')) throw new InvalidOptionsError(['secrets: give those of express-session.']);
    if (!(lifetime > 0 && Number.isFinite(lifetime))) throw new InvalidOptionsError(['lifetime must be milliseconds above 0.']);
    this.cookie = { name, path, domain };
    this.lifetime = lifetime;
    this.prefix = options.prefix ?? 'sess:';
    this.link = new RedisLink(client, options.deadline ?? 2_000);
    this.notes = new EndedNotes(this.link, this.prefix);
  }

  recognise(cookie: string): string | undefined {
    return signedSessionId(cookie, this.options.secrets);
  }

  userOf(session: FormerSession): string | undefined {
    return this.options.userOf(session);
  }

  principalOf(userId: string): Promise<Principal | undefined> {
    return this.options.principalOf(userId);
  }

  async claim(id: string, now: number): Promise<ClaimOutcome> {
    const token = randomBytes(16).toString('base64url');
    for (let waited = 0; waited <= CLAIM_TIME; waited += WAIT) {
      const at = now + waited;
      const [outcome, found = ''] = await this.link.run(CLAIM, this.keysOf(id), [token, at, at + CLAIM_TIME], texts);
      if (outcome === 'upgraded') return { outcome, sessionId: found };
      if (outcome === 'claimed') return this.claimed({ id, token }, found, now);
      if (outcome === 'none') return { outcome };
      await pause(WAIT);
    }
    throw new StoreUnavailableError();
  }

  /** Tried again as long as a claim is held: a session of ours is open by now, which counts, and which nobody would be told of. */
  async settle({ id, token }: FormerClaim, sessionId: string, now: number): Promise<boolean> {
    const giveUpAt = performance.now() + CLAIM_TIME;
    for (;;) {
      try {
        return await this.link.run(SETTLE, this.keysOf(id), [token, sessionId, now + GRACE], (reply) => reply === 1);
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
        await pause(WAIT);
      }
    }
  }

  async release({ id, token }: FormerClaim): Promise<void> {
    await this.link.run(RELEASE, this.keysOf(id), [token], () => undefined);
  }

  end(id: string, now: number): Promise<string | undefined> {
    return this.link.run(END, this.keysOf(id), [now], (reply) => (typeof reply === 'string' && reply !== '' ? reply : undefined));
  }

  endAllOf(userId?: string): Promise<void> {
    return this.notes.endAllOf(userId);
  }

  hasEnded(userId: string): Promise<boolean> {
    return this.notes.hasEnded(userId);
  }

  /** What is no session any more, or never was one, is nobody's. */
  private async claimed(claim: FormerClaim, text: string, now: number): Promise<ClaimOutcome> {
    const session = sessionIn(text);
    const { expires, originalMaxAge } = cookieIn(session);
    const isOver = typeof expires === 'string' && Date.parse(expires) <= now;
    if (session && !isOver) return { outcome: 'claimed', claim, session, persistent: typeof originalMaxAge === 'number' };
    await this.release(claim);
    return { outcome: 'none' };
  }

  private keysOf(id: string): string[] {
    const key = `${this.prefix}${id}`;
    return [key, `{${key}}:upgrade`];
  }
}

function texts(reply: unknown): readonly string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}

function sessionIn(text: string): FormerSession | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function cookieIn(session: FormerSession | undefined): FormerSession {
  const cookie = session?.['cookie'];
  return isObject(cookie) ? cookie : {};
}

function isObject(value: unknown): value is FormerSession {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
