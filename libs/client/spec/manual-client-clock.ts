import type { ClientClock } from '../src/client-clock.js';

/** A clock that the test moves. */
export class ManualClientClock implements ClientClock {
  private elapsed = 5_000;
  private offset = 1_700_000_000_000;
  private readonly timers = new Set<{ readonly at: number; readonly act: () => void }>();

  wall(): number {
    return this.elapsed + this.offset;
  }

  monotonic(): number {
    return this.elapsed;
  }

  after(milliseconds: number, act: () => void): () => void {
    const timer = { at: this.elapsed + milliseconds, act };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  /** Time goes by while nothing waits for it. */
  advance(milliseconds: number): void {
    this.elapsed += milliseconds;
    for (const timer of this.timers) if (timer.at <= this.elapsed) this.fire(timer);
  }

  /** Somebody sets the device's clock. */
  setBack(milliseconds: number): void {
    this.offset -= milliseconds;
  }

  /** The device sleeps: the monotonic clock stands still. */
  suspend(milliseconds: number): void {
    this.offset += milliseconds;
  }

  /** Lets time go by, from timer to timer, whenever nothing else happens, until something is settled. */
  async through<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    for (;;) {
      await quiet();
      if (settled) return work;
      const [next] = [...this.timers].sort((a, b) => a.at - b.at);
      if (!next) throw new Error('Nothing will happen any more: the test waits for what nobody settles.');
      this.elapsed = Math.max(this.elapsed, next.at);
      this.fire(next);
    }
  }

  private fire(timer: { readonly act: () => void; readonly at: number }): void {
    this.timers.delete(timer);
    timer.act();
  }
}

/** Lets everything run that needs no time. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
