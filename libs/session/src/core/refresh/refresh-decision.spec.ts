import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { explore, present } from '../../../spec/refresh-exploration.js';
import { decideRefresh, SUSPECTED_SHARING, type RefreshRule, type RefreshState } from './refresh-decision.js';

const NOW = 1_700_000_000_000;
const RULE: RefreshRule = { window: 30_000, windowFrom: 'use' };
const FROM_ROTATION: RefreshRule = { ...RULE, windowFrom: 'rotation' };
const NO_WINDOW: RefreshRule = { ...RULE, window: 0 };

const state = (change: Partial<RefreshState> = {}): RefreshState => ({
  generation: 5,
  usedAt: 0,
  minGeneration: 0,
  replays: 0,
  ...change,
});

describe('refresh decision, every order of events', () => {
  const circumstances = [
    { thief: false, rollBack: false, atLeast: 130 },
    { thief: false, rollBack: true, atLeast: 1_000 },
    { thief: true, rollBack: false, atLeast: 1_500 },
    { thief: true, rollBack: true, atLeast: 15_000 },
  ];

  it.each(circumstances)('never refuses the honest client (S1; thief: $thief, roll-back: $rollBack)', ({ atLeast, ...given }) => {
    const { states, violation } = explore(given, RULE);
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(atLeast);
  });

  it.each(circumstances)(
    'never refuses a client that does one thing at a time, even without a window (thief: $thief, roll-back: $rollBack)',
    (given) => {
      expect(explore({ ...given, oneAtATime: true }, NO_WINDOW).violation).toBeUndefined();
    },
  );

  it('has a price without a window: of two parallel refreshes the later one is theft once the first is used', () => {
    expect(explore({ thief: false, rollBack: false }, NO_WINDOW).violation).toEqual([
      'client sends 0',
      'client sends 0',
      'server: rotated 0 -> 1',
      'answer 1 arrives',
      'client uses access token 1',
      'server: reused for 0',
    ]);
  });

  it.each(circumstances)(
    'would refuse it if the window counted from the rotation (thief: $thief, roll-back: $rollBack)',
    (given) => {
      const { violation } = explore(given, FROM_ROTATION);
      expect(violation).toEqual([
        'client sends 0',
        'server: rotated 0 -> 1',
        'answer 1 is lost',
        'the window closes',
        'client sends 0',
        'server: reused for 0',
      ]);
    },
  );

  it.each([RULE, FROM_ROTATION, NO_WINDOW])(
    'ends the session when a second party shows its token outside the window (S2, %j)',
    (rule) => {
      for (let order = 1; order < 255; order += 1) {
        const parties = Array.from({ length: 8 }, (_, i) => (order >> i) & 1);
        const second = parties.findIndex((party) => party !== parties[0]);
        expect(stepsUntilDead(parties, rule)).toBe(second);
      }
    },
  );
});

/** How many presentations succeed when each party shows the newest token it was ever given, each a window after the last. */
function stepsUntilDead(parties: readonly number[], rule: RefreshRule): number {
  const held = [1, 1];
  let server: Parameters<typeof present>[0] = { generation: 1, use: 'old', alive: true };
  for (const [i, party] of parties.entries()) {
    [, server] = present(server, held[party] ?? 0, rule);
    if (!server.alive) return i;
    held[party] = server.generation;
    server = { ...server, use: 'old' };
  }
  return parties.length;
}

describe('refresh decision, line by line', () => {
  it('superseded: a generation below the lowest accepted one changes nothing and ends nothing', () => {
    const before = state({ minGeneration: 4 });
    expect(decideRefresh(before, 3, NOW, RULE)).toEqual({ outcome: 'superseded', state: before });
  });

  it('superseded wins over replayed: the direct predecessor of a renewed secret is dead at once', () => {
    expect(decideRefresh(state({ minGeneration: 5 }), 4, NOW, RULE).outcome).toBe('superseded');
  });

  it('rotated: the current generation moves on, and its successor is unused', () => {
    const decision = decideRefresh(state({ usedAt: NOW - 10, minGeneration: 2 }), 5, NOW, RULE);
    expect(decision).toEqual({ outcome: 'rotated', state: { generation: 6, usedAt: 0, minGeneration: 2, replays: 0 } });
  });

  it('replayed: the predecessor of a successor that was never used is good however late', () => {
    const decision = decideRefresh(state(), 4, NOW + 365 * 86_400_000, RULE);
    expect(decision).toEqual({ outcome: 'replayed', state: state({ replays: 1 }) });
  });

  it('replayed: the predecessor is good until the window after the first use has passed, that moment included', () => {
    const before = state({ usedAt: NOW - RULE.window });
    expect(decideRefresh(before, 4, NOW, RULE)).toEqual({ outcome: 'replayed', state: { ...before, replays: 1 } });
  });

  it('reused: one millisecond later the session is deleted', () => {
    expect(decideRefresh(state({ usedAt: NOW - RULE.window - 1 }), 4, NOW, RULE)).toEqual({
      outcome: 'reused',
      state: undefined,
    });
  });

  it('reused: an older generation is theft even while the successor is unused', () => {
    expect(decideRefresh(state(), 3, NOW, RULE).outcome).toBe('reused');
    expect(decideRefresh(state({ usedAt: NOW }), 0, NOW, RULE).outcome).toBe('reused');
  });

  it('healed: a generation the store has forgotten moves it past that generation', () => {
    const decision = decideRefresh(state({ usedAt: NOW - 10 }), 7, NOW, RULE);
    expect(decision).toEqual({ outcome: 'healed', state: { generation: 8, usedAt: 0, minGeneration: 0, replays: 0 } });
  });

  it('healed: afterwards the retry of the same token is a replay, not a theft', () => {
    const { state: healed } = decideRefresh(state(), 7, NOW, RULE);
    expect(decideRefresh(healed ?? state(), 7, NOW + 1, RULE).outcome).toBe('replayed');
  });
});

