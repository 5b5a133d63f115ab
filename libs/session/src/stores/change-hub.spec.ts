import { expect, it } from '@jest/globals';
import { type Change, NAMED_AT_MOST } from '../core/ports/changes.js';
import { ChangeHub } from './change-hub.js';

function heard(act: (hub: ChangeHub) => void): Change[] {
  const changes: Change[] = [];
  const hub = new ChangeHub();
  hub.add((change) => void changes.push(change));
  act(hub);
  return changes;
}

const idsOf = (count: number, slots: readonly string[]) =>
  Array.from({ length: count }, (_, at) => `${slots[at % slots.length]}.${at}`);

it('A hub names each record that changed, as long as they are not too many', () => {
  const ids = idsOf(NAMED_AT_MOST, ['aaaa', 'bbbb']);
  expect(heard((hub) => hub.changed(ids, 7))).toEqual(ids.map((id) => ({ type: 'changed', id, at: 7 })));
});

it('A hub names the slots of too many records, each of them once', () => {
  const ids = idsOf(NAMED_AT_MOST + 1, ['aaaa', 'bbbb']);
  expect(heard((hub) => hub.changed(ids))).toEqual([
    { type: 'slot_changed', slot: 'aaaa' },
    { type: 'slot_changed', slot: 'bbbb' },
  ]);
});
