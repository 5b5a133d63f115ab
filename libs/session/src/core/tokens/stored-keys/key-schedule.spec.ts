import { describe, expect, it } from '@jest/globals';
import { days, minutes } from '../../options/durations.js';
import { HANDED_OVER_WITHIN, KeySchedule, PUBLISHED_BEFORE } from './key-schedule.js';

const NOW = 2_000_000_000_000;
const BELIEVED_FOR = minutes(5);
const TIMES = { every: days(90), firstAfter: 0, believedFor: BELIEVED_FOR };

const key = (place: number, signsFrom: number, retiredAt?: number) => ({
  place,
  kid: `key ${place}`,
  algorithm: 'Ed25519',
  publicJwk: '{}',
  createdAt: signsFrom - PUBLISHED_BEFORE,
  signsFrom,
  ...(retiredAt === undefined ? {} : { retiredAt }),
});
const kids = (keys: readonly { readonly kid: string }[]) => keys.map(({ kid }) => kid);

describe('A key', () => {
  const [first, second] = [key(1, NOW), key(2, NOW + days(90))];
  const schedule = new KeySchedule([first, second], TIMES);
  const handover = second.signsFrom;
  const gone = handover + HANDED_OVER_WITHIN + BELIEVED_FOR;

  it('is published long before it signs', () => {
    expect(kids(schedule.published(handover - 1))).toEqual(['key 1', 'key 2']);
    expect(schedule.signing(handover - 1)).toBe(first);
    expect(schedule.waiting(handover - 1)).toBe(second);
  });

  it('signs from its moment on', () => {
    expect(schedule.signing(handover)).toBe(second);
    expect(schedule.waiting(handover)).toBeUndefined();
  });

  it('is believed afterwards for as long as tokens of it live, of an instance too that was late to change', () => {
    expect(kids(schedule.published(gone - 1))).toEqual(['key 1', 'key 2']);
    expect(kids(schedule.published(gone))).toEqual(['key 2']);
  });

  it('has a private part that is of use until every instance has changed', () => {
    expect(schedule.isSpent(first, handover + HANDED_OVER_WITHIN - 1)).toBe(false);
    expect(schedule.isSpent(first, handover + HANDED_OVER_WITHIN)).toBe(true);
    expect(schedule.isSpent(second, gone + days(1))).toBe(false);
  });
});

describe('The next key', () => {
  it('is due in time to be published before the one that signs has signed for long enough', () => {
    const schedule = new KeySchedule([key(1, NOW)], TIMES);
    const latest = NOW + days(90) - PUBLISHED_BEFORE;
    expect(schedule.due(latest - 1)).toBeUndefined();
    expect(schedule.due(latest)).toBe(NOW + days(90));
    expect(schedule.due(NOW + days(200))).toBe(NOW + days(200) + PUBLISHED_BEFORE); // nobody was there to make it
  });

  it('is due at once where there is none, or none but retired ones', () => {
    for (const keys of [[], [key(1, NOW - 1, NOW)]]) {
      expect(new KeySchedule(keys, { ...TIMES, every: undefined }).due(NOW)).toBe(NOW);
    }
  });

  it('is never due by itself when keys sign until somebody rotates them', () => {
    expect(new KeySchedule([key(1, NOW)], { ...TIMES, every: undefined }).due(NOW + days(9_000))).toBeUndefined();
  });
});

describe('A retired key', () => {
  it('neither signs nor is believed, from that moment on', () => {
    const schedule = new KeySchedule([key(1, NOW), key(2, NOW + 10, NOW + 20)], TIMES);
    expect(kids(schedule.published(NOW + 19))).toEqual(['key 1', 'key 2']);
    expect(kids(schedule.published(NOW + 20))).toEqual(['key 1']);
    expect(schedule.signing(NOW + 20)?.kid).toBe('key 1');
  });

  it('that never signed does not end the one before it', () => {
    const schedule = new KeySchedule([key(1, NOW), key(2, NOW + 10, NOW + 5)], TIMES);
    expect(kids(schedule.published(NOW + days(80)))).toEqual(['key 1']);
    expect(schedule.isSpent(key(1, NOW), NOW + days(80))).toBe(false);
  });
});
