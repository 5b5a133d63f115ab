import {
  Controller,
  Get,
  Headers,
  HttpCode,
  Query,
  Res,
  Sse,
  UseGuards,
  UseInterceptors,
  type MessageEvent,
} from '@nestjs/common';
import { CurrentSession, RequireRoles, SessionGuard, type Session } from 'nestjs-hybrid-session';
import type { Writable } from 'node:stream';
import { defer, switchMap, type Observable } from 'rxjs';
import { Audited, AuditedActs } from '../../audit/audited.interceptor.js';
import { spanOf } from '../figures/span.js';
import { trailFilter } from '../trail/trail-filter.js';
import { TrailReader } from '../trail/trail-reader.js';
import { LiveNews } from './live-news.js';
import { LiveStreams } from './live-streams.js';

type Parameters = Readonly<Record<string, unknown>>;
/** Express's, which is Node's own, or Fastify's, which has that in it. */
type HttpResponse = Writable | { readonly raw: Writable };

/** Characters that wait for a client at the most, about what one look at the trail finds: past them Nest breaks the stream off. */
const MOST_WAITING = 2 * 1024 * 1024;

/** What the views of the console listen to. The guard ends the stream with the session that opened it. */
@Controller('admin/live')
@UseGuards(SessionGuard)
@RequireRoles('admin')
@UseInterceptors(AuditedActs)
export class LiveController {
  constructor(
    private readonly news: LiveNews,
    private readonly reader: TrailReader,
    private readonly streams: LiveStreams,
  ) {}

  /** `span`: with figures; the filter of the trail's view; `after`: the last entry that is known, by default the last that there is. */
  @Sse('', { maxPendingDataLength: MOST_WAITING })
  @Audited({ act: 'admin.audit_read' })
  stream(
    @Query() query: Parameters,
    @Headers('last-event-id') lastId: unknown,
    @CurrentSession() own: Session,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Observable<MessageEvent> {
    const news = defer(async () => ({
      span: query['span'] === undefined ? undefined : spanOf(query['span']),
      entries: await this.reader.queryOf(trailFilter(query)),
      after: placeOf(lastId) ?? placeOf(query['after']) ?? (await this.reader.end()),
    })).pipe(switchMap((topics) => this.news.of(topics)));
    return this.streams.admit(own.id, 'raw' in response ? response.raw : response, news);
  }

  /** Asks, for a page whose stream has broken off, whether it may come again: a browser does not tell a script how it was refused. */
  @Get('permission')
  @HttpCode(204)
  permission(): void {}
}

function placeOf(given: unknown): number | undefined {
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}