describe('refresh decision without a window', () => {
  it('kills the predecessor as soon as its successor is used, in the same millisecond', () => {
    expect(decideRefresh(state({ usedAt: NOW }), 4, NOW, NO_WINDOW).outcome).toBe('reused');
  });

  it('still forgives a lost answer: an unused successor leaves the predecessor good', () => {
    expect(decideRefresh(state(), 4, NOW + 86_400_000, NO_WINDOW).outcome).toBe('replayed');
  });
});

describe('refresh decision with the window counted from the rotation', () => {
  it('starts the window when it rotates and when it heals', () => {
    expect(decideRefresh(state(), 5, NOW, FROM_ROTATION).state?.usedAt).toBe(NOW);
    expect(decideRefresh(state(), 9, NOW, FROM_ROTATION).state?.usedAt).toBe(NOW);
  });

  it('takes the predecessor for theft a window later, used or not', () => {
    const { state: rotated } = decideRefresh(state(), 5, NOW, FROM_ROTATION);
    expect(decideRefresh(rotated ?? state(), 5, NOW + RULE.window, FROM_ROTATION).outcome).toBe('replayed');
    expect(decideRefresh(rotated ?? state(), 5, NOW + RULE.window + 1, FROM_ROTATION).outcome).toBe('reused');
  });
});

describe('replays of a session', () => {
  /** Rotates once per entry; `true` shows the predecessor again after the rotation. */
  const replaysAfter = (turns: readonly boolean[]): number => {
    let current = state({ generation: 0 });
    for (const isReplayed of turns) {
      current = decideRefresh(current, current.generation, NOW, RULE).state ?? current;
      if (isReplayed) current = decideRefresh(current, current.generation - 1, NOW, RULE).state ?? current;
    }
    return current.replays;
  };

  it('suspects sharing when each of the last three generations saw one', () => {
    expect(replaysAfter([true, true, true])).toBe(SUSPECTED_SHARING);
    expect(replaysAfter([false, true, true, true])).toBe(SUSPECTED_SHARING);
  });

  it('does not when one of the three saw none', () => {
    for (const turns of [
      [true, true],
      [true, true, false],
      [true, false, true],
      [false, true, true],
      [true, true, true, false],
    ]) {
      expect(replaysAfter(turns)).not.toBe(SUSPECTED_SHARING);
    }
  });

  it('counts a generation once, however often its predecessor comes back', () => {
    const once = decideRefresh(state(), 4, NOW, RULE).state ?? state();
    expect(decideRefresh(once, 4, NOW, RULE).state?.replays).toBe(once.replays);
  });

  it('never change the decision', () => {
    const states = fc.record({
      generation: fc.nat(6),
      usedAt: fc.constantFrom(0, NOW - RULE.window - 1, NOW - RULE.window, NOW),
      minGeneration: fc.nat(6),
    });
    fc.assert(
      fc.property(
        states,
        fc.nat(8),
        fc.nat(7),
        fc.constantFrom(RULE, FROM_ROTATION, NO_WINDOW),
        (given, presented, replays, rule) => {
          const without = decideRefresh({ ...given, replays: 0 }, presented, NOW, rule);
          const decision = decideRefresh({ ...given, replays }, presented, NOW, rule);
          expect(decision.outcome).toBe(without.outcome);
          expect(decision.state?.replays ?? 0).toBeLessThanOrEqual(SUSPECTED_SHARING);
        },
      ),
    );
  });
});
