import type { SessionRecord } from '../record/session-record.js';

/** The part of the record that a refresh reads and moves. */
export type RefreshState = Pick<SessionRecord, 'generation' | 'usedAt' | 'minGeneration' | 'replays'>;

export interface RefreshRule {
  /** Milliseconds for which the predecessor stays good after its successor was first used. 0: not at all. */
  readonly window: number;
  /** `use` (default), or `rotation` for hosts whose resource servers verify offline and never report a use. */
  readonly windowFrom: 'use' | 'rotation';
}

/** What a presented generation means, and the state it leaves. `undefined` state: the record is deleted. */
export type RefreshDecision =
  | { readonly outcome: 'rotated' | 'replayed' | 'healed'; readonly state: RefreshState }
  | { readonly outcome: 'superseded'; readonly state: RefreshState }
  | { readonly outcome: 'reused'; readonly state: undefined };

/** All three of the last generations saw a replay: two parties share one token (design §6). */
export const SUSPECTED_SHARING = 0b111;

/**
 * The whole refresh decision (design §6) for a token whose MAC already held and whose session lives. The predecessor dies a
 * window after its successor was *used*, not after the rotation: so a lost answer never logs an honest client out, however
 * late it retries (P4), and a second party is found at its first step outside (P5). Every store makes this one decision in
 * one atomic step; the contract suite holds each against this function.
 */
export function decideRefresh(state: RefreshState, presented: number, now: number, rule: RefreshRule): RefreshDecision {
  const { generation, usedAt, minGeneration, replays } = state;
  if (presented < minGeneration) return { outcome: 'superseded', state };
  if (presented >= generation) {
    return {
      outcome: presented === generation ? 'rotated' : 'healed',
      state: {
        generation: presented + 1,
        usedAt: rule.windowFrom === 'rotation' ? now : 0,
        minGeneration,
        replays: (replays << 1) & SUSPECTED_SHARING,
      },
    };
  }
  const successorIsNew = usedAt === 0 || (rule.window > 0 && now - usedAt <= rule.window);
  if (presented === generation - 1 && successorIsNew) {
    return { outcome: 'replayed', state: { ...state, replays: replays | 1 } };
  }
  return { outcome: 'reused', state: undefined };
}
