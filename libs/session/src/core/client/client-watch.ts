import type { Background } from '../background.js';
import { BoundedMap } from '../bounded-map.js';
import type { ClientContext } from '../client-context.js';
import type { SessionEventListener } from '../events.js';
import { blockOf } from '../login/client-network.js';
import type { Locate, Place } from '../ports/locate.js';
import { deviceLabel } from '../record/device-label.js';
import type { OpenedRecord } from '../record/opened-record.js';
import type { SessionRecord } from '../record/session-record.js';
import { clientOnRecord } from './known-client.js';
import { strictest, type ClientPolicies, type ClientPolicy, type ClientSignal } from './client-policies.js';
import { isImpossible } from './travel.js';

export interface ClientWatchRules {
  readonly policies: ClientPolicies;
  readonly locate: Locate | undefined;
  /** Ends a session, audited. */
  readonly end: (session: SessionRecord, client: ClientContext) => Promise<void>;
  /** Remembers where a session's client has gone. */
  readonly moved: (session: SessionRecord, client: ClientContext) => Promise<void>;
}

const REMEMBERED_REPORTS = 10_000;

/**
 * Compares whoever presents a session with what is remembered of its client: a thief's browser, network or country is often another
 * (ASVS 8.2.4). Detection, never proof. A new version of a browser is no change, and neither is another address of the same network.
 */
export class ClientWatch {
  private readonly reported = new BoundedMap<string, true>(REMEMBERED_REPORTS);

  constructor(
    private readonly background: Background,
    private readonly rules: ClientWatchRules,
    private readonly emit: SessionEventListener,
  ) {}

  /** Whether the client is the one that is remembered, as it nearly always is. */
  isAsKnown({ content }: OpenedRecord, { address, userAgent }: ClientContext): boolean {
    const known = clientOnRecord(content);
    return known.address === address && known.program === deviceLabel(userAgent);
  }

  /**
   * Reports what has changed, and answers the strictest policy that applies. Under `end` the session has ended when this returns.
   * @throws StoreUnavailableError when it cannot be ended
   */
  async judge({ record, content }: OpenedRecord, client: ClientContext, now: number): Promise<ClientPolicy> {
    const { policies, end } = this.rules;
    const known = clientOnRecord(content);
    const hasMoved = blockOf(client.address) !== blockOf(known.address);
    const travel =
      hasMoved && policies.travel !== 'ignore' && (await this.isTooFar(known.address, client.address, now - record.lastSeenAt));
    const seen: Readonly<Record<ClientSignal, boolean>> = {
      userAgent: deviceLabel(client.userAgent) !== known.program,
      network: hasMoved,
      travel,
    };
    const signals = (['userAgent', 'network', 'travel'] as const).filter(
      (signal) => seen[signal] && policies[signal] !== 'ignore',
    );
    for (const signal of signals) this.report(record, signal, policies[signal], client, now);
    const policy = strictest(signals.map((signal) => policies[signal]));
    if (policy === 'end') await end(record, client);
    else if (hasMoved && !travel && policy !== 'stepUp') this.follow(record, client);
    return policy;
  }

  /** Told once per session, signal and new client by each instance: else every request of it would be an event. */
  private report(record: SessionRecord, signal: ClientSignal, policy: ClientPolicy, client: ClientContext, at: number): void {
    const device = deviceLabel(client.userAgent);
    const key = `${record.id} ${signal} ${signal === 'userAgent' ? device : blockOf(client.address)}`;
    if (this.reported.get(key)) return;
    this.reported.set(key, true);
    const { id: sessionId, userId } = record;
    this.emit({ type: 'client.changed', at, sessionId, userId, signal, policy, address: client.address, device });
  }

  /** The next journey begins where this one ended. Only where places are looked at: otherwise nothing is written for it. */
  private follow(record: SessionRecord, client: ClientContext): void {
    if (!this.rules.locate || this.rules.policies.travel === 'ignore') return;
    void this.background.run(`moved ${record.id}`, () => this.rules.moved(record, client));
  }

  private async isTooFar(from: string, to: string, elapsed: number): Promise<boolean> {
    const [before, after] = await Promise.all([this.placeOf(from), this.placeOf(to)]);
    return before !== undefined && after !== undefined && isImpossible(before, after, elapsed);
  }

  /** A database of addresses that fails must not fail the request. */
  private async placeOf(address: string): Promise<Place | undefined> {
    try {
      return await this.rules.locate?.(address);
    } catch {
      return undefined;
    }
  }
}
