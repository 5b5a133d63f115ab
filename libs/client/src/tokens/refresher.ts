import { sleep } from '../client-clock.js';
import { UnavailableError } from '../client-errors.js';
import type { Surroundings } from '../client-options.js';
import { backoff } from '../http/backoff.js';
import type { GrantedTokens, TokenEndpoint } from './token-endpoint.js';

/** What a refresh came to, after as many attempts as it took. */
export interface Refreshed {
  /** None: the server refused. */
  readonly granted: GrantedTokens | undefined;
  /** When the answered attempt was sent, by the device's clock and by the monotonic one. */
  readonly askedAt: number;
  readonly since: number;
  /** Whether every attempt was answered, so that no request of this refresh is under way any more. */
  readonly isSettled: boolean;
}

const ATTEMPTS = 5;
const LONGEST_WAIT = 30_000;

/**
 * Refreshes until the server has said yes or no. The same token is sent again after a lost answer: the server gives it the same
 * successor (P4).
 */
export class Refresher {
  private notBefore = -Infinity;

  constructor(
    private readonly endpoint: TokenEndpoint,
    private readonly surroundings: Surroundings,
  ) {}

  /** @throws UnavailableError after five attempts, or at once where the server wants more than 30 seconds of rest */
  async refresh(refreshToken: string): Promise<Refreshed> {
    const { clock, random } = this.surroundings;
    let isSettled = true;
    for (let attempt = 1; ; attempt++) {
      await this.rest();
      const [askedAt, since] = [clock.wall(), clock.monotonic()];
      const answer = await this.endpoint.refresh(refreshToken);
      if (answer.kind === 'granted') return { granted: answer.tokens, askedAt, since, isSettled };
      if (answer.kind === 'refused') return { granted: undefined, askedAt, since, isSettled };
      isSettled &&= !answer.lost;
      if (answer.retryAfter > 0) this.notBefore = clock.monotonic() + answer.retryAfter;
      if (attempt === ATTEMPTS) throw this.unavailable(answer.cause);
      await sleep(clock, backoff(attempt, random()));
    }
  }

  /** Waits as long as the server asked, also for a refresh that was begun by another request. */
  private async rest(): Promise<void> {
    const { clock } = this.surroundings;
    const wait = this.notBefore - clock.monotonic();
    if (wait > LONGEST_WAIT) throw this.unavailable(undefined);
    if (wait > 0) await sleep(clock, wait);
  }

  private unavailable(cause: unknown): UnavailableError {
    const wait = this.notBefore - this.surroundings.clock.monotonic();
    const seconds = wait > 0 ? Math.ceil(wait / 1000) : undefined;
    return new UnavailableError('The access token could not be refreshed; the login is as it was: try again later.', seconds, {
      cause,
    });
  }
}
