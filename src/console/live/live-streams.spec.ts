import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import type { MessageEvent } from '@nestjs/common';
import { NEVER, Subject, type Subscription } from 'rxjs';
import { LiveStreams, MOST_STREAMS } from './live-streams.js';

/** An answer whose client takes what it is sent when the test says so. */
class Answer extends Writable {
  private taken: (() => void) | undefined;

  override _write(_chunk: unknown, _encoding: string, taken: () => void): void {
    this.taken = taken;
  }

  take(): void {
    this.taken?.();
  }
}

const MINUTE = 60_000;

describe('the open streams of the console', () => {
  let streams: LiveStreams;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    streams = new LiveStreams();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Opens one, and writes down what it tells. */
  const listen = (session: string, answer = new Answer(), news = new Subject<MessageEvent>()) => {
    const told: unknown[] = [];
    const subscription: Subscription = streams.admit(session, answer, news).subscribe({
      next: ({ type }) => told.push(type),
      complete: () => told.push('the end'),
    });
    return { answer, news, told, subscription };
  };
  const unread = () => {
    const answer = new Answer();
    while (answer.write(Buffer.alloc(answer.writableHighWaterMark)));
    return answer;
  };

  it('are ten of a session at the most: one more tells and ends the oldest, and no other', () => {
    const of = Array.from({ length: MOST_STREAMS }, () => listen('root'));
    const other = listen('other');
    const newcomer = listen('root');
    expect(of.map(({ told }) => told)).toEqual([['displaced', 'the end'], ...Array.from({ length: 9 }, () => [])]);
    expect([streams.count('root'), streams.count('other')]).toEqual([MOST_STREAMS, 1]);
    for (const { news } of [...of, other, newcomer]) news.next({ type: 'entry', data: '' });
    expect([of[0]?.told, of[1]?.told, other.told, newcomer.told]).toEqual([
      ['displaced', 'the end'],
      ['entry'],
      ['entry'],
      ['entry'],
    ]);
  });

  it('make room when they are left, and are forgotten with the last', () => {
    const of = Array.from({ length: MOST_STREAMS }, () => listen('root'));
    of[3]?.subscription.unsubscribe();
    listen('root').subscription.unsubscribe();
    expect(of.flatMap(({ told }) => told)).toEqual([]);
    for (const { subscription } of of) subscription.unsubscribe();
    expect(streams.count('root')).toBe(0);
  });

  it('are broken off when their client has not read for three looks', () => {
    const { answer } = listen('root', unread());
    jest.advanceTimersByTime(44_999);
    expect(answer.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(answer.destroyed).toBe(true);
  });

  it('stay open when their client is slow, and when nothing is sent', async () => {
    const { answer: idle } = listen('root');
    const { answer } = listen('root', unread());
    jest.advanceTimersByTime(44_999);
    const drained = once(answer, 'drain');
    answer.take();
    await drained;
    answer.write(Buffer.alloc(2 * answer.writableHighWaterMark));
    jest.advanceTimersByTime(30_000);
    expect([answer.writableNeedDrain, answer.destroyed]).toEqual([true, false]);
    jest.advanceTimersByTime(MINUTE);
    expect([answer.destroyed, idle.destroyed]).toEqual([true, false]);
  });

  it('that have to go leave nothing lying: at once where nobody reads, soon where the end does not arrive', () => {
    const [deaf, slow] = [listen('root', unread()), listen('root')];
    Array.from({ length: MOST_STREAMS }, () => listen('root'));
    jest.advanceTimersByTime(0);
    expect([deaf.answer.destroyed, slow.answer.destroyed]).toEqual([true, false]);
    jest.advanceTimersByTime(2_000);
    expect(slow.answer.destroyed).toBe(true);
  });

  it('leave no timer behind, nor do those whose client has gone before', async () => {
    const { answer } = listen('root');
    const closed = once(answer, 'close');
    answer.destroy();
    await closed;
    streams.admit('root', answer, NEVER);
    expect(jest.getTimerCount()).toBe(0);
  });
});
