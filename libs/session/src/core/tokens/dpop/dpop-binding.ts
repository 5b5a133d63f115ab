import type { ClientContext } from '../../client-context.js';
import { InvalidGrantError, InvalidTokenError } from '../../errors.js';
import type { SessionEventListener } from '../../events.js';
import type { DpopMode } from '../../options/session-options.js';
import type { Clock } from '../../ports/clock.js';
import type { SessionRecord } from '../../record/session-record.js';
import type { AccessTokenClaims } from '../access-tokens.js';
import type { ClientRegistry } from '../client-registry.js';
import type { ReplayMemory } from '../replay-memory.js';
import { InvalidDpopProofError, UseDpopNonceError } from './dpop-errors.js';
import type { DpopNonces } from './dpop-nonces.js';
import type { DpopProofs } from './dpop-proofs.js';
import type { DpopRefusal, PresentedProof, VerifiedProof } from './presented-proof.js';
import { DPOP_ALGORITHMS } from './proof-key.js';

/** An access token as a request presents it: with a proof under the `DPoP` scheme, without one as `Bearer`. */
export interface PresentedToken {
  readonly token: string;
  readonly proof: PresentedProof | undefined;
}

/** The session of a token, and what the token says. */
interface TokenHolder {
  readonly record: SessionRecord;
  readonly claims: AccessTokenClaims;
}

type About = Partial<Pick<SessionRecord, 'userId'>> & { readonly sessionId?: string };

/**
 * Binds tokens to keys, and asks for the proof (RFC 9449): at logins, at refreshes and at resources. Each refusal is told in the audit
 * trail with its cause. A proof counts as used only where all else holds, so that strangers cannot fill the memory of proofs.
 */
export class DpopBinding {
  constructor(
    private readonly mode: DpopMode,
    private readonly proofs: DpopProofs,
    private readonly replays: ReplayMemory,
    private readonly nonces: DpopNonces | undefined,
    private readonly clients: ClientRegistry,
    private readonly clock: Clock,
    private readonly emit: SessionEventListener,
  ) {}

  /** The algorithms of proofs, the preferred first; none where no token is bound. */
  get algorithms(): readonly string[] {
    return this.mode === 'off' ? [] : DPOP_ALGORITHMS;
  }

  /** The nonce for the next proof, where proofs need one. */
  nonce(): string | undefined {
    return this.nonces?.issue(this.clock.now());
  }

  /**
   * Verifies the proof of a request for tokens; `undefined` where there is none, or none is looked at. {@link spend} it before anything is
   * issued for it.
   * @throws InvalidDpopProofError, UseDpopNonceError
   */
  async verify(presented: PresentedProof, context: ClientContext): Promise<VerifiedProof | undefined> {
    if (this.mode === 'off' || presented.headers.length === 0) return undefined;
    const proof = await this.proofs.verify(presented, this.clock.now());
    if ('refused' in proof) throw this.refusal(proof.refused, context);
    return proof;
  }

  /**
   * {@link verify}, at the beginning of a session: where its tokens must be bound, no proof is no good proof.
   * @throws InvalidDpopProofError, UseDpopNonceError
   */
  async verifyFirst(
    presented: PresentedProof,
    clientId: string | undefined,
    context: ClientContext,
  ): Promise<VerifiedProof | undefined> {
    const proof = await this.verify(presented, context);
    if (!proof && this.isDemandedOf(clientId)) throw this.refusal('missing', context);
    return proof;
  }

  /**
   * Uses a proof: its `jti` in the context of key and address, so that nobody uses up the `jti` of another's, and how a signature is spelt
   * makes no difference.
   * @throws InvalidDpopProofError when it was used before, StoreUnavailableError when nobody can tell
   */
  async spend({ thumbprint, uri, jti }: VerifiedProof, context: ClientContext, about: About = {}): Promise<void> {
    if (!(await this.replays.isFirstUse(thumbprint, uri, jti))) throw this.refusal('replay', context, about);
  }

  /**
   * Lets a refresh pass that proves the key of its session. A session that was opened without one stays so: its tokens are bearer tokens,
   * whatever comes with the refresh (RFC 9449 §5 binds refresh tokens when they are issued).
   * @param proof what {@link verify} answered
   * @throws InvalidGrantError, InvalidDpopProofError when the proof was used before, StoreUnavailableError
   */
  async passRefresh(record: SessionRecord, proof: VerifiedProof | undefined, context: ClientContext): Promise<void> {
    const { dpopThumbprint, clientId, id: sessionId, userId } = record;
    const about = { sessionId, userId };
    if (dpopThumbprint === undefined) {
      if (this.isDemandedOf(clientId)) throw this.refusal('unbound', context, about, new InvalidGrantError());
      return;
    }
    if (!proof) throw this.refusal('missing', context, about, new InvalidGrantError());
    if (proof.thumbprint !== dpopThumbprint) throw this.refusal('key', context, about, new InvalidGrantError());
    await this.spend(proof, context, about);
  }

  /**
   * Lets an access token pass as it must be presented: a bound one with a proof by its key, and only so (RFC 9449 §7); any other one as a
   * bearer token.
   * @throws InvalidTokenError, InvalidDpopProofError, UseDpopNonceError, StoreUnavailableError
   */
  async passToken({ token, proof: presented }: PresentedToken, holder: TokenHolder, context: ClientContext): Promise<void> {
    const { record, claims } = holder;
    const about = { sessionId: record.id, userId: record.userId };
    const key = record.dpopThumbprint ?? claims.cnf?.jkt;
    if (key === undefined) {
      const isRefused = presented !== undefined || this.isDemandedOf(record.clientId);
      if (isRefused) throw this.refusal('unbound', context, about, new InvalidTokenError());
      return;
    }
    if (!presented || this.mode === 'off') throw this.refusal('bearer', context, about, new InvalidTokenError());
    const proof = await this.proofs.verify(presented, this.clock.now(), token);
    if ('refused' in proof) throw this.refusal(proof.refused, context, about);
    if (proof.thumbprint !== key) throw this.refusal('key', context, about, new InvalidTokenError());
    await this.spend(proof, context, about);
  }

  private isDemandedOf(clientId: string | undefined): boolean {
    if (this.mode === 'off') return false;
    return this.mode === 'required' || (clientId !== undefined && this.clients.isDpopBound(clientId));
  }

  /** Tells the audit trail the cause. Answers the error, which names none. */
  private refusal(cause: DpopRefusal, { address }: ClientContext, about: About = {}, error?: Error): Error {
    const at = this.clock.now();
    this.emit({ type: 'dpop.refused', at, cause, address, ...about });
    if (error) return error;
    return cause === 'nonce' && this.nonces ? new UseDpopNonceError(this.nonces.issue(at)) : new InvalidDpopProofError();
  }
}
