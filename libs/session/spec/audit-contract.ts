import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { AuditChain } from '../src/core/audit/audit-chain.js';
import { StoreUnavailableError } from '../src/core/errors.js';
import { KeyRing } from '../src/core/secrets/key-ring.js';
import { AuditRows } from '../src/stores/typeorm/audit/audit-rows.js';
import { auditTablesOf } from '../src/stores/typeorm/audit/audit-tables.js';
import { AuditWriter } from '../src/stores/typeorm/audit/audit-writer.js';
import { DatabaseLink } from '../src/stores/typeorm/database-link.js';
import { auditAttacks } from './audit-attacks.js';
import { AuditBench, DEADLINE, newKey, NOW } from './audit-bench.js';
import type { SqlEngineUnderTest } from './sql-databases.js';

const DAY = 86_400_000;

/** An audit trail that is one chain, whoever writes, and that shows what was done to it: on one engine. */
export function auditContract(engine: SqlEngineUnderTest): void {
  const { name } = engine;
  describe(`the audit trail on ${name}`, () => {
    const bench = new AuditBench(engine);
    const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

    auditAttacks(bench);

    it('gives back what was recorded, in its order and as it was, whatever it is written with', async () => {
      const trail = bench.trail();
      const odd = bench.entry({
        device: 'Zoë’s "phone" \\ 📱',
        userId: 'ünïcode',
        address: '::1',
        count: 3,
        reason: "'; DROP TABLE x; --",
      });
      const all = [bench.entry(), odd, bench.entry()];
      for (const one of all) trail.record(one);
      expect(await trail.find({})).toEqual(all.map((one, at) => ({ seq: at + 1, ...one })));
      expect(await trail.verify()).toMatchObject({ intact: true, entries: 3 });
    });

    it('is one chain without a gap or a fork, however many instances write at once', async () => {
      // Two connections of one process to one SQLite file would wait for each other, each keeping the other from going on.
      const another = name === 'sqlite' ? undefined : await bench.database.another();
      const instances = [bench.trail(), bench.trail({}, another), bench.trail()];
      for (let i = 0; i < 100; i += 1) {
        for (const trail of instances) trail.record(bench.entry());
        if (i % 20 === 0) await new Promise(setImmediate); // so that there are many transactions
      }
      await Promise.all(instances.map((trail) => trail.settled()));
      const [one] = instances;
      if (!one) throw new Error('there are three');
      expect(await bench.numbersOf(one)).toEqual(upTo(300));
      expect(await one.verify()).toMatchObject({ intact: true, entries: 300, head: { seq: 300 } });
      expect(bench.troubles).toEqual([]);
    });

    it('finds entries by whom they concern and who did it, by type in either vocabulary, by session, time and place', async () => {
      const trail = bench.trail();
      for (const one of [
        bench.entry({ userId: 'ada', sessionId: 's1', owasp: 'session_created' }),
        bench.entry({ userId: 'Ada', type: 'login.failed', owasp: 'authn_login_fail' }),
        bench.entry({ userId: 'eve', actorId: 'ada', type: 'user.disabled', owasp: 'user_updated' }),
        bench.entry({ userId: 'ada', sessionId: 's2', owasp: 'session_created', at: NOW + DAY }),
        bench.entry({ userId: 'ada ', sessionId: 's1', type: 'session.ended' }),
      ])
        trail.record(one);
      const found = async (query: Parameters<typeof trail.find>[0]) => (await trail.find(query)).map(({ seq }) => seq);
      expect(await found({ user: 'ada' })).toEqual([1, 3, 4]);
      expect(await found({ user: "ada' OR 1=1 --" })).toEqual([]);
      expect(await found({ type: 'session.opened' })).toEqual([1, 4]);
      expect(await found({ type: 'authn_login_fail' })).toEqual([2]);
      expect(await found({ without: ['session.opened', 'login.failed'] })).toEqual([3, 5]);
      expect(await found({ without: [], sessionId: 's1' })).toEqual([1, 5]);
      expect(await found({ without: ['session.opened'], sessionId: 's1', limit: 1 })).toEqual([5]);
      expect(await found({ sessionId: 's1' })).toEqual([1, 5]);
      expect(await found({ since: NOW + DAY })).toEqual([4]);
      expect(await found({ until: NOW + DAY })).toEqual([1, 2, 3, 5]);
      expect(await found({ user: 'ada', type: 'session_created', sessionId: 's2' })).toEqual([4]);
      expect(await found({ limit: 2 })).toEqual([4, 5]);
      expect(await found({ after: 1, limit: 2 })).toEqual([2, 3]);
      expect(await found({ before: 4, limit: 2 })).toEqual([2, 3]);
    });

    it('can be verified while it is written to', async () => {
      const trail = bench.trail();
      await bench.write(trail, 1_100);
      const verdicts = [];
      for (let i = 0; i < 5; i += 1) {
        for (let more = 0; more < 50; more += 1) trail.record(bench.entry());
        verdicts.push(bench.trail().verify());
      }
      for (const verdict of await Promise.all(verdicts)) expect(verdict).toMatchObject({ intact: true });
      await trail.settled();
      expect(await trail.verify()).toMatchObject({ intact: true, entries: 1_350 });
    });

    describe('when it is pruned', () => {
      it('loses the oldest entries only, says so, and can be verified as before', async () => {
        const trail = bench.trail();
        await bench.write(trail, 5, { at: NOW });
        await bench.write(trail, 1, { at: NOW + DAY });
        await bench.write(trail, 1, { at: NOW }); // of an instance that was late
        await bench.write(trail, 3, { at: NOW + DAY });
        expect(await trail.prune(NOW + 1, NOW + 2 * DAY)).toBe(5);
        expect(await bench.numbersOf(trail)).toEqual([6, 7, 8, 9, 10, 11]);
        expect((await trail.find({})).at(-1)).toMatchObject({ type: 'audit.pruned', at: NOW + 2 * DAY, count: 5 });
        expect(await trail.verify()).toMatchObject({ intact: true, entries: 6, base: { seq: 5 }, head: { seq: 11 } });
        await bench.sql(`DELETE FROM nhs_audit WHERE seq = 6`);
        expect(await trail.verify()).toEqual({ intact: false, fault: 'missing', seq: 6 });
      });

      it('may lose all of them, and goes on where it was', async () => {
        const trail = bench.trail();
        await bench.write(trail, 5);
        expect(await trail.prune(NOW + DAY, NOW + DAY)).toBe(5);
        expect(await trail.prune(NOW + DAY, NOW + DAY)).toBe(0);
        await bench.write(trail, 1);
        expect(await bench.numbersOf(trail)).toEqual([6, 7]);
        expect(await trail.verify()).toMatchObject({ intact: true, entries: 2, base: { seq: 5 } });
      });

      it('keeps entries for the retention, by itself, while it is written to', async () => {
        const trail = bench.trail({ retention: 10 * DAY });
        for (let day = 0; day < 30; day += 1) await bench.write(trail, 3, { at: NOW + day * DAY });
        const [oldest] = await trail.find({ after: 0, limit: 1 });
        expect(oldest?.at).toBe(NOW + 19 * DAY);
        expect(await trail.verify()).toMatchObject({ intact: true });
      });

      it('is verified while others prune', async () => {
        const trail = bench.trail();
        await bench.write(trail, 1_500);
        const verdict = bench.trail().verify();
        const pruned = trail.prune(NOW + bench.entries - 400);
        expect(await verdict).toMatchObject({ intact: true });
        expect(await pruned).toBeGreaterThan(1_000);
        expect(await trail.verify()).toMatchObject({ intact: true });
      });
    });

    it('is vouched for by whichever key of the ring is first, and by later keys for entries whose key is gone', async () => {
      const [oldKey = ''] = bench.keys;
      const nextKey = newKey();
      await bench.write(bench.trail(), 3);
      expect(await bench.trail({ keys: [nextKey] }).verify()).toEqual({ intact: false, fault: 'unknown_key', seq: 1 });
      await bench.write(bench.trail({ keys: [nextKey, oldKey] }), 2);
      expect(await bench.trail({ keys: [oldKey, nextKey] }).verify()).toMatchObject({ intact: true, entries: 5 });
      const later = bench.trail({ keys: [nextKey] });
      expect(await later.verify()).toMatchObject({ intact: true, entries: 5 });
      await bench.sql(`UPDATE nhs_audit SET text = REPLACE(text, 'user-1', 'user-2') WHERE seq = 2`);
      expect(await later.verify()).toEqual({ intact: false, fault: 'edited', seq: 2 });
    });

    it('writes an entry once, also when the answer of the attempt before was lost', async () => {
      const [lost, other] = [bench.trail(), bench.trail()];
      await bench.write(other, 1);
      const writer = () => {
        const rows = new AuditRows(() => auditTablesOf(bench.database.dataSource));
        return new AuditWriter(
          new DatabaseLink(bench.database.dataSource, DEADLINE),
          rows,
          new AuditChain(new KeyRing([randomBytes(32)])),
          () => {},
        );
      };
      const [first, again] = [writer(), writer()];
      await again.append([bench.entry()], false);
      const batch = [bench.entry(), bench.entry(), bench.entry()];
      await first.append(batch.slice(0, 2), false);
      await bench.write(lost, 1); // and others go on meanwhile
      await again.append(batch, true);
      const ids = (await lost.find({})).map(({ id }) => id);
      for (const { id } of batch) expect(ids.filter((each) => each === id)).toHaveLength(1);
    });

    it('says what is missing when it does not know its tables', async () => {
      const bare = await bench.database.another({ entities: [] });
      const trail = bench.trail({ patience: 10 }, bare);
      trail.record(bench.entry());
      await trail.settled();
      expect(bench.troubles).toEqual([expect.stringContaining('auditEntities')]);
    });

    it('takes no entry that it could not keep, while the database is away, and says so', async () => {
      const bare = await bench.database.another();
      const trail = bench.trail({ waiting: 3, patience: 10, deadline: 200 }, bare);
      await bench.write(trail, 1);
      await bare.destroy();
      for (let i = 0; i < 3; i += 1) trail.record(bench.entry());
      expect(() => trail.record(bench.entry())).toThrow(StoreUnavailableError);
      await trail.settled();
      expect(trail.backlog).toEqual({ waiting: 3, lost: 1 });
      await expect(trail.close()).rejects.toThrow('3 entries of the audit trail could not be written');
      expect(bench.troubles).toHaveLength(1);
    });
  });
}
