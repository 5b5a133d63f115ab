import { createLocalJWKSet, decodeJwt, errors, type JWK, jwtVerify, type JWTPayload } from 'jose';
import { InvalidClientError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Counters } from '../ports/counters.js';
import type { ClientRegistry, KnownClient } from './client-registry.js';
import { ReplayMemory } from './replay-memory.js';

/** The one type of client assertion that is taken (RFC 7523 §2.2). */
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What a client may sign with. Asymmetric algorithms alone: a shared secret is `client_secret_basic`. */
export const ASSERTION_ALGORITHMS: readonly string[] = ['Ed25519', 'EdDSA', 'ES256', 'PS256', 'RS256'];

const MAX_LENGTH = 4_096;
/** Milliseconds between now and the end of an assertion: what lives longer would have to be remembered longer. */
const LONGEST = 5 * 60_000;
/** Milliseconds by which the clock of a client may be off. */
const TOLERANCE = 30_000;
const REMEMBERED = LONGEST + 2 * TOLERANCE;

/**
 * Authenticates clients by assertions that they have signed: `private_key_jwt` (RFC 7523 §3, OpenID Connect Core §9). The audience
 * must be our issuer and nothing else, so that no other server can pass an assertion on (RFC 7523bis §4); each is taken once,
 * by whichever instance.
 */
export class ClientAssertions {
  private readonly replays: ReplayMemory;

  constructor(
    private readonly clients: ClientRegistry,
    private readonly issuer: string,
    counters: Counters,
    private readonly clock: Clock,
  ) {
    this.replays = new ReplayMemory(counters, 'client-assertion', REMEMBERED);
  }

  /** Whose assertion a text says that it is: nothing is verified yet. */
  subjectOf(assertion: string): string | undefined {
    try {
      return assertion.length > MAX_LENGTH ? undefined : decodeJwt(assertion).sub;
    } catch {
      return undefined;
    }
  }

  /**
   * The client that signed an assertion.
   * @throws InvalidClientError
   * @throws StoreUnavailableError
   */
  async verify(assertion: string): Promise<KnownClient> {
    const id = this.subjectOf(assertion);
    const keys = id === undefined ? undefined : this.clients.keysOf(id);
    if (id === undefined || !keys) throw new InvalidClientError();
    const { jti } = await this.claimsOf(assertion, id, keys);
    if (!(await this.replays.isFirstUse(id, jti)))
      throw new InvalidClientError('This client assertion has been used before: sign a new one for each request.');
    return this.clients.known(id);
  }

  private async claimsOf(assertion: string, id: string, keys: readonly JWK[]): Promise<{ readonly jti: string }> {
    const now = this.clock.now();
    const { jti, exp, aud } = await payloadOf(assertion, keys, {
      issuer: id,
      audience: this.issuer,
      algorithms: [...ASSERTION_ALGORITHMS],
      clockTolerance: TOLERANCE / 1000,
      currentDate: new Date(now),
    });
    const isForUsAlone = typeof aud === 'string' || aud?.length === 1;
    const isShort = (exp ?? Infinity) * 1000 <= now + LONGEST + TOLERANCE;
    if (!isForUsAlone || !isShort || typeof jti !== 'string' || jti === '') throw new InvalidClientError(WRONG);
    return { jti };
  }
}

const WRONG =
  'The client assertion is not as RFC 7523 §3 wants it: iss and sub the client id, aud our issuer alone, a jti, exp in at most 5 minutes, signed by a key of the client.';

async function payloadOf(assertion: string, keys: readonly JWK[], rules: Parameters<typeof jwtVerify>[2]): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(assertion, createLocalJWKSet({ keys: [...keys] }), rules);
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) throw new InvalidClientError(WRONG);
    throw error;
  }
}
