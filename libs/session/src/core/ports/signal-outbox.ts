import type { AuditEntry } from '../audit/audit-entry.js';

/** Which entries of the audit trail may be signals: those of one of these types. */
export type SignalTypes = readonly string[];

/** An entry of the audit trail on its way to a receiver. */
export interface PendingSignal {
  /** That of the entry: names the signal in its stream (`jti`, RFC 8417 §2.2). */
  readonly id: string;
  /** When it came into the stream, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** What the trail says. `undefined`: nothing that this server vouches for, or the entry is gone. */
  readonly entry: AuditEntry | undefined;
}

/**
 * What is to be told to receivers, and has not reached them yet. The audit trail is where it comes from: each stream has a place up to
 * which it has taken what there was, and so nothing is lost that the trail has, whoever crashes. Type and injection token in one.
 * Times are the caller's. Every method throws {@link StoreUnavailableError}, and nothing else, when the store cannot be asked.
 */
export abstract class SignalOutbox {
  /**
   * Takes what the trail has to tell since the last time, some thousands of entries at the most; answers how many signals that were. A
   * stream that is new begins at the end of the trail. Callers take turns: no entry is taken twice.
   * @throws InvalidOptionsError when it can never be asked
   */
  abstract collect(stream: string, types: SignalTypes, now: number): Promise<number>;

  /** The signals of a stream that are not put off beyond `now`: first those that never were, the oldest of them first. */
  abstract pending(stream: string, now: number, limit: number): Promise<readonly PendingSignal[]>;

  /** Forgets signals: they have reached the receiver, or never will. Answers how many there were. */
  abstract remove(stream: string, ids: readonly string[]): Promise<number>;

  /** Leaves a signal for later. */
  abstract putOff(stream: string, id: string, until: number): Promise<void>;

  /** Forgets the signals that came into the stream before this time. Answers how many. */
  abstract expire(stream: string, before: number): Promise<number>;

  /** Whether the caller is the one who delivers until then: nobody else is told so before that. */
  abstract claim(stream: string, now: number, until: number): Promise<boolean>;

  /** Moves the end of a claim, `from` which it had; `false` when it has ended meanwhile, and somebody else may have one. */
  abstract extend(stream: string, from: number, until: number): Promise<boolean>;
}
