import { sleep } from '../client-clock.js';
import type { Surroundings } from '../client-options.js';
import type { LoggedOutListeners, LoggedOutReason } from '../logged-out.js';
import type { FirstTokens, GrantedTokens } from './token-endpoint.js';
import { hold, isDue, isUsable, type HeldTokens, type TokenSet } from './token-set.js';
import type { Refresher } from './refresher.js';
import type { TokenShelf } from './token-shelf.js';
import type { Turn } from './turn.js';

/** What became of tokens that the server refused. */
export interface Replacement {
  /** None: logged out. */
  readonly tokens: HeldTokens | undefined;
  /** Whether the server was asked for them; otherwise someone else had stored them before. */
  readonly isNew: boolean;
}

/**
 * Keeps the tokens of one login, refreshed. The storage is the truth, which tabs share; what is held here is a copy of it. The three
 * things that P4 (design §2) assumes of a client are kept here: new tokens are stored before they are used, there is one storage, and
 * a new refresh token is not presented while a request with an older one may still be under way.
 */
export class TokenKeeper {
  // In private fields of the language: so a client that is logged or serialised shows no token.
  #held: HeldTokens | undefined;
  #refreshing: Promise<Replacement> | undefined;

  constructor(
    private readonly shelf: TokenShelf,
    private readonly turn: Turn,
    private readonly refresher: Refresher,
    private readonly surroundings: Surroundings,
    private readonly loggedOut: LoggedOutListeners,
    /** How long, in milliseconds, a request whose answer was lost may still be under way. */
    private readonly settleTime: number,
  ) {}

  /**
   * The tokens for a request that leaves now; `undefined` when nobody is logged in. While the old ones are still good they are used,
   * and the refresh goes on beside the request: a server in trouble then delays nobody.
   * @throws UnavailableError
   */
  async current(): Promise<HeldTokens | undefined> {
    this.#held ??= await this.read();
    const held = this.#held;
    if (!held || !isDue(held, this.surroundings.clock)) return held;
    const refreshing = this.refresh(held);
    if (!isUsable(held, this.surroundings.clock)) return (await refreshing).tokens;
    refreshing.catch(() => undefined); // tried again with the next request
    return held;
  }

  /** Other tokens for those that the server refused. @throws UnavailableError */
  async replace(refused: HeldTokens): Promise<Replacement> {
    const held = this.#held;
    if (held?.accessToken !== refused.accessToken) return { tokens: held, isNew: false };
    return this.refresh(refused);
  }

  /** The server refused tokens that it had just issued: the session is over, unless another tab has renewed it meanwhile. */
  async refused(tokens: HeldTokens): Promise<void> {
    await this.turn.take(() => this.over(tokens));
  }

  /**
   * Stores tokens that begin a login or replace all earlier ones of it.
   * @param request asks for them; no refresh is under way meanwhile
   */
  async begin(request: (current: HeldTokens | undefined) => Promise<FirstTokens>, isNewLogin: boolean): Promise<void> {
    const { clock } = this.surroundings;
    await this.turn.take(async () => {
      const current = await this.read();
      const [askedAt, since] = [clock.wall(), clock.monotonic()];
      const granted = await request(current);
      const login = isNewLogin ? undefined : current?.login;
      const tokens = { ...granted, login: login ?? this.newName(), askedAt, settledAt: 0 };
      await this.shelf.write(tokens);
      await this.shelf.unmark(); // older requests are about another login, or about tokens that are dead on purpose
      this.#held = { ...tokens, since };
    });
  }

  /** Forgets the tokens, after `end` has done with them. */
  async end(reason: LoggedOutReason, end: (stored: TokenSet) => Promise<void>): Promise<void> {
    await this.turn.take(async () => {
      const stored = (await this.shelf.read()) ?? this.#held;
      if (!stored) return;
      await end(stored);
      await this.shelf.clear();
      this.drop(reason);
    });
  }

  async isLoggedIn(): Promise<boolean> {
    return (await this.read()) !== undefined;
  }

  private refresh(unwanted: HeldTokens): Promise<Replacement> {
    this.#refreshing ??= this.turn
      .take((alone) => this.refreshInTurn(unwanted, alone))
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  private async refreshInTurn(unwanted: HeldTokens, alone: boolean): Promise<Replacement> {
    const stored = await this.read();
    if (!stored) return this.drop('elsewhere');
    const isOther = stored.accessToken !== unwanted.accessToken;
    return isOther && !isDue(stored, this.surroundings.clock) ? this.adopt(stored) : this.ask(stored, alone);
  }

  private async ask(stored: HeldTokens, alone: boolean): Promise<Replacement> {
    const { clock } = this.surroundings;
    const me = this.newName();
    const isMarked = (await this.shelf.markedBy()) !== undefined; // by a tab that crashed or was given up, or by an earlier try
    const unsettled = Math.min(this.settleTime, stored.settledAt - clock.wall());
    if (unsettled > 0) await sleep(clock, unsettled);
    await this.shelf.mark(me);
    const { granted, askedAt, since, isSettled } = await this.refresher.refresh(stored.refreshToken);
    if (!granted) return this.over(stored);
    const others = await this.read();
    if (others?.refreshToken !== stored.refreshToken) return others ? this.adopt(others) : this.drop('elsewhere');
    const isAlone = alone && isSettled && !isMarked && (await this.shelf.markedBy()) === me;
    const settledAt = isAlone ? 0 : clock.wall() + this.settleTime;
    return this.keep({ ...merged(stored, granted), askedAt, since, settledAt });
  }

  private async keep(tokens: HeldTokens): Promise<Replacement> {
    await this.shelf.write(tokens);
    await this.shelf.unmark();
    this.#held = tokens;
    return { tokens, isNew: true };
  }

  /** Ends a login that the server has ended; what another tab has stored instead is not part of it. */
  private async over(tokens: TokenSet): Promise<Replacement> {
    const stored = await this.read();
    if (!stored) return this.drop('elsewhere');
    if (stored.accessToken !== tokens.accessToken) return this.adopt(stored);
    await this.shelf.clear();
    return this.drop('refused');
  }

  private adopt(stored: HeldTokens): Replacement {
    const before = this.#held;
    this.#held = stored;
    if (before && before.login !== stored.login) this.loggedOut.tell('elsewhere');
    return { tokens: stored, isNew: false };
  }

  private drop(reason: LoggedOutReason): Replacement {
    const before = this.#held;
    this.#held = undefined;
    if (before || reason !== 'elsewhere') this.loggedOut.tell(reason);
    return { tokens: undefined, isNew: false };
  }

  private async read(): Promise<HeldTokens | undefined> {
    const stored = await this.shelf.read();
    const held = this.#held;
    // what this client stored itself it knows by its monotonic clock
    if (stored?.accessToken === held?.accessToken) return held;
    return stored && hold(stored, this.surroundings.clock);
  }

  private newName(): string {
    return this.surroundings.random().toString(36).slice(2);
  }
}

/** A server that does not rotate sends no new refresh token (RFC 6749 §6). */
function merged(stored: TokenSet, { refreshToken = stored.refreshToken, ...granted }: GrantedTokens): TokenSet {
  return { ...stored, ...granted, refreshToken };
}
