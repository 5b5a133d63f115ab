import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { AuditChain } from '../src/core/audit/audit-chain.js';
import { KeyRing } from '../src/core/secrets/key-ring.js';
import type { AuditBench } from './audit-bench.js';

/** What somebody can do who writes to the database, and how it is found. */
export function auditAttacks(bench: AuditBench): void {
  describe('whoever writes to the database', () => {
    const attacks: readonly (readonly [string, readonly string[], { fault: string; seq: number }])[] = [
      [
        'edits a text',
        [`UPDATE nhs_audit SET text = REPLACE(text, 'user-1', 'user-2') WHERE seq = 4`],
        { fault: 'edited', seq: 4 },
      ],
      ['edits a column to hide an entry', [`UPDATE nhs_audit SET user_id = 'x' WHERE seq = 4`], { fault: 'edited', seq: 4 }],
      ['moves an entry in time', ['UPDATE nhs_audit SET at = at - 1 WHERE seq = 4'], { fault: 'edited', seq: 4 }],
      ['makes an entry nobody’s', ['UPDATE nhs_audit SET user_id = NULL WHERE seq = 4'], { fault: 'edited', seq: 4 }],
      ['edits a hash', [`UPDATE nhs_audit SET hash = 'x' WHERE seq = 4`], { fault: 'edited', seq: 4 }],
      ['edits a MAC', [`UPDATE nhs_audit SET mac = 'x' WHERE seq = 4`], { fault: 'forged', seq: 4 }],
      ['removes an entry', ['DELETE FROM nhs_audit WHERE seq = 4'], { fault: 'missing', seq: 4 }],
      ['removes the first', ['DELETE FROM nhs_audit WHERE seq = 1'], { fault: 'missing', seq: 1 }],
      [
        'removes one and closes the gap',
        [
          'DELETE FROM nhs_audit WHERE seq = 4',
          ...[5, 6, 7, 8].map((seq) => `UPDATE nhs_audit SET seq = ${seq - 1} WHERE seq = ${seq}`),
        ],
        { fault: 'edited', seq: 4 },
      ],
      [
        'exchanges two entries',
        [
          [3, 99],
          [5, 3],
          [99, 5],
        ].map(([from, to]) => `UPDATE nhs_audit SET seq = ${to} WHERE seq = ${from}`),
        { fault: 'edited', seq: 3 },
      ],
      ['cuts the end off', ['DELETE FROM nhs_audit WHERE seq > 6'], { fault: 'missing', seq: 7 }],
      ['removes all entries', ['DELETE FROM nhs_audit'], { fault: 'missing', seq: 1 }],
      [
        'cuts the end off and moves the head there',
        [
          'DELETE FROM nhs_audit WHERE seq > 6',
          `UPDATE nhs_audit_heads SET seq = 6, hash = (SELECT hash FROM nhs_audit WHERE seq = 6), mac = (SELECT mac FROM nhs_audit WHERE seq = 6)`,
        ],
        { fault: 'span', seq: 7 },
      ],
      [
        'cuts the beginning off and calls it old',
        [
          `UPDATE nhs_audit_heads SET base_seq = 2, base_hash = (SELECT hash FROM nhs_audit WHERE seq = 2)`,
          'DELETE FROM nhs_audit WHERE seq <= 2',
        ],
        { fault: 'span', seq: 9 },
      ],
      ['removes what says where it ends', ['DELETE FROM nhs_audit_heads'], { fault: 'span', seq: 8 }],
      [
        'adds an entry at the end',
        [
          `INSERT INTO nhs_audit SELECT 9, 'x', at, type, owasp, user_id, actor_id, session_id, text, hash, key_id, mac FROM nhs_audit WHERE seq = 8`,
        ],
        { fault: 'edited', seq: 9 },
      ],
      [
        'puts an entry before the first',
        [
          `INSERT INTO nhs_audit SELECT 0, 'x', at, type, owasp, user_id, actor_id, session_id, text, hash, key_id, mac FROM nhs_audit WHERE seq = 8`,
        ],
        { fault: 'inserted', seq: 0 },
      ],
    ];

    it.each(attacks)('and %s is found', async (_, statements, verdict) => {
      const trail = bench.trail();
      await bench.write(trail, 8);
      expect(await trail.verify()).toMatchObject({ intact: true, entries: 8 });
      for (const statement of statements) await bench.sql(statement);
      expect(await trail.verify()).toEqual({ intact: false, ...verdict });
    });

    /** Edits the fourth entry and makes the chain fit again, as far as that can be done without the server's key. */
    const forge = async (keyId: (genuine: string) => string, head: 'leave' | 'forge') => {
      const forger = new AuditChain(new KeyRing([randomBytes(32)]));
      const rows = await bench.sql('SELECT * FROM nhs_audit ORDER BY seq');
      let previous = { seq: 3, hash: rows[2]?.['hash'] ?? '' };
      for (const { text = '', key_id: genuine = '' } of rows.slice(3)) {
        const forged = previous.seq === 3 ? text.replace('"level":"info"', '"level":"warn"') : text;
        const place = { seq: previous.seq + 1, hash: forger.hashOf(previous, forged) };
        const set = `text = '${forged}', hash = '${place.hash}', mac = '${forger.vouch(place).mac}', key_id = '${keyId(genuine)}'`;
        await bench.sql(`UPDATE nhs_audit SET ${set} WHERE seq = ${place.seq}`);
        previous = place;
      }
      if (head === 'leave') return;
      const { mac } = forger.vouchSpan({ head: previous, base: { seq: 0, hash: '' } });
      await bench.sql(
        `UPDATE nhs_audit_heads SET hash = '${previous.hash}', mac = '${mac}', key_id = '${keyId(rows[0]?.['key_id'] ?? '')}'`,
      );
    };

    it.each([
      ['under the name of the server’s key', (genuine: string) => genuine, 'forge', 'forged'],
      ['under the name of a key that nobody has', () => 'AAAAAAAA', 'leave', 'forged'],
      ['and another head, under the name of a key that nobody has', () => 'AAAAAAAA', 'forge', 'unknown_key'],
    ] as const)(
      'and makes another chain from there on, %s, is found: he has not the server’s key',
      async (_, keyId, head, fault) => {
        const trail = bench.trail();
        await bench.write(trail, 8);
        await forge(keyId, head);
        expect(await trail.verify()).toEqual({ intact: false, fault, seq: 4 });
      },
    );

    it('and puts an older trail back as a whole is found by whoever has kept a later head, and by an instance that wrote it', async () => {
      const trail = bench.trail();
      await bench.write(trail, 5);
      const [older] = await bench.sql('SELECT * FROM nhs_audit_heads');
      await bench.write(trail, 5);
      const known = await trail.head();
      await bench.sql('DELETE FROM nhs_audit WHERE seq > 5');
      const { seq, hash, mac } = older ?? {};
      await bench.sql(`UPDATE nhs_audit_heads SET seq = ${seq}, hash = '${hash}', mac = '${mac}'`);
      const stranger = bench.trail();
      expect(await stranger.verify()).toMatchObject({ intact: true, entries: 5 }); // by itself it cannot be told
      expect(await stranger.verify(known)).toEqual({ intact: false, fault: 'rolled_back', seq: 6 });
      await bench.write(trail, 1);
      expect(bench.troubles).toEqual([expect.stringContaining('rolled_back')]);
      const after = await trail.find({ after: 5 });
      expect(after).toMatchObject([
        { seq: 11, type: 'audit.damaged', reason: 'rolled_back' },
        { seq: 12, type: 'session.opened' },
      ]);
      expect(await stranger.verify()).toEqual({ intact: false, fault: 'missing', seq: 6 });
    });

    it('and writes a later entry of his own over the ones that he cut off is found by whoever has kept a head', async () => {
      const trail = bench.trail();
      await bench.write(trail, 5);
      const known = await trail.head();
      await bench.sql('DELETE FROM nhs_audit');
      await bench.sql('DELETE FROM nhs_audit_heads');
      const restarted = bench.trail();
      await bench.write(restarted, 7); // the server itself, after a restart, vouches for these
      expect(await restarted.verify()).toMatchObject({ intact: true });
      expect(await restarted.verify(known)).toEqual({ intact: false, fault: 'rolled_back', seq: 5 });
    });

    it.each([
      ['cuts the end off', 'DELETE FROM nhs_audit WHERE seq > 6', 'rows'],
      ['removes the head', 'DELETE FROM nhs_audit_heads', 'span'],
      ['spoils the head', `UPDATE nhs_audit_heads SET mac = 'x'`, 'span'],
      ['moves the head back', `UPDATE nhs_audit_heads SET seq = 6`, 'span'],
    ])('and %s does not silence the trail: what was found is told in it, and it goes on', async (_, attack, reason) => {
      await bench.write(bench.trail(), 8);
      await bench.sql(attack);
      const restarted = bench.trail();
      await bench.write(restarted, 2);
      expect(await restarted.find({ after: 8 })).toMatchObject([
        { seq: 9, type: 'audit.damaged', level: 'warn', reason },
        { seq: 10, type: 'session.opened' },
        { seq: 11, type: 'session.opened' },
      ]);
      expect(bench.troubles).toEqual([expect.stringContaining(reason)]);
      await bench.write(restarted, 1);
      expect(bench.troubles).toHaveLength(1);
    });

    it('and spoils a text does not keep the others from being read', async () => {
      const trail = bench.trail();
      await bench.write(trail, 3);
      await bench.sql(`UPDATE nhs_audit SET text = '{' WHERE seq = 2`);
      expect((await trail.find({})).map(({ type }) => type)).toEqual(['session.opened', 'audit.unreadable', 'session.opened']);
    });
  });
}
