import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { POSTGRES } from '../../../spec/sql-databases.js';
import { until } from '../../../spec/until.js';
import { type Change, NAMED_AT_MOST } from '../../core/ports/changes.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { TypeOrmSessionStore } from './typeorm-session.store.js';

const NOW = 2_000_000_000_000;

it('A user with very many sessions is told of by the slot, in one message of postgres', async () => {
  const database = await POSTGRES.open();
  const store = new TypeOrmSessionStore(database.dataSource, { deadline: 30_000 });
  const heard: Change[] = [];
  const subscription = await store.changes((change) => void heard.push(change));
  const subject = aSubject();
  const fence = await store.fence(subject);
  const records = Array.from({ length: NAMED_AT_MOST + 1 }, () => aRecord(subject));
  await Promise.all(records.map((record) => store.create(randomUUID(), record, fence, NOW)));
  await store.revokeAll(randomUUID(), subject, 'logout_all', NOW);
  await store.revokeEveryone('everyone');
  await until(
    'the last message was heard',
    async () => heard.at(-1)?.type,
    (type) => type === 'everyone',
  );
  expect(heard).toEqual([
    { type: 'slot_changed', slot: subject.slot, at: expect.any(Number) },
    { type: 'everyone', at: expect.any(Number) },
  ]);
  await subscription.close();
  await database.close();
});
