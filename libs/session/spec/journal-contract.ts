import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, type JournalDraft } from '../src/core/ports/journal.js';
import { TypeOrmJournal } from '../src/stores/typeorm/typeorm.journal.js';
import type { SqlDatabase, SqlEngineUnderTest } from './sql-databases.js';

const NOW = 2_000_000_000_000;
const deadline = 30_000;

/** What a session store builds on when it writes to its journal, on one engine. */
export function journalContract({ name, open }: SqlEngineUnderTest): void {
  describe(`the journal on ${name}`, () => {
    let database: SqlDatabase;
    let one: Journal;
    let two: Journal;
    let names = 0;
    const slot = () => `slot${(names += 1)}`;
    const draft = (until = NOW + 1_000): JournalDraft => {
      names += 1;
      return { operation: `operation-${names}`, act: { kind: 'end', id: `id-${names}`, reason: 'logout' }, at: NOW, until };
    };
    const entriesOf = async (of: string, after = 0) => one.after(new Map([[of, after]]), 1_000);

    beforeAll(async () => {
      database = await open();
      // Two connections of one process to one SQLite file would wait for each other, each keeping the other from going on.
      const other = name === 'sqlite' ? database.dataSource : await database.another();
      [one, two] = [new TypeOrmJournal(database.dataSource, { deadline }), new TypeOrmJournal(other, { deadline })];
    });
    afterAll(() => database.close());

    it('numbers the entries of a slot without a gap, however many write at once, and shows them in that order', async () => {
      const to = slot();
      const drafts = Array.from({ length: 40 }, () => draft());
      const places = await Promise.all(drafts.map((each, at) => (at % 2 ? one : two).append(to, [each], 0)));
      const sequences = places.flatMap((place) => place.sequences);
      expect(sequences.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
      for (const {
        sequences: [sequence = 0],
        previous,
      } of places)
        expect(previous).toBe(sequence - 1);
      const found = await entriesOf(to);
      expect(found.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
      for (const [at, { operation }] of drafts.entries()) {
        expect(found[(sequences[at] ?? 0) - 1]).toMatchObject({ operation, slot: to, settled: false });
      }
    });

    it('shows no entry before all of those below it: a later writer waits for an earlier transaction', async () => {
      const to = slot();
      let second: Promise<unknown> | undefined;
      const first = draft();
      await database.dataSource.transaction(async (manager) => {
        await one.append(to, [first], 0, manager);
        second = two.append(to, [draft()], 0);
        // On SQLite there is one connection: whoever asks waits for the commit.
        expect(name === 'sqlite' ? [] : await two.after(new Map([[to, 0]]), 1_000)).toEqual([]);
      });
      await second;
      const found = await entriesOf(to);
      expect(found[0]?.operation).toBe(first.operation);
      expect(found).toHaveLength(2);
    });

    it('writes nothing of a transaction that is rolled back, and gives its number to the next', async () => {
      const to = slot();
      const failing = database.dataSource.transaction(async (manager) => {
        await one.append(to, [draft()], 0, manager);
        throw new Error('on purpose');
      });
      await expect(failing).rejects.toThrow('on purpose');
      expect(await one.append(to, [draft()], 0)).toEqual({ sequences: [1], previous: 0 });
    });

    it('writes an operation once', async () => {
      const to = slot();
      const [first, second] = [draft(), draft()];
      await one.append(to, [first], 0);
      expect(await two.append(to, [first, second], 0)).toEqual({ sequences: [1, 2], previous: 1 });
      expect(await two.append(to, [first], 0)).toEqual({ sequences: [1], previous: 2 });
      expect([await one.placeOf(second.operation), await one.placeOf('unknown')]).toEqual([2, undefined]);
      expect(await entriesOf(to)).toHaveLength(2);
    });

    it('gives out no number that the store holds for applied', async () => {
      const to = slot();
      await one.append(to, [draft()], 0);
      expect(await one.append(to, [draft(), draft()], 7)).toEqual({ sequences: [8, 9], previous: 1 });
      expect((await entriesOf(to, 1)).map(({ sequence }) => sequence)).toEqual([8, 9]);
    });

    it('names the slots that have something to be applied, until that is settled', async () => {
      const [a, b] = [slot(), slot()];
      await one.append(a, [draft(), draft()], 0);
      await one.append(b, [draft()], 0);
      expect(
        [...(await two.unsettled())].filter(([each]) => each === a || each === b).sort(([x], [y]) => (x < y ? -1 : 1)),
      ).toEqual([
        [a, 2],
        [b, 1],
      ]);
      await two.settle(
        new Map([
          [b, 1],
          [a, 1],
        ]),
      );
      expect((await one.unsettled()).has(b)).toBe(false);
      expect((await one.unsettled()).get(a)).toBe(2);
      expect((await entriesOf(a)).map(({ settled }) => settled)).toEqual([true, false]);
      await two.settle(new Map([[a, 2]]));
      await two.settle(new Map([[a, 1]]));
      expect((await entriesOf(a)).map(({ settled }) => settled)).toEqual([true, true]);
      await one.append(a, [draft()], 2);
      expect((await one.unsettled()).get(a)).toBe(3);
      expect((await one.heads()).get(b)).toBe(1);
    });

    it('reads the entries after many positions, slot by slot', async () => {
      const slots = Array.from({ length: 130 }, slot);
      for (const to of slots) await one.append(to, [draft(), draft()], 0);
      const found = await two.after(new Map(slots.map((to) => [to, 1])), 1_000);
      expect(found.map((entry) => `${entry.slot} ${entry.sequence}`).toSorted()).toEqual(slots.map((to) => `${to} 2`).toSorted());
    });

    it('reads no more than it is asked to, and loses none where it is cut off', async () => {
      const slots = Array.from({ length: 70 }, slot);
      for (const to of slots) await one.append(to, [draft(), draft(), draft()], 0);
      const positions = new Map(slots.map((to) => [to, 0]));
      const read: string[] = [];
      for (;;) {
        const page = await two.after(positions, 50);
        expect(page.length).toBeLessThanOrEqual(50);
        if (page.length === 0) break;
        for (const entry of page) {
          expect(entry.sequence).toBe((positions.get(entry.slot) ?? 0) + 1);
          positions.set(entry.slot, entry.sequence);
          read.push(entry.slot);
        }
      }
      expect(read).toHaveLength(slots.length * 3);
    });

    it('removes what nobody needs any more', async () => {
      const to = slot();
      const [short, long] = [draft(NOW + 10), draft(NOW + 1_000_000)];
      await one.append(to, [short, long], 0);
      await one.prune(NOW + 10_000);
      expect((await entriesOf(to)).map(({ operation }) => operation)).toEqual([long.operation]);
    });

    it('gives back every kind of act as it was written', async () => {
      const to = slot();
      const record = { id: `${to}.x`, sealed: 'a "quoted" \\ text, ü', version: 3 };
      const acts = [
        { kind: 'endAll', userId: 'u', reason: 'password_changed', spared: { keep: 'x' } },
        { kind: 'endAll', userId: 'u', reason: 'password_changed', spared: { renew: { record, expectedVersion: 2 } } },
        { kind: 'keep', record },
        { kind: 'everyone', reason: 'everyone' },
      ] as JournalDraft['act'][];
      await one.append(
        to,
        acts.map((act) => ({ ...draft(), act })),
        0,
      );
      expect((await entriesOf(to)).map(({ act }) => act)).toEqual(acts);
    });
  });
}
