import { Injectable, type MessageEvent } from '@nestjs/common';
import { StoreUnavailableError } from 'nestjs-hybrid-session';
import type { AuditQuery } from 'nestjs-hybrid-session/typeorm';
import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  exhaustMap,
  from,
  map,
  merge,
  mergeMap,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import { Overview } from '../figures/overview.service.js';
import type { Span } from '../figures/span.js';
import { TrailFollower, type TrailNews } from '../trail/trail-follower.js';
import { TrailReader } from '../trail/trail-reader.js';

/** Milliseconds between two looks at the figures, at the trail, and between two signs of life. */
const FIGURES = 5_000;
const ENTRIES = 1_000;
const PULSE = 15_000;

/** What somebody listens to. */
export interface LiveTopics {
  /** The charts of this span. */
  readonly span: Span | undefined;
  /** Entries that this asks for, after this place. */
  readonly entries: AuditQuery;
  readonly after: number;
}

/** News for those who have the console open. All of it is read: that of other instances too, and nothing is lost if they come again. */
@Injectable()
export class LiveNews {
  constructor(
    private readonly overview: Overview,
    private readonly reader: TrailReader,
  ) {}

  /**
   * Events for ever: `figures` (charts), `entry` (one of the trail, whose place is the event's id), `skipped` (the place before which entries
   * were left out), `pulse` (nothing but a sign of life).
   */
  of({ span, entries, after }: LiveTopics): Observable<MessageEvent> {
    const pulse = timer(0, PULSE).pipe(map(() => ({ type: 'pulse', data: '' })));
    return merge(pulse, ...(span ? [this.figures(span)] : []), this.entries(entries, after));
  }

  /** The charts, whenever one of them has changed. */
  private figures(span: Span): Observable<MessageEvent> {
    return timer(FIGURES, FIGURES).pipe(
      exhaustMap(() => from(this.overview.charts(span)).pipe(catchError(later))),
      map((charts) => JSON.stringify(charts)),
      distinctUntilChanged(),
      map((data) => ({ type: 'figures', data })),
    );
  }

  private entries(query: AuditQuery, after: number): Observable<MessageEvent> {
    const follower = new TrailFollower(this.reader, query, after);
    return timer(0, ENTRIES).pipe(
      exhaustMap(() => from(follower.look()).pipe(catchError(later))),
      mergeMap((news) => eventsOf(news)),
    );
  }
}

/** The id of each is the place after which to go on: whoever comes again after `skipped` is not sent back to what was left out. */
function eventsOf({ lines, skipped }: TrailNews): MessageEvent[] {
  if (lines === undefined) return [{ type: 'skipped', id: String(skipped - 1), data: String(skipped) }];
  return lines.map((line) => ({ type: 'entry', id: String(line.seq), data: JSON.stringify(line) }));
}

/** A database that is away is asked again at the next turn. */
function later(error: unknown): Observable<never> {
  return error instanceof StoreUnavailableError ? EMPTY : throwError(() => error);
}
