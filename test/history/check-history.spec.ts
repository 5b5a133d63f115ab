import { describe, expect, it } from '@jest/globals';
import { checkHistory } from './check-history.js';
import type { Answer, Call, Operation, Rules, Shown } from './operation.js';

const RULES: Rules = { predecessorDies: 'never', limit: 3 };
const AT_ONCE: Rules = { ...RULES, predecessorDies: 'at-once' };

type Span = readonly [from: number, to?: number];

const done: Answer = { type: 'done' };
const refused: Answer = { type: 'refused' };
const issued = (session: string, generation = 0): Answer => ({ type: 'issued', session, generation });
const ended = (count: number): Answer => ({ type: 'ended', count });
const listed = (...sessions: string[]): Answer => ({ type: 'listed', sessions });

const cookie = (session: string, generation = 0): Shown => ({ kind: 'cookie', channel: 'browser', session, generation });
const access = (session: string, generation = 0): Shown => ({ kind: 'access', channel: 'api', session, generation });

/** A history in the order in which it is written. */
class Told {
  readonly operations: Operation[] = [];

  private told([calledAt, at]: Span, call: Call, answer: Answer): this {
    const id = this.operations.length + 1;
    const about = { id, user: 'ada', client: `ada-${id}`, instance: 'A', call, calledAt };
    this.operations.push(at === undefined ? about : { ...about, returned: { at, answer } });
    return this;
  }

  login(
    span: Span,
    answer: Answer,
    { channel = 'api', password = 0, endOthers = false }: Partial<Extract<Call, { type: 'login' }>> = {},
  ) {
    return this.told(span, { type: 'login', channel, password, endOthers }, answer);
  }
  check(span: Span, shown: Shown, answer: Answer) {
    return this.told(span, { type: 'check', shown }, answer);
  }
  refresh(span: Span, session: string, generation: number, answer: Answer) {
    return this.told(span, { type: 'refresh', session, generation }, answer);
  }
  revokeToken(span: Span, session: string, generation: number) {
    return this.told(span, { type: 'revokeToken', session, generation }, done);
  }
  logout(span: Span, shown: Shown) {
    return this.told(span, { type: 'logout', shown }, done);
  }
  endOne(span: Span, shown: Shown, target: string, answer: Answer) {
    return this.told(span, { type: 'endOne', shown, target }, answer);
  }
  endOthers(span: Span, shown: Shown, answer: Answer) {
    return this.told(span, { type: 'endOthers', shown }, answer);
  }
  endAll(span: Span, shown: Shown, answer: Answer) {
    return this.told(span, { type: 'endAll', shown }, answer);
  }
  list(span: Span, shown: Shown, answer: Answer) {
    return this.told(span, { type: 'list', shown }, answer);
  }
  tokenOfCookie(span: Span, shown: Shown, answer: Answer) {
    return this.told(span, { type: 'tokenOfCookie', shown }, answer);
  }
  reauthenticate(span: Span, shown: Shown, password: number, answer: Answer) {
    return this.told(span, { type: 'reauthenticate', shown, password }, answer);
  }
  changePassword(span: Span, shown: Shown, [current, next]: readonly [number, number], answer: Answer) {
    return this.told(span, { type: 'changePassword', shown, current, next }, answer);
  }
}

const told = () => new Told();
/** The number of the first call that cannot be explained. */
const firstWrong = (history: Told, rules = RULES) => checkHistory(history.operations, rules).violation?.operation.id;

interface Rule {
  readonly rule: string;
  readonly lawful: Told;
  readonly unlawful: Told;
  readonly rules?: Rules;
}

const api = () => told().login([0, 1], issued('s1'));
const browser = () => told().login([0, 1], issued('s1'), { channel: 'browser' });
/** A login with the right password that is refused, with one end of all beside it: once fenced is not enough. */
const fencedBy = (before: Told) =>
  before
    .changePassword([5, 6], access('s2'), [0, 2], issued('s2', 1))
    .endAll([9, 10], access('s2', 1), ended(1))
    .login([8, 12], refused, { password: 2 });
