import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Writable } from 'node:stream';
import { filter, fromEvent, interval, map, merge, Observable, scan, Subject, take, takeUntil, timer } from 'rxjs';

/** Streams that one session may have open at one instance. */
export const MOST_STREAMS = 10;

/** Milliseconds between two looks whether a client takes what it is sent, and after how many in a row that find it does not it is given up. */
const LOOK = 15_000;
const LOOKS = 3;
/** Milliseconds that a stream which has to go has for its last words. */
const PARTING = 2_000;

/**
 * The open streams, by session: nobody holds more than a few, nor one that is not read.
 *
 * One too many is let in, and the oldest has to go. A refusal would be no better for the server, as a page whose stream is refused asks
 * again, and would lock out who has just lost the network, while the streams that are left over from that are not yet known to be dead.
 * So that two pages do not drive each other out for ever, the oldest is told (`displaced`) before it ends, and its page waits for a person.
 */
@Injectable()
export class LiveStreams {
  /** How to end each, the oldest first. */
  private readonly open = new Map<string, Set<() => void>>();

  /** How many a session has open here. */
  count(session: string): number {
    return this.open.get(session)?.size ?? 0;
  }

  /** News, until another stream takes the place of this. @param answer what they are written to: broken off when its client does not read */
  admit(session: string, answer: Writable, news: Observable<MessageEvent>): Observable<MessageEvent> {
    breakOffUnread(answer);
    return new Observable((listener) => {
      if (this.count(session) >= MOST_STREAMS) this.endOldest(session);
      const displaced = new Subject<MessageEvent>();
      const end = () => {
        breakOffSoon(answer);
        displaced.next({ type: 'displaced', data: '' });
      };
      const streams = this.open.get(session) ?? new Set();
      this.open.set(session, streams.add(end));
      listener.add(() => {
        streams.delete(end);
        if (streams.size === 0) this.open.delete(session);
      });
      return merge(news.pipe(takeUntil(displaced)), displaced.pipe(take(1))).subscribe(listener);
    });
  }

  private endOldest(session: string): void {
    const [end] = this.open.get(session) ?? [];
    end?.();
  }
}

/** Looks as long as the answer is open. */
function breakOffUnread(answer: Writable): void {
  if (answer.closed) return;
  merge(fromEvent(answer, 'drain').pipe(map(() => false)), interval(LOOK).pipe(map(() => answer.writableNeedDrain)))
    .pipe(
      scan((looks, isUnread) => (isUnread ? looks + 1 : 0), 0),
      filter((looks) => looks === LOOKS),
      take(1),
      takeUntil(fromEvent(answer, 'close')),
    )
    .subscribe(() => answer.destroy());
}

/** What waits for a client that does not read would be kept for it, also when nothing follows. */
function breakOffSoon(answer: Writable): void {
  timer(answer.writableNeedDrain ? 0 : PARTING)
    .pipe(takeUntil(fromEvent(answer, 'close')))
    .subscribe(() => answer.destroy());
}
