import { Controller, Get, HttpStatus, Param, Query, Res, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  CookieGuard,
  CurrentSession,
  isSessionId,
  RequireRoles,
  ResponseHeaders,
  SessionService,
  SystemClock,
  type Clock,
  type Session,
} from 'nestjs-hybrid-session';
import { Audited, AuditedActs } from '../audit/audited.interceptor.js';
import { SessionExplanations } from '../audit/session-explanations.js';
import { AppConfig } from '../config/app-config.js';
import type { Account } from '../pages/layout.js';
import { doneOf } from '../pages/notices.js';
import { Page } from '../pages/page.decorator.js';
import { Users } from '../users/users.service.js';
import { sessionAddress } from './console-addresses.js';
import { overviewPage } from './figures/overview-page.js';
import { Overview } from './figures/overview.service.js';
import { spanOf } from './figures/span.js';
import { MissingPersonFilter } from './people/missing-person.filter.js';
import { peoplePage } from './people/people-page.js';
import { personPage } from './people/person-page.js';
import { queryText } from './query-text.js';
import { askForSessionPage, sessionPage } from './sessions/session-page.js';
import { TrailFaultFilter } from './trail/trail-fault.filter.js';
import { trailFilter } from './trail/trail-filter.js';
import { trailPage } from './trail/trail-page.js';
import { TrailReader } from './trail/trail-reader.js';

type Parameters = Readonly<Record<string, unknown>>;

const PEOPLE_ON_PAGE = 20;
const LATEST = 10;

/** The operator's console: pages that show what the routes of the administration answer to programs, and call those to change something. */
@Controller('console')
@UseGuards(CookieGuard)
@RequireRoles('admin')
@UseInterceptors(AuditedActs)
export class ConsoleController {
  private readonly clock: Clock;

  constructor(
    private readonly users: Users,
    private readonly sessions: SessionService,
    private readonly overview: Overview,
    private readonly reader: TrailReader,
    private readonly explanations: SessionExplanations,
    private readonly headers: ResponseHeaders,
    config: AppConfig,
  ) {
    this.clock = config.sessions.clock ?? new SystemClock();
  }

  @Get()
  @Page()
  @Audited({ act: 'admin.audit_read' })
  async figures(@CurrentSession() own: Session, @Query('span') given: unknown) {
    const span = spanOf(given);
    const [charts, trail] = await Promise.all([this.overview.charts(span), this.reader.page(trailFilter({}), LATEST)]);
    return overviewPage(this.accountOf(own), { span, charts, trail });
  }

  @Get('people')
  @Page()
  @Audited({ act: 'admin.users_read' })
  async people(@CurrentSession() own: Session, @Query() query: Parameters) {
    const [prefix, after] = [queryText(query['name']), queryText(query['after'])];
    const users = await this.users.search(prefix, after, PEOPLE_ON_PAGE + 1);
    const page = { prefix, after, users: users.slice(0, PEOPLE_ON_PAGE), hasMore: users.length > PEOPLE_ON_PAGE };
    return peoplePage(this.accountOf(own), page);
  }

  @Get('people/:id')
  @Page()
  @UseFilters(MissingPersonFilter)
  @Audited({ act: 'admin.sessions_read', about: 'user' })
  async person(@CurrentSession() own: Session, @Param('id') id: string, @Query('done') done: unknown) {
    const user = await this.users.byId(id);
    const sessions = await this.sessions.list(user.id);
    return personPage(this.accountOf(own), { user, sessions, now: this.clock.now(), done: doneOf(done) });
  }

  @Get('trail')
  @Page()
  @UseFilters(TrailFaultFilter)
  @Audited({ act: 'admin.audit_read' })
  async trail(@CurrentSession() own: Session, @Query() query: Parameters) {
    const filter = trailFilter(query);
    return trailPage(this.accountOf(own), { filter, ...(await this.reader.page(filter)) });
  }

  @Get('sessions')
  @Page()
  ask(@CurrentSession() own: Session, @Query('id') given: unknown, @Res({ passthrough: true }) response: unknown) {
    const id = queryText(given);
    if (isSessionId(id)) {
      this.headers.redirect(response, sessionAddress(id));
      return '';
    }
    if (id !== '') this.headers.status(response, HttpStatus.BAD_REQUEST);
    return askForSessionPage(this.accountOf(own), id !== '');
  }

  @Get('sessions/:id')
  @Page()
  @Audited({ act: 'admin.session_explained', about: 'session' })
  async explain(@CurrentSession() own: Session, @Param('id') id: string) {
    const explanation = await this.explanations.explain(id);
    const owner = String(explanation.record?.['userId'] ?? '');
    const [lines, names] = await Promise.all([this.reader.lines(explanation.entries), this.users.namesOf([owner])]);
    return sessionPage(this.accountOf(own), { explanation, username: names.get(owner), lines: lines.toReversed() });
  }

  private accountOf(session: Session): Account {
    return { session, csrfToken: this.sessions.csrfToken(session) };
  }
}
