import { beforeEach, describe, expect, it } from '@jest/globals';
import { ACCEPTED, FAILED, REFUSED, SignalBench } from '../../../spec/signal-bench.js';

describe('a stream that is pushed', () => {
  let bench: SignalBench;
  beforeEach(async () => {
    bench = await SignalBench.open();
  });
  const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`);

  it('delivers all that is due in one look, some at a time', async () => {
    let underWay = 0;
    let most = 0;
    bench.answer = async () => {
      most = Math.max(most, (underWay += 1));
      await Promise.resolve();
      underWay -= 1;
      return ACCEPTED;
    };
    bench.come(...names(20));
    await bench.transmitter().look();
    expect([bench.tried, bench.outbox.waiting, most]).toEqual([names(20), [], 8]);
    expect(bench.outbox.claimedUntil).toBe(bench.clock.now());
  });

  it('leaves a receiver alone that is away, for as long again as it has been, and for a minute at the most', async () => {
    bench.answer = async () => FAILED;
    bench.come(...names(9));
    const transmitter = bench.transmitter();
    const rests: number[] = [];
    for (let look = 0; look < 9; look += 1) {
      await transmitter.look();
      rests.push((bench.outbox.claimedUntil - bench.clock.now()) / 1_000);
      bench.clock.advance(bench.outbox.claimedUntil - bench.clock.now() - 1);
      const { length } = bench.tried;
      await transmitter.look();
      expect(bench.tried).toHaveLength(length);
      bench.clock.advance(1);
    }
    expect(rests).toEqual([1, 1, 2, 4, 8, 16, 32, 60, 60]);
    expect(bench.tried.slice(0, 9)).toEqual([...names(8), 'n8']); // those that were not tried yet come first
  });

  it('delivers everything within a minute when the receiver is back, whatever the age', async () => {
    bench.answer = async () => FAILED;
    bench.come(...names(30));
    const transmitter = bench.transmitter();
    for (let minute = 0; minute < 60; minute += 1) {
      await transmitter.look();
      bench.clock.advance(60_000);
    }
    bench.answer = async () => ACCEPTED;
    await transmitter.look();
    bench.clock.advance(60_000);
    await transmitter.look();
    expect(bench.outbox.waiting).toEqual([]);
  });

  it.each([
    ['fails', FAILED],
    ['is refused', REFUSED],
  ])('is not held up by ten of which each %s', async (_, bad) => {
    const poison = names(10);
    bench.answer = async (name) => (poison.includes(name) ? bad : ACCEPTED);
    bench.come(...poison);
    const transmitter = bench.transmitter();
    await transmitter.look();
    bench.come('good');
    bench.clock.advance(1_000);
    await transmitter.look();
    expect(bench.tried).toContain('good');
    expect(bench.outbox.waiting.map(({ id }) => id)).toEqual(poison);
  });

  it('tries one that is refused again ever more rarely, and once an hour at the least', async () => {
    bench.answer = async () => REFUSED;
    bench.come('bad');
    const transmitter = bench.transmitter();
    const pauses: number[] = [];
    for (let look = 0; look < 15; look += 1) {
      await transmitter.look();
      const { dueAt = 0 } = bench.outbox.waiting[0] ?? {};
      pauses.push((dueAt - bench.clock.now()) / 1_000);
      bench.clock.advance(dueAt - bench.clock.now());
    }
    expect(pauses).toEqual([1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600]);
  });

  it('stops at once, also while a receiver hangs, and leaves the turn to others', async () => {
    bench.answer = (_, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ outcome: 'failed', why: 'broken off' })));
    bench.come(...names(20));
    const transmitter = bench.transmitter();
    const look = transmitter.look();
    while (bench.tried.length < 8) await new Promise(setImmediate);
    await transmitter.close();
    await look;
    expect([bench.tried.length, bench.outbox.waiting.length, bench.told]).toEqual([8, 20, []]);
    bench.answer = async () => ACCEPTED;
    await bench.transmitter().look();
    expect(bench.outbox.waiting).toEqual([]);
  });

  it('has the turn for as long as it says, and stops when another has it', async () => {
    bench.come(...names(20));
    bench.answer = async () => {
      if (bench.tried.length === 8) {
        bench.clock.advance(15_000);
        await bench.outbox.claim('a', bench.clock.now(), bench.clock.now() + 15_000);
      }
      return ACCEPTED;
    };
    await bench.transmitter().look();
    expect(bench.tried).toHaveLength(8);
    expect(bench.outbox.claimedUntil).toBe(bench.clock.now() + 15_000); // the other one's
  });

  it('asks for no turn where nothing is due', async () => {
    await bench.transmitter().look();
    expect(bench.outbox.claimedUntil).toBe(0);
  });

  it('says what is wrong once a minute for each reason, and once that it is over', async () => {
    const transmitter = bench.transmitter();
    const looks = async (count: number) => {
      for (let look = 0; look < count; look += 1) {
        bench.come(`${bench.clock.now()}`);
        await transmitter.look();
        bench.clock.advance(1_000);
      }
    };
    bench.answer = async (name) => (Number(name) % 2_000 === 0 ? REFUSED : ACCEPTED);
    await looks(59);
    bench.outbox.isAway = true;
    await looks(30);
    bench.outbox.isAway = false;
    expect(bench.told).toEqual([REFUSED.why, 'The database is away.']);
    bench.answer = async () => ACCEPTED;
    bench.clock.advance(60_000);
    await looks(30);
    expect(bench.told.slice(2)).toEqual([undefined]);
  });
});
