import { Controller, Get, Headers, HttpCode, Query, Sse, UseGuards, UseInterceptors, type MessageEvent } from '@nestjs/common';
import { RequireRoles, SessionGuard } from 'nestjs-hybrid-session';
import { defer, switchMap, type Observable } from 'rxjs';
import { Audited, AuditedActs } from '../../audit/audited.interceptor.js';
import { spanOf } from '../figures/span.js';
import { trailFilter } from '../trail/trail-filter.js';
import { TrailReader } from '../trail/trail-reader.js';
import { LiveNews } from './live-news.js';

type Parameters = Readonly<Record<string, unknown>>;

/** What the views of the console listen to. The guard ends the stream with the session that opened it. */
@Controller('admin/live')
@UseGuards(SessionGuard)
@RequireRoles('admin')
@UseInterceptors(AuditedActs)
export class LiveController {
  constructor(
    private readonly news: LiveNews,
    private readonly reader: TrailReader,
  ) {}

  /** `span`: with figures; the filter of the trail's view; `after`: the last entry that is known, by default the last that there is. */
  @Sse()
  @Audited({ act: 'admin.audit_read' })
  stream(@Query() query: Parameters, @Headers('last-event-id') lastId: unknown): Observable<MessageEvent> {
    return defer(async () => ({
      span: query['span'] === undefined ? undefined : spanOf(query['span']),
      entries: await this.reader.queryOf(trailFilter(query)),
      after: placeOf(lastId) ?? placeOf(query['after']) ?? (await this.reader.end()),
    })).pipe(switchMap((topics) => this.news.of(topics)));
  }

  /** Asks, for a page whose stream has broken off, whether it may come again: a browser does not tell a script how it was refused. */
  @Get('permission')
  @HttpCode(204)
  permission(): void {}
}

function placeOf(given: unknown): number | undefined {
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}
