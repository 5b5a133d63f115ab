import { RefusedError } from './client-errors.js';
import { surroundingsOf, type ClientOptions, type Surroundings } from './client-options.js';
import { Proofs, type DpopProver } from './dpop-prover.js';
import { abortable } from './http/abortable.js';
import { OutgoingRequest } from './http/outgoing-request.js';
import { OwnRequests } from './http/own-requests.js';
import { refusalOf } from './http/refusal.js';
import { LoggedOutListeners, type LoggedOutListener } from './logged-out.js';
import type { LoginFields, SessionClient } from './session-client.js';
import { Refresher } from './tokens/refresher.js';
import { TokenEndpoint } from './tokens/token-endpoint.js';
import { TokenKeeper } from './tokens/token-keeper.js';
import type { HeldTokens } from './tokens/token-set.js';
import { TokenShelf } from './tokens/token-shelf.js';
import { MemoryTokenStorage, type TokenStorage } from './tokens/token-storage.js';
import { platformLocks, processLocks, Turn, type Locks } from './tokens/turn.js';

/** The options of {@link TokenClient}. */
export interface TokenClientOptions extends ClientOptions {
  /** Where the tokens are kept. Default: in memory, so that they go with the page or the process. */
  readonly storage?: TokenStorage;
  /** The name in that storage, and of the lock that tabs share. Default: `nestjs-hybrid-session <url>`. */
  readonly storageName?: string;
  /** As registered at the server; none stands for the application's own client. */
  readonly clientId?: string;
  /** Binds the tokens to a key (RFC 9449). Tokens that the server does not bind are then refused. */
  readonly dpop?: DpopProver | Promise<DpopProver>;
  /**
   * How long a request whose answer was lost may still be under way, in milliseconds. After a lost answer the *next* refresh waits
   * that long, so that the older request cannot arrive after it and be taken for theft. Default: 30,000.
   */
  readonly settleTime?: number;
  /** How tabs take turns. Default: Web Locks where there are, otherwise one turn per process. */
  readonly locks?: Locks;
}

const SETTLE_TIME = 30_000;

/** A login by access and refresh token: for mobile apps, for Node, and for pages whose API is on another site. */
export class TokenClient implements SessionClient {
  private readonly surroundings: Surroundings;
  private readonly listeners: LoggedOutListeners;
  private readonly endpoint: TokenEndpoint;
  private readonly keeper: TokenKeeper;
  private readonly proofs: Proofs | undefined;

  /** @throws InvalidOptionsError */
  constructor(options: TokenClientOptions) {
    const { clientId, dpop, storage, settleTime = SETTLE_TIME } = options;
    this.surroundings = surroundingsOf(options);
    this.listeners = new LoggedOutListeners(this.surroundings.clock);
    this.proofs = dpop && new Proofs(dpop);
    this.endpoint = new TokenEndpoint(new OwnRequests(this.surroundings), clientId, dpop && new Proofs(dpop));
    const name = options.storageName ?? `nestjs-hybrid-session ${this.surroundings.base.href}`;
    // what is in memory no other tab can see
    const locks = options.locks ?? (storage ? platformLocks() : processLocks);
    this.keeper = new TokenKeeper(
      new TokenShelf(storage ?? new MemoryTokenStorage(), name),
      new Turn(storage ? name : `${name} ${++inMemory}`, locks, this.surroundings.clock),
      new Refresher(this.endpoint, this.surroundings),
      this.surroundings,
      this.listeners,
      settleTime,
    );
  }

  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { base, fetch } = this.surroundings;
    const request = new OutgoingRequest(input, init, base);
    if (request.url.origin !== base.origin) return fetch(typeof input === 'string' ? request.url.href : input, init);
    if (request.has('authorization')) return request.send(fetch, {});
    const tokens = await abortable(this.keeper.current(), request.signal);
    try {
      return tokens ? await this.sendWith(tokens, request) : await request.send(fetch, {});
    } finally {
      request.release();
    }
  };

  async login(fields: LoginFields): Promise<void> {
    await this.keeper.begin(() => this.endpoint.grant('auth/token', fields), true);
  }

  async reauthenticate(password: string): Promise<void> {
    await this.renew('auth/reauthenticate', { password });
  }

  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    await this.renew('auth/password', { currentPassword, newPassword });
  }

  async logout(): Promise<void> {
    await this.keeper.end('logout', ({ refreshToken }) => this.endpoint.revoke(refreshToken));
  }

  /**
   * Drops the tokens of this storage without asking the server: for a person who must leave a device while the server is away. The
   * session lives on there until it expires or is ended from another device. Other tabs go on until their access token expires.
   */
  async forget(): Promise<void> {
    await this.keeper.end('forgotten', () => Promise.resolve());
  }

  /** Whether there are tokens. That they are still good only the server knows. @throws UnavailableError when the storage fails */
  isLoggedIn(): Promise<boolean> {
    return this.keeper.isLoggedIn();
  }

  onLoggedOut(listener: LoggedOutListener): () => void {
    return this.listeners.add(listener);
  }

  private async renew(path: string, json: object): Promise<void> {
    const tokens = await this.keeper.current();
    const ask = () => this.keeper.begin((current) => this.endpoint.grant(path, json, current), false);
    try {
      await ask();
    } catch (error) {
      if (!tokens || !(error instanceof RefusedError) || error.reason !== 'invalid_token') throw error;
      await this.keeper.replace(tokens);
      await ask();
    }
  }

  /**
   * Sends it, and once more with other tokens where the server refuses these: it refused before it did anything. Tokens that another
   * tab has stored may be refused as well, and so get one refresh; tokens that are fresh from the server do not.
   */
  private async sendWith(first: HeldTokens, request: OutgoingRequest): Promise<Response> {
    let tokens = first;
    for (let isNew = false; ; ) {
      const answer = await this.send(tokens, request);
      if (answer.status !== 401 || (await refusalOf(answer)) !== 'invalid_token') return answer;
      if (isNew) {
        await this.keeper.refused(tokens);
        return answer;
      }
      const next = await abortable(this.keeper.replace(tokens), request.signal);
      // another login: what one person has begun must not be done in the name of another
      if (!next.tokens || next.tokens.login !== first.login || !request.canRepeat) return answer;
      void answer.body?.cancel().catch(() => undefined);
      ({ tokens, isNew } = { tokens: next.tokens, isNew: next.isNew });
    }
  }

  private async send(tokens: HeldTokens, request: OutgoingRequest): Promise<Response> {
    const { proofs } = this;
    const authorization = { Authorization: `${tokens.scheme} ${tokens.accessToken}` };
    if (!proofs) return request.send(this.surroundings.fetch, authorization);
    const once = async () => {
      const proof = await proofs.headers(request.method, request.url, tokens.accessToken);
      return request.send(this.surroundings.fetch, { ...authorization, ...proof });
    };
    const answer = await once();
    const isNonceNew = proofs.heard(answer.headers);
    if (answer.status !== 401 || !request.canRepeat) return answer;
    const refusal = await refusalOf(answer);
    // Used before: the network has delivered the request twice, and what changes something was done by the first.
    const isSecond = refusal === 'invalid_dpop_proof' && request.isSafe;
    if (!isSecond && !(refusal === 'use_dpop_nonce' && isNonceNew)) return answer;
    void answer.body?.cancel().catch(() => undefined);
    const second = await once();
    proofs.heard(second.headers);
    return second;
  }
}

/** Clients with a storage of their own in memory share no turn. */
let inMemory = 0;
