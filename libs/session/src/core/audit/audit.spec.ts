import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { ManualClock } from '../../../spec/manual-clock.js';
import { AuditSink } from '../ports/audit-sink.js';
import type { AuditEntry } from './audit-entry.js';
import { Audit } from './audit.js';
import { asciiJson } from './ascii-json.js';

class KeptEntries extends AuditSink {
  readonly entries: AuditEntry[] = [];
  isClosed = false;

  record(entry: AuditEntry): void {
    this.entries.push(entry);
  }

  override async close(): Promise<void> {
    this.isClosed = true;
  }
}

class FullDisk extends AuditSink {
  record(): void {
    throw new Error('the disk is full');
  }

  override close(): Promise<void> {
    return Promise.reject(new Error('the disk is still full'));
  }
}

function audited(...sinks: readonly AuditSink[]) {
  const troubles: string[] = [];
  const clock = new ManualClock();
  const audit = new Audit(sinks, clock, randomBytes, (error, failures) => troubles.push(`${failures}: ${String(error)}`));
  return { audit, troubles, clock };
}

const EVENT = { type: 'csrf.refused', at: 1, address: '192.0.2.1' } as const;

describe('the audit trail', () => {
  it('gives every sink the same entry, once, with a name of its own, which nobody can change', () => {
    const [one, two] = [new KeptEntries(), new KeptEntries()];
    const { audit } = audited(one, two);
    audit.tell(EVENT);
    audit.tell(EVENT);
    const told = { ...EVENT, outcome: 'failure', level: 'warn', owasp: 'malicious_csrf' };
    expect(one.entries).toEqual([
      { id: expect.stringMatching(/^[\w-]{22}$/), ...told },
      { id: expect.stringMatching(/^[\w-]{22}$/), ...told },
    ]);
    expect(two.entries).toEqual(one.entries);
    expect(new Set(one.entries.map(({ id }) => id)).size).toBe(2);
    expect(one.entries.every(Object.isFrozen)).toBe(true);
  });

  it('takes the acts of the host as well, now and harmless unless it says otherwise', () => {
    const kept = new KeptEntries();
    const { audit, clock } = audited(kept);
    audit.record({ type: 'user.disabled', outcome: 'success', userId: 'u', actorId: 'a' });
    audit.record({ type: 'user.disabled', outcome: 'failure', at: 5, level: 'warn' });
    expect(kept.entries).toMatchObject([
      { type: 'user.disabled', at: clock.now(), level: 'info', userId: 'u', actorId: 'a' },
      { at: 5, level: 'warn' },
    ]);
  });

  it('holds plain texts only, whoever chose them', () => {
    const kept = new KeptEntries();
    const { audit } = audited(kept);
    const evil = '\r\n{"type":"forged"}\u001b[2J\u202e\u0000';
    audit.record({ type: evil, outcome: 'success', userId: evil, actorId: evil, address: evil, device: evil, resource: evil });
    audit.record({ type: 'x', outcome: 'success', reason: evil, sessionId: evil, actorSessionId: evil });
    // What is left of them is printable, but for the JSON of the test itself.
    expect(kept.entries.map((entry) => JSON.stringify(entry)).join('')).toMatch(/^[^\p{Cc}\p{Cf}]+$/u);
    const lines = kept.entries.map(asciiJson);
    expect(lines.join('')).toMatch(/^[\u0020-\u007e]+$/);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(kept.entries);
  });

  it('goes on to the other sinks when one fails, which is counted, and told ever more rarely', () => {
    const kept = new KeptEntries();
    const { audit, troubles } = audited(new FullDisk(), kept);
    for (let i = 0; i < 9; i += 1) audit.tell(EVENT);
    expect(kept.entries).toHaveLength(9);
    expect(audit.failures).toBe(9);
    expect(troubles).toEqual([1, 2, 4, 8].map((count) => `${count}: Error: the disk is full`));
  });

  it('closes every sink, also when one cannot bring home what it took', async () => {
    const kept = new KeptEntries();
    const { audit, troubles } = audited(new FullDisk(), kept);
    await audit.close();
    expect(kept.isClosed).toBe(true);
    expect(troubles).toEqual(['1: Error: the disk is still full']);
  });
});
