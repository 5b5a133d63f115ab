import { StoreUnavailableError } from '../errors.js';
import type { Stopwatch } from '../ports/stopwatch.js';

/** What a gate allows. */
export interface GateLimits {
  /** Milliseconds that one call may take. */
  readonly deadline: number;
  /** Questions under way at which a further one is refused unasked. */
  readonly underWay: number;
}

/** How one call goes through. */
export interface Passage {
  /** For how many questions it stands: a look-up of several records for that many. Default: 1. */
  readonly weight?: number;
  /**
   * `question`, the default. `ending`: ends sessions, so it goes through a shut gate too, and has room of its own. `aside`: no
   * request waits for it, or its answer may be made without the store; so it is never the call that tries a shut gate, and neither
   * its answer nor its failure says anything.
   */
  readonly kind?: 'question' | 'ending' | 'aside';
  /** Milliseconds; default: the gate's. */
  readonly deadline?: number;
}

/** What a gate knows of the store behind it, without asking it. */
export interface GateState {
  /** Milliseconds since the first of the calls that failed for want of an answer; 0 when the last one was answered. */
  readonly awayFor: number;
  /** Questions under way. */
  readonly underWay: number;
  /** Questions refused unasked since the start. */
  readonly refused: number;
}

/** So many calls that waited in vain, with nobody answered meanwhile, shut the gate. */
const VAIN_CALLS = 3;
/** Milliseconds after which a failure of the adapter's own has made its caller wait. One that comes sooner costs nobody anything. */
const VAIN_WAIT = 100;
/** Milliseconds before a shut gate lets a call through to see whether it is answered. */
const PAUSE = 1_000;
/** `Retry-After`: an outage of some length is likely to go on for a part of it. In seconds, at the most. */
const OUTAGE_SHARE = 4;
const LONGEST_RETRY_AFTER = 30;

/**
 * Stands before a store, so that its absence costs a request no time and the process no memory. A call that is not answered in
 * time fails. When a few in a row have waited in vain the gate shuts: further calls fail at once. After a moment the next call is
 * let through, alone; its answer opens the gate, its failure keeps it shut for another moment. No timer runs meanwhile.
 *
 * Every refusal is a {@link StoreUnavailableError}: nothing is said of any session, and nothing was done.
 */
export class StoreGate {
  private questions = 0;
  private endings = 0;
  private refused = 0;
  private inVain = 0;
  private answeredAt = Number.NEGATIVE_INFINITY;
  private awaySince: number | undefined;
  private shutUntil: number | undefined;
  private isTrying = false;

  constructor(
    private readonly stopwatch: Stopwatch,
    private readonly limits: GateLimits,
  ) {}

  /** What is known of the store now. */
  get state(): GateState {
    const awayFor = this.awaySince === undefined ? 0 : Math.max(1, Math.round(this.now() - this.awaySince));
    return { awayFor, underWay: this.questions + this.endings, refused: this.refused };
  }

  /**
   * Makes a call, or refuses to.
   * @throws StoreUnavailableError refused, not answered in time, or what the call itself threw
   */
  async pass<T>(
    call: () => Promise<T>,
    { weight = 1, kind = 'question', deadline = this.limits.deadline }: Passage = {},
  ): Promise<T> {
    const sentAt = this.now();
    const isTrial = this.admit(sentAt, kind, weight);
    this.count(kind, weight);
    try {
      const answer = await within(call, deadline);
      if (kind !== 'aside') this.answered();
      return answer;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      const now = this.now();
      const inVain = error instanceof NotInTimeError || now - sentAt >= VAIN_WAIT;
      if (kind !== 'aside') this.failed(sentAt, now, inVain, isTrial);
      throw new StoreUnavailableError({
        cause: error.cause ?? error,
        retryAfter: Math.max(error.retryAfter, this.retryAfter(now)),
      });
    } finally {
      this.count(kind, -weight);
      if (isTrial) this.isTrying = false;
    }
  }

  /** Whether the call is the one that tries a shut gate. */
  private admit(now: number, kind: Passage['kind'], weight: number): boolean {
    const underWay = kind === 'ending' ? this.endings : this.questions;
    if (underWay >= this.limits.underWay) throw this.refusal(now, weight, `${underWay} questions to the store are under way.`);
    if (this.shutUntil === undefined || kind === 'ending') return false;
    if (this.isTrying || now < this.shutUntil || kind === 'aside')
      throw this.refusal(now, weight, 'The store has not answered, and is asked again shortly.');
    this.isTrying = true;
    return true;
  }

  private answered(): void {
    this.answeredAt = this.now();
    this.inVain = 0;
    this.awaySince = undefined;
    this.shutUntil = undefined;
  }

  /** A failure says nothing of the store now if somebody was answered since the call was sent. */
  private failed(sentAt: number, now: number, inVain: boolean, isTrial: boolean): void {
    if (sentAt < this.answeredAt) return;
    this.awaySince ??= sentAt;
    if (inVain) this.inVain += 1;
    const shuts = this.shutUntil === undefined && this.inVain >= VAIN_CALLS;
    if (isTrial || shuts) this.shutUntil = now + PAUSE;
  }

  private refusal(now: number, weight: number, reason: string): StoreUnavailableError {
    this.refused += weight;
    return new StoreUnavailableError({ cause: new Error(reason), retryAfter: this.retryAfter(now) });
  }

  private retryAfter(now: number): number {
    const seconds = this.awaySince === undefined ? 0 : (now - this.awaySince) / 1_000;
    return Math.min(LONGEST_RETRY_AFTER, Math.max(1, Math.ceil(seconds / OUTAGE_SHARE)));
  }

  private count(kind: Passage['kind'], weight: number): void {
    if (kind === 'ending') this.endings += weight;
    else this.questions += weight;
  }

  private now(): number {
    return this.stopwatch.now().monotonic;
  }
}

/** The gate's own deadline has passed: a wait in vain, however short it was set. */
class NotInTimeError extends StoreUnavailableError {}

/** A call that is given up goes on by itself; what it answers later reaches nobody. */
async function within<T>(call: () => Promise<T>, deadline: number): Promise<T> {
  if (deadline === Number.POSITIVE_INFINITY) return call();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new NotInTimeError({ cause: new Error(`The store did not answer within ${deadline} ms.`) }));
    timer = setTimeout(giveUp, deadline);
    timer.unref(); // to wait for an answer is the call's own affair
  });
  try {
    return await Promise.race([call(), late]);
  } finally {
    clearTimeout(timer);
  }
}
