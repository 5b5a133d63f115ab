import type { Clock } from '../ports/clock.js';

/** Milliseconds in which the same trouble is told once. */
const TOLD_EVERY = 60_000;

/** Told of what keeps the signals of a stream from their receiver; `undefined`: nothing any more. */
export type SignalTrouble = (stream: string, why: string | undefined) => void;

/** Tells an operator what is wrong with a stream: each reason once a minute, and once that it is over. */
export class TroubleLog {
  private readonly toldAt = new Map<string, number>();

  constructor(
    private readonly stream: string,
    private readonly clock: Clock,
    private readonly onTrouble: SignalTrouble,
  ) {}

  note(why: string): void {
    const now = this.clock.now();
    if (now - (this.toldAt.get(why) ?? Number.NEGATIVE_INFINITY) < TOLD_EVERY) return;
    this.toldAt.set(why, now);
    this.onTrouble(this.stream, why);
  }

  /** To be called when everything went well. What comes and goes is not told more often for that. */
  over(): void {
    const last = Math.max(...this.toldAt.values());
    if (this.toldAt.size === 0 || this.clock.now() - last < TOLD_EVERY) return;
    this.toldAt.clear();
    this.onTrouble(this.stream, undefined);
  }
}

/** A store's error says only that it is away; why stands in its cause. */
export function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return reason instanceof Error ? reason.message : 'unknown error';
}
