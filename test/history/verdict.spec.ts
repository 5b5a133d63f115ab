import { describe, expect, it } from '@jest/globals';
import type { Answer, Call, Operation, Shown } from './operation.js';
import { judge } from './verdict.js';

const RULES = { predecessorDies: 'never', limit: 3 } as const;
const cookie = (session: string): Shown => ({ kind: 'cookie', channel: 'browser', session, generation: 0 });
const login: Call = { type: 'login', channel: 'browser', password: 0, endOthers: false };

/** Calls one after the other, a millisecond each. */
function history(...told: readonly (readonly [Call, Answer])[]): readonly Operation[] {
  return told.map(([call, answer], at) => {
    const about = { id: at + 1, user: 'ada', client: 'tab', instance: 'A', call, calledAt: at * 1_000 };
    return { ...about, returned: { at: at * 1_000 + 500, answer } };
  });
}

const lawful = history(
  [login, { type: 'issued', session: 's1', generation: 0 }],
  [login, { type: 'issued', session: 's2', generation: 0 }],
  [{ type: 'check', shown: cookie('s2') }, { type: 'done' }],
  [
    { type: 'list', shown: cookie('s2') },
    { type: 'listed', sessions: ['s1', 's2'] },
  ],
  [{ type: 'logout', shown: cookie('s2') }, { type: 'done' }],
  [{ type: 'check', shown: cookie('s2') }, { type: 'refused' }],
  [{ type: 'logout', shown: cookie('s1') }, { type: 'done' }],
);
const tooLate: Operation = {
  id: 8,
  user: 'ada',
  client: 'tab',
  instance: 'B',
  call: { type: 'check', shown: cookie('s1') },
  calledAt: 7_000,
  returned: { at: 9_000, answer: { type: 'done' } },
};

describe('A verdict', () => {
  it('finds nothing in a lawful history, and counts what it saw', () => {
    const meanwhile: Operation = { ...tooLate, id: 9, calledAt: 6_200, call: { type: 'check', shown: cookie('s1') } };
    const { returned: _, ...unanswered } = { ...tooLate, id: 10 };
    expect(judge([lawful, [...lawful, meanwhile, unanswered]], RULES)).toMatchObject({
      violation: undefined,
      calls: 16,
      unanswered: 1,
      overlapping: 2,
    });
  });

  it('tells what cannot be, what was true before, and only those calls that it takes to see it', () => {
    expect(judge([lawful, [...lawful, tooLate]], RULES).violation).toBe(
      [
        'No order of atomic steps explains how ada was answered:',
        '  #8     7.000 ..    9.000  tab at B: request with cookie of s1 generation 0 -> done',
        'What may have been true just before (1):',
        '  password 0; no session lives',
        'How it came to that (milliseconds from the first line):',
        '  #1     0.000 ..    0.500  tab at A: browser login, password 0 -> s1 generation 0',
        '  #7     6.000 ..    6.500  tab at A: logout with cookie of s1 generation 0 -> done',
        '  #8     7.000 ..    9.000  tab at B: request with cookie of s1 generation 0 -> done',
      ].join('\n'),
    );
  });
});
