import type { ClientClock } from 'nestjs-hybrid-session-client';

/** How much faster than real time the client's waits pass. */
const SPEED = 5;

/** A client's clock that stands still between the steps of the test; what the client waits for comes five times as fast. */
export class SteppedClock implements ClientClock {
  private elapsed = 0;

  wall(): number {
    return 1_700_000_000_000 + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  after(milliseconds: number, act: () => void): () => void {
    const timer = setTimeout(act, milliseconds / SPEED);
    return () => clearTimeout(timer);
  }

  step(milliseconds: number): void {
    this.elapsed += milliseconds;
  }
}
