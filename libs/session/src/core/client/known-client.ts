import type { SealedContent } from '../record/sealer.js';

/** What is remembered of the client of a session. */
export interface KnownClient {
  /** Which kind of program it is: "Firefox on Linux". */
  readonly program: string;
  readonly address: string;
}

/** The client that a session was opened by, or that has proven to be its own since. */
export function clientOnRecord({ device }: SealedContent): KnownClient {
  const { current, program = device.label, address } = device;
  return current ?? { program, address };
}
