import type { SessionEvent } from '../events.js';
import type { AuditSink } from '../ports/audit-sink.js';
import type { Clock } from '../ports/clock.js';
import { encodeBase64url } from '../secrets/base64url.js';
import type { AuditEntry, AuditFacts, HostFacts } from './audit-entry.js';
import { auditFactsOf } from './audit-facts.js';
import { plainText } from './plain-text.js';

/** Told of a sink or a listener that failed, and how often any has by now: the first time, and then ever more rarely. */
export type AuditTrouble = (error: unknown, failures: number) => void;

/** Writes the audit trail: what the library does, and what the host tells of its own acts, one entry each, to every sink. */
export class Audit {
  private failed = 0;

  constructor(
    private readonly sinks: readonly AuditSink[],
    private readonly clock: Clock,
    private readonly random: (bytes: number) => Uint8Array,
    private readonly onTrouble: AuditTrouble,
  ) {}

  /** How often a sink or a listener has failed. */
  get failures(): number {
    return this.failed;
  }

  /** Records an act of the host's own, such as one of an administrator. Never throws. */
  record(facts: HostFacts): void {
    this.write(() => ({ at: this.clock.now(), level: 'info', ...facts }));
  }

  /** Records an event. Never throws. */
  tell(event: SessionEvent): void {
    this.write(() => auditFactsOf(event));
  }

  /** Does what may fail without consequence for whoever asked. */
  attempt(action: () => unknown): void {
    try {
      const result = action();
      // A listener may be an async function: what it rejects would end the process.
      if (result instanceof Promise) result.catch((error: unknown) => this.noteFailure(error));
    } catch (error) {
      this.noteFailure(error);
    }
  }

  /** Waits until the sinks have brought home what they took. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.sinks.map((sink) => sink.close()));
    for (const result of closed) if (result.status === 'rejected') this.noteFailure(result.reason);
  }

  private write(facts: () => AuditFacts): void {
    if (this.sinks.length === 0) return; // who keeps no trail pays nothing for it
    const entry = Object.freeze({ id: encodeBase64url(this.random(16)), ...plain(facts()) });
    for (const sink of this.sinks) this.attempt(() => sink.record(entry));
  }

  private noteFailure(error: unknown): void {
    this.failed += 1;
    const isPowerOfTwo = (this.failed & (this.failed - 1)) === 0;
    if (isPowerOfTwo) this.onTrouble(error, this.failed);
  }
}

/** Only what is there, in one order, and every text plain. */
function plain(facts: AuditFacts): Omit<AuditEntry, 'id'> {
  const { at, type, outcome, level, owasp, userId, actorId, sessionId, actorSessionId, channel, address, device } = facts;
  const { resource, reason, count } = facts;
  const texts = { userId, actorId, sessionId, actorSessionId, address, device, resource, reason };
  const present: Partial<Record<keyof typeof texts, string>> = {};
  for (const [name, text] of Object.entries(texts)) if (text !== undefined) Object.assign(present, { [name]: plainText(text) });
  return {
    at,
    type: plainText(type),
    outcome,
    level,
    ...(owasp === undefined ? {} : { owasp }),
    ...(channel === undefined ? {} : { channel }),
    ...present,
    ...(count === undefined ? {} : { count }),
  };
}