const two = () => api().login([2, 3], issued('s2'));

/** Each rule of the model by a history that keeps it, and one that differs as little as can be and breaks it with its last call. */
const RULE_BY_RULE: readonly Rule[] = [
  {
    rule: 'a login with the wrong password is refused',
    lawful: told().login([0, 1], refused, { password: 7 }),
    unlawful: told().login([0, 1], issued('s1'), { password: 7 }),
  },
  {
    rule: 'a login with the right password succeeds when nothing comes between',
    lawful: told().login([0, 1], issued('s1')),
    unlawful: told().login([0, 1], refused),
  },
  {
    rule: 'one more than the limit is refused',
    lawful: two().login([4, 5], issued('s3')).login([6, 7], { type: 'limitReached' }),
    unlawful: two().login([4, 5], issued('s3')).login([6, 7], issued('s4')),
  },
  {
    rule: 'the limit is one per channel',
    lawful: two().login([4, 5], issued('s3')).login([6, 7], issued('s4'), { channel: 'browser' }),
    unlawful: two().login([4, 5], issued('s3')).login([6, 7], { type: 'limitReached' }, { channel: 'browser' }),
  },
  {
    rule: 'parallel logins do not pass the limit together',
    lawful: two().login([4, 9], issued('s3')).login([4, 9], { type: 'limitReached' }),
    unlawful: two().login([4, 9], issued('s3')).login([4, 10], issued('s4')),
  },
  {
    rule: 'a login that ends others ends those of its channel',
    lawful: two().login([4, 5], issued('s3'), { endOthers: true }).check([6, 7], access('s1'), refused),
    unlawful: two().login([4, 5], issued('s3'), { endOthers: true }).check([6, 7], access('s1'), done),
  },
  {
    rule: 'a living session is accepted',
    lawful: browser().check([2, 3], cookie('s1'), done),
    unlawful: browser().check([2, 3], cookie('s1'), refused),
  },
  {
    rule: 'logout ends the session before it answers (P1)',
    lawful: browser().logout([2, 3], cookie('s1')).check([4, 5], cookie('s1'), refused),
    unlawful: browser().logout([2, 3], cookie('s1')).check([4, 5], cookie('s1'), done),
  },
  {
    rule: 'a request during the logout may be accepted, and none that is sent after one that was refused',
    lawful: browser().logout([2, 9], cookie('s1')).check([3, 4], cookie('s1'), done).check([5, 6], cookie('s1'), refused),
    unlawful: browser().logout([2, 9], cookie('s1')).check([3, 4], cookie('s1'), refused).check([5, 6], cookie('s1'), done),
  },
  {
    rule: 'a logout whose answer was lost may act at any later time, but not be undone',
    lawful: browser().logout([2], cookie('s1')).check([4, 5], cookie('s1'), done).check([6, 7], cookie('s1'), refused),
    unlawful: browser().logout([2], cookie('s1')).check([4, 5], cookie('s1'), refused).check([6, 7], cookie('s1'), done),
  },
  {
    rule: 'logout with a replaced cookie ends nothing',
    lawful: browser()
      .reauthenticate([2, 3], cookie('s1'), 0, issued('s1', 1))
      .logout([4, 5], cookie('s1'))
      .check([6, 7], cookie('s1', 1), done),
    unlawful: browser()
      .reauthenticate([2, 3], cookie('s1'), 0, issued('s1', 1))
      .logout([4, 5], cookie('s1'))
      .check([6, 7], cookie('s1', 1), refused),
  },
  {
    rule: 'a logout that was let in ends the session also when it is renewed meanwhile',
    lawful: browser()
      .logout([2, 9], cookie('s1'))
      .reauthenticate([3, 4], cookie('s1'), 0, issued('s1', 1))
      .check([10, 11], cookie('s1', 1), refused),
    unlawful: browser()
      .logout([5, 9], cookie('s1'))
      .reauthenticate([3, 4], cookie('s1'), 0, issued('s1', 1))
      .check([10, 11], cookie('s1', 1), refused),
  },
  {
    rule: 'the current refresh token rotates by one',
    lawful: api().refresh([2, 3], 's1', 0, issued('s1', 1)),
    unlawful: api().refresh([2, 3], 's1', 0, issued('s1', 2)),
  },
  {
    rule: 'parallel refreshes get the same successor (P4)',
    lawful: api().refresh([2, 9], 's1', 0, issued('s1', 1)).refresh([3, 8], 's1', 0, issued('s1', 1)),
    unlawful: api().refresh([2, 9], 's1', 0, issued('s1', 1)).refresh([3, 8], 's1', 0, issued('s1', 2)),
  },
  {
    rule: 'a late repetition gets the same successor while the window is open',
    lawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .check([4, 5], access('s1', 1), done)
      .refresh([6, 7], 's1', 0, issued('s1', 1)),
    unlawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .check([4, 5], access('s1', 1), done)
      .refresh([6, 7], 's1', 0, refused),
  },
  {
    rule: 'a token two behind is theft and ends the session (P5)',
    lawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .refresh([4, 5], 's1', 1, issued('s1', 2))
      .refresh([6, 7], 's1', 0, refused)
      .check([8, 9], access('s1', 2), refused),
    unlawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .refresh([4, 5], 's1', 1, issued('s1', 2))
      .refresh([6, 7], 's1', 0, refused)
      .check([8, 9], access('s1', 2), done),
  },
  {
    rule: 'without a window the predecessor is theft once the successor was used',
    lawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .check([4, 5], access('s1', 1), done)
      .refresh([6, 7], 's1', 0, refused),
    unlawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .check([4, 5], access('s1', 1), done)
      .refresh([6, 7], 's1', 0, issued('s1', 1)),
    rules: AT_ONCE,
  },
  {
    rule: 'without a window the predecessor is good until then, also beside the first use',
    lawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .check([4, 9], access('s1', 1), done)
      .refresh([5, 6], 's1', 0, issued('s1', 1)),
    unlawful: api().refresh([2, 3], 's1', 0, issued('s1', 1)).refresh([5, 6], 's1', 0, refused),
    rules: AT_ONCE,
  },
  {
    rule: 'a refresh never brings a session back (P3)',
    lawful: api()
      .refresh([2, 9], 's1', 0, issued('s1', 1))
      .logout([3, 8], access('s1'))
      .check([10, 11], access('s1', 1), refused),
    unlawful: api().refresh([2, 9], 's1', 0, issued('s1', 1)).logout([3, 8], access('s1')).check([10, 11], access('s1', 1), done),
  },
  {
    rule: 'a refresh after the end is refused',
    lawful: api().logout([2, 3], access('s1')).refresh([4, 5], 's1', 0, refused),
    unlawful: api().logout([2, 3], access('s1')).refresh([4, 5], 's1', 0, issued('s1', 1)),
  },
  {
    rule: 'RFC 7009 ends the session of a good refresh token',
    lawful: api().revokeToken([2, 3], 's1', 0).check([4, 5], access('s1'), refused),
    unlawful: api().revokeToken([2, 3], 's1', 0).check([4, 5], access('s1'), done),
  },
  {
    rule: 'RFC 7009 with a token two behind ends nothing',
    lawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .refresh([4, 5], 's1', 1, issued('s1', 2))
      .revokeToken([6, 7], 's1', 0)
      .check([8, 9], access('s1', 2), done),
    unlawful: api()
      .refresh([2, 3], 's1', 0, issued('s1', 1))
      .refresh([4, 5], 's1', 1, issued('s1', 2))
      .revokeToken([6, 7], 's1', 0)
      .check([8, 9], access('s1', 2), refused),
  },
  {
    rule: 'one session is ended once',
    lawful: two().endOne([4, 5], access('s1'), 's2', done).endOne([6, 7], access('s1'), 's2', { type: 'notFound' }),
    unlawful: two().endOne([4, 5], access('s1'), 's2', done).endOne([6, 7], access('s1'), 's2', done),
  },
  {
    rule: 'ending the others spares one’s own, and says how many',
    lawful: two().endOthers([4, 5], access('s1'), ended(1)).check([6, 7], access('s1'), done),
    unlawful: two().endOthers([4, 5], access('s1'), ended(2)),
  },
  {
    rule: 'ending the others ends them',
    lawful: two().endOthers([4, 5], access('s1'), ended(1)).check([6, 7], access('s2'), refused),
    unlawful: two().endOthers([4, 5], access('s1'), ended(1)).check([6, 7], access('s2'), done),
  },
  {
    rule: 'ending all ends one’s own too, and counts it',
    lawful: two().endAll([4, 5], access('s1'), ended(2)).check([6, 7], access('s1'), refused),
    unlawful: two().endAll([4, 5], access('s1'), ended(1)),
  },
  {
    rule: 'who was ended may end nothing',
    lawful: two().endAll([4, 5], access('s1'), ended(2)).endAll([6, 7], access('s1'), refused),
    unlawful: two().endAll([4, 5], access('s1'), ended(2)).endAll([6, 7], access('s1'), ended(0)),
  },
  {
    rule: 'a list shows exactly the living',
    lawful: two().logout([4, 5], access('s2')).list([6, 7], access('s1'), listed('s1')),
    unlawful: two().logout([4, 5], access('s2')).list([6, 7], access('s1'), listed('s1', 's2')),
  },
  {
    rule: 'a list may show the session of a login that nobody heard the answer of, and no other stranger',
    lawful: api().login([2], done).list([4, 5], access('s1'), listed('s1', 's9')),
    unlawful: api()
      .login([2], done)
      .list([4, 5], access('s1'), listed('s1', 's9', 's8')),
  },
  {
    rule: 'an access token of a cookie dies with its session (P1)',
    lawful: browser()
      .tokenOfCookie([2, 3], cookie('s1'), issued('s1'))
      .logout([4, 5], cookie('s1'))
      .check([6, 7], { ...access('s1'), channel: 'browser' }, refused),
    unlawful: browser()
      .tokenOfCookie([2, 3], cookie('s1'), issued('s1'))
      .logout([4, 5], cookie('s1'))
      .check([6, 7], { ...access('s1'), channel: 'browser' }, done),
  },
  {
    rule: 're-authentication makes a new secret and kills the old',
    lawful: browser().reauthenticate([2, 3], cookie('s1'), 0, issued('s1', 1)).check([4, 5], cookie('s1'), refused),
    unlawful: browser().reauthenticate([2, 3], cookie('s1'), 0, issued('s1', 1)).check([4, 5], cookie('s1'), done),
  },
  {
    rule: 're-authentication asks for the right password',
    lawful: browser().reauthenticate([2, 3], cookie('s1'), 5, refused),
    unlawful: browser().reauthenticate([2, 3], cookie('s1'), 5, issued('s1', 1)),
  },
  {
    rule: 'of two parallel re-authentications with one credential the second is refused or comes first',
    lawful: browser().reauthenticate([2, 9], cookie('s1'), 0, issued('s1', 1)).reauthenticate([2, 9], cookie('s1'), 0, refused),
    unlawful: browser()
      .reauthenticate([2, 9], cookie('s1'), 0, issued('s1', 1))
      .reauthenticate([2, 9], cookie('s1'), 0, issued('s1', 2)),
  },
  {
    rule: 'a change of password renews one’s own session and ends the others (P2)',
    lawful: two()
      .changePassword([4, 5], access('s1'), [0, 1], issued('s1', 1))
      .check([6, 7], access('s1', 1), done)
      .check([8, 9], access('s2'), refused),
    unlawful: two()
      .changePassword([4, 5], access('s1'), [0, 1], issued('s1', 1))
      .check([6, 7], access('s1', 1), done)
      .check([8, 9], access('s2'), done),
  },
  {
    rule: 'after a change of password only the new one is right',
    lawful: api().changePassword([4, 5], access('s1'), [0, 1], issued('s1', 1)).login([6, 7], issued('s2'), { password: 1 }),
    unlawful: api().changePassword([4, 5], access('s1'), [0, 1], issued('s1', 1)).login([6, 7], issued('s2')),
  },
  {
    rule: 'a login in flight with the old password does not survive the change (P2)',
    lawful: api()
      .login([2, 10], issued('s2'))
      .changePassword([4, 8], access('s1'), [0, 1], issued('s1', 1))
      .check([11, 12], access('s2'), refused),
    unlawful: api()
      .login([2, 10], issued('s2'))
      .changePassword([4, 8], access('s1'), [0, 1], issued('s1', 1))
      .check([11, 12], access('s2'), done),
  },
  {
    rule: 'a login in flight with the new password survives it only after the end',
    lawful: api()
      .login([2, 10], issued('s2'), { password: 1 })
      .changePassword([4, 8], access('s1'), [0, 1], issued('s1', 1))
      .check([11, 12], access('s2'), done),
    unlawful: api().login([2, 3], issued('s2'), { password: 1 }),
  },
  {
    rule: 'of two parallel changes of password one succeeds',
    lawful: two()
      .changePassword([4, 9], access('s1'), [0, 1], issued('s1', 1))
      .changePassword([4, 9], access('s2'), [0, 2], refused),
    unlawful: two()
      .changePassword([4, 9], access('s1'), [0, 1], issued('s1', 1))
      .changePassword([4, 9], access('s2'), [0, 2], issued('s2', 1)),
  },
  {
    rule: 'a change of password whose own session ended meanwhile ends all the same',
    lawful: two()
      .changePassword([4, 9], access('s1'), [0, 1], refused)
      .logout([4, 9], access('s1'))
      .login([10, 11], issued('s3'), { password: 1 })
      .check([12, 13], access('s2'), refused),
    unlawful: two()
      .changePassword([4, 9], access('s1'), [0, 1], refused)
      .logout([4, 9], access('s1'))
      .login([10, 11], issued('s3'), { password: 1 })
      .check([12, 13], access('s2'), done),
  },
  {
    rule: 'a change of password whose answer was lost may be half done, or not at all',
    lawful: two()
      .changePassword([4], access('s1'), [0, 1], done)
      .login([6, 7], issued('s3'), { password: 1 })
      .check([8, 9], access('s2'), done)
      .check([10, 11], access('s2'), refused),
    unlawful: two()
      .changePassword([4], access('s1'), [0, 1], done)
      .login([6, 7], issued('s3'), { password: 1 })
      .login([8, 9], issued('s4')),
  },
  {
    rule: 'a change of password whose answer was lost may move the fence after another change, and a login is refused that was fenced twice',
    lawful: fencedBy(two().changePassword([4], access('s1'), [0, 1], done)),
    unlawful: fencedBy(two()),
  },
  {
    rule: 'nothing is taken back, whatever was unexpected',
    lawful: api().check([2, 3], access('s1'), done),
    unlawful: api().check([2, 3], access('s1'), { type: 'unexpected', what: 'HTTP 500' }),
  },
];

describe('The checker of histories', () => {
  it.each(RULE_BY_RULE)('knows that $rule', ({ lawful, unlawful, rules }) => {
    expect(firstWrong(lawful, rules)).toBeUndefined();
    expect(firstWrong(unlawful, rules)).toBe(unlawful.operations.length);
  });
});
