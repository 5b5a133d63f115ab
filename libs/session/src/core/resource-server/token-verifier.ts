import { BoundedMap } from '../bounded-map.js';
import type { ClientContext } from '../client-context.js';
import { InvalidTokenError } from '../errors.js';
import type { RefusalCause, SessionEventListener } from '../events.js';
import type { Standing } from '../live/live-connection.js';
import type { Clock } from '../ports/clock.js';
import type { Issuer } from '../ports/issuer.js';
import { isWithin, type Moment, type Stopwatch } from '../ports/stopwatch.js';
import type { OpenedRecord } from '../record/opened-record.js';
import { Session } from '../session.js';
import type { AccessTokenClaims, AccessTokens } from '../tokens/access-tokens.js';
import type { DpopBinding, PresentedToken } from '../tokens/dpop/dpop-binding.js';
import type { LiveToken } from '../tokens/introspection.js';
import type { IssuerKeys } from './issuer-keys.js';

/** What the issuer said of a token, and when it was asked. */
interface KnownAnswer {
  readonly live: LiveToken;
  readonly sentAt: Moment;
}

const REMEMBERED = 20_000;

/**
 * Verifies access tokens where no session is kept. The signature by the issuer's published keys; whether the session lives by asking
 * the issuer. A good answer counts until `within` after it was **asked for**, by the monotonic and the wall clock: so a revocation
 * holds here no later than that, whatever the network does (design §7).
 */
export class TokenVerifier {
  private readonly answers = new BoundedMap<string, KnownAnswer>(REMEMBERED);

  constructor(
    private readonly issuer: Issuer,
    private readonly keys: IssuerKeys,
    private readonly tokens: AccessTokens,
    private readonly dpop: DpopBinding,
    private readonly clock: Clock,
    private readonly stopwatch: Stopwatch,
    private readonly emit: SessionEventListener,
  ) {}

  /**
   * The session of a token, as far as this service can know it.
   * @param within milliseconds for which an answer of the issuer may count; 0: it is asked each time
   * @throws InvalidTokenError, InvalidDpopProofError
   * @throws StoreUnavailableError when the issuer cannot be asked
   */
  async authenticate(presented: PresentedToken, client: ClientContext, within: number): Promise<Session> {
    const { token } = presented;
    const claims = await this.read(token);
    if (!claims) {
      this.emit({ type: 'credential.refused', at: this.clock.now(), kind: 'access_token', address: client.address });
      throw new InvalidTokenError();
    }
    if (!this.tokens.isCurrent(claims, this.clock.now())) throw this.refusal('token_expired', claims, client);
    const live = await this.liveness(token, claims, within);
    if (!live) throw this.refusal('gone', claims, client);
    const reading = openedFrom(claims, live);
    // Of a proof that is good it is remembered that it was used: so last, and not for everybody.
    await this.dpop.passToken(presented, { ...reading, claims }, client);
    return new Session(reading, claims.gen);
  }

  /** What a token is worth now that was good once: with its own time it ends too. @throws StoreUnavailableError */
  async standing(token: string): Promise<Standing> {
    const claims = await this.read(token);
    if (!claims || !this.tokens.isCurrent(claims, this.clock.now())) return 'session_over';
    const live = await this.liveness(token, claims, 0);
    return live ? new Session(openedFrom(claims, live), claims.gen) : 'session_over';
  }

  private async read(token: string): Promise<AccessTokenClaims | undefined> {
    if (!this.tokens.hasForm(token)) return undefined; // asks nobody
    await this.keys.ready();
    const claims = await this.tokens.read(token);
    if (claims || !this.tokens.isByUnknownKey(token)) return claims;
    return (await this.keys.lookFor()) ? this.tokens.read(token) : undefined;
  }

  private async liveness(token: string, claims: AccessTokenClaims, within: number): Promise<LiveToken | undefined> {
    const known = within > 0 ? this.answers.get(token) : undefined;
    const sentAt = this.stopwatch.now();
    if (known && isWithin(known.sentAt, sentAt, within)) return known.live;
    const answer = await this.issuer.introspect(token);
    if (!answer.active || answer.sub !== claims.sub || answer.sid !== claims.sid) {
      this.answers.delete(token);
      return undefined;
    }
    const present = this.answers.get(token);
    if (within > 0 && (!present || present.sentAt.monotonic < sentAt.monotonic))
      this.answers.set(token, { live: answer, sentAt });
    return answer;
  }

  private refusal(cause: RefusalCause, { sid: sessionId, sub: userId }: AccessTokenClaims, { address }: ClientContext): Error {
    this.emit({ type: 'session.refused', at: this.clock.now(), sessionId, userId, cause, address });
    return new InvalidTokenError();
  }
}

/** What is not known here is that of the token: it began, was seen and ends when the token was made, and expires. */
function openedFrom(claims: AccessTokenClaims, { username, roles }: LiveToken): OpenedRecord {
  const { sub, sid, client_id: clientId, scope, iat, exp, auth_time: authTime, act, cnf } = claims;
  const [made, ends] = [iat * 1_000, exp * 1_000];
  return {
    record: {
      id: sid,
      userId: sub,
      channel: 'api',
      clientId,
      scope: scope ?? '',
      createdAt: made,
      authenticatedAt: authTime * 1_000,
      idleTimeout: ends - made,
      expiresAt: ends,
      amr: claims.amr.join(' '),
      acr: claims.acr,
      remembered: false,
      ...(cnf ? { dpopThumbprint: cnf.jkt } : {}),
      salt: '',
      keyId: '',
      generation: claims.gen,
      usedAt: made,
      minGeneration: 0,
      replays: 0,
      lastSeenAt: made,
      version: 0,
      sealed: '',
    },
    content: {
      principal: { username, roles },
      device: { label: '', address: '' },
      data: {},
      ...(act ? { actor: { userId: act.sub, sessionId: act.sid, minGeneration: 0, roles: [] } } : {}),
    },
  };
}
