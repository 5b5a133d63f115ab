import type { Proofs } from '../dpop-prover.js';
import { UnexpectedAnswerError } from '../client-errors.js';
import { codeIn } from '../http/refusal.js';
import { faultOf, type OwnAnswer, type OwnRequest, type OwnRequests } from '../http/own-requests.js';

/** A token answer (RFC 6749 §5.1). */
export interface GrantedTokens {
  readonly accessToken: string;
  readonly scheme: 'Bearer' | 'DPoP';
  /** Milliseconds; 0 where the server did not say. */
  readonly lifetime: number;
  readonly refreshToken: string | undefined;
}

/** Tokens that begin something: with a refresh token, always. */
export interface FirstTokens extends GrantedTokens {
  readonly refreshToken: string;
}

/** The access token that a request is made with. */
export type CurrentToken = Pick<GrantedTokens, 'accessToken' | 'scheme'>;

/** What one refresh came to. */
export type RefreshAnswer =
  | { readonly kind: 'granted'; readonly tokens: GrantedTokens }
  /** The server has spoken: this refresh token is good for nothing any more. */
  | { readonly kind: 'refused' }
  /** Nothing was said about the token. `lost`: the request may have arrived, and may still be under way. */
  | { readonly kind: 'unavailable'; readonly lost: boolean; readonly retryAfter: number; readonly cause: unknown };

/** The requests that hand out tokens, with a DPoP proof where there is a key. */
export class TokenEndpoint {
  constructor(
    private readonly requests: OwnRequests,
    private readonly clientId: string | undefined,
    private readonly proofs: Proofs | undefined,
  ) {}

  /**
   * One attempt at a refresh (RFC 6749 §6). Only `invalid_grant` is a refusal: whatever a proxy, a captive portal or a server in
   * trouble answers says nothing about the token.
   * @throws UnexpectedAnswerError, RefusedError when the server does not know this client, or has no such endpoint
   */
  async refresh(refreshToken: string): Promise<RefreshAnswer> {
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...this.named() };
    let answer: OwnAnswer;
    try {
      answer = await this.send({ method: 'POST', path: 'oauth/token', form });
    } catch (cause) {
      return { kind: 'unavailable', lost: true, retryAfter: 0, cause };
    }
    if (answer.ok) {
      const tokens = this.tokensIn(answer);
      if (tokens) return { kind: 'granted', tokens };
    }
    if (answer.status === 400 && codeIn(answer.body) === 'invalid_grant') return { kind: 'refused' };
    // Used before: the network has delivered the request twice, and this answers the second. A new proof with the same token is safe.
    const isSecond = this.proofs !== undefined && codeIn(answer.body) === 'invalid_dpop_proof';
    const isClientFault = !isSecond && answer.status >= 400 && answer.status < 500 && ![408, 425, 429].includes(answer.status);
    const fault = faultOf('oauth/token', answer);
    if (isClientFault) throw fault;
    return { kind: 'unavailable', lost: answer.status !== 429, retryAfter: answer.retryAfter ?? 0, cause: fault };
  }

  /**
   * Asks for the first tokens, or for those that replace all earlier ones. Sent once.
   * @throws RefusedError, UnavailableError, UnexpectedAnswerError
   */
  async grant(path: string, json: object, current?: CurrentToken): Promise<FirstTokens> {
    const answer = await this.send({ method: 'POST', path, json: { ...(current ? {} : this.named()), ...json } }, current);
    const tokens = answer.ok ? this.tokensIn(answer) : undefined;
    if (tokens?.refreshToken !== undefined) return { ...tokens, refreshToken: tokens.refreshToken };
    throw answer.ok ? new UnexpectedAnswerError(this.complaint(path, answer), answer.status) : faultOf(path, answer);
  }

  /** Ends the session of a refresh token (RFC 7009). @throws UnavailableError, UnexpectedAnswerError, RefusedError */
  async revoke(refreshToken: string): Promise<void> {
    const form = { token: refreshToken, token_type_hint: 'refresh_token', ...this.named() };
    const answer = await this.send({ method: 'POST', path: 'oauth/revoke', form });
    if (!answer.ok) throw faultOf('oauth/revoke', answer);
  }

  private named(): Readonly<Record<string, string>> {
    return this.clientId === undefined ? {} : { client_id: this.clientId };
  }

  /** Where the server asks for a nonce, the request is sent once more, with it (RFC 9449 §8). */
  private async send(request: OwnRequest, current?: CurrentToken): Promise<OwnAnswer> {
    const { proofs } = this;
    const authorization: Record<string, string> = current ? { Authorization: `${current.scheme} ${current.accessToken}` } : {};
    if (!proofs) return this.requests.send({ ...request, headers: authorization });
    const once = async () => {
      const proof = await proofs.headers(request.method, this.requests.urlOf(request.path), current?.accessToken);
      return this.requests.send({ ...request, headers: { ...authorization, ...proof } });
    };
    const answer = await once();
    if (!proofs.heard(answer.headers) || codeIn(answer.body) !== 'use_dpop_nonce') return answer;
    const second = await once();
    proofs.heard(second.headers);
    return second;
  }

  /** The tokens of an answer, where it is a token answer, and bound to the key where this client has one (RFC 9449 §5). */
  private tokensIn({ body }: OwnAnswer): GrantedTokens | undefined {
    const { access_token: accessToken, token_type: type, expires_in: seconds, refresh_token: refreshToken } = body;
    const scheme = typeof type === 'string' ? SCHEMES[type.toLowerCase()] : undefined;
    if (typeof accessToken !== 'string' || accessToken === '' || scheme !== (this.proofs ? 'DPoP' : 'Bearer')) return undefined;
    return {
      accessToken,
      scheme,
      lifetime: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 0,
      refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : undefined,
    };
  }

  private complaint(path: string, { body }: OwnAnswer): string {
    return this.proofs && 'access_token' in body
      ? `The tokens from ${path} are not bound to the DPoP key: the server does not support DPoP, or leave out the option "dpop".`
      : `${path} answered without tokens: check the option "url".`;
  }
}

const SCHEMES: Readonly<Record<string, 'Bearer' | 'DPoP'>> = { bearer: 'Bearer', dpop: 'DPoP' };
