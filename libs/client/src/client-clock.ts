/** Time, as this client needs it. Given in tests only. */
export interface ClientClock {
  /** The device's clock, in milliseconds since the Unix epoch. Only ever compared with itself, never with the server's. */
  wall(): number;
  /** Milliseconds that never go back, but may stand still while the device sleeps. */
  monotonic(): number;
  /** Calls once after some milliseconds, unless cancelled by what it returns. */
  after(milliseconds: number, act: () => void): () => void;
}

/** The clock of this device. */
export class SystemClientClock implements ClientClock {
  wall(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(milliseconds: number, act: () => void): () => void {
    const timer = setTimeout(act, milliseconds);
    return () => clearTimeout(timer);
  }
}

/** Waits. */
export function sleep(clock: ClientClock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => void clock.after(milliseconds, resolve));
}
