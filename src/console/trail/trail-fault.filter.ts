import { Catch } from '@nestjs/common';
import { InvalidInputError, sessionOf, type ErrorAnswer, type HttpRequest } from 'nestjs-hybrid-session';
import { PAGE_HEADERS } from '../../pages/layout.js';
import { PageFilter } from '../../pages/page.filter.js';
import { trailFilter } from './trail-filter.js';
import { trailPage } from './trail-page.js';

interface RequestWithQuery extends HttpRequest {
  readonly query?: Readonly<Record<string, unknown>>;
}

/** Says beside the field what is wrong with it. Only here: what the controller catches would be a success in the audit trail. */
@Catch(InvalidInputError)
export class TrailFaultFilter extends PageFilter {
  protected override render(fault: InvalidInputError, status: number, title: string, request: RequestWithQuery): ErrorAnswer {
    const session = sessionOf(request);
    if (!session) return super.render(fault, status, title, request);
    const account = { session, csrfToken: this.sessions.csrfToken(session) };
    const content = { filter: trailFilter(request.query ?? {}), lines: [], newest: 0, user: undefined, older: undefined, fault };
    return { type: 'text/html; charset=utf-8', body: trailPage(account, content), headers: PAGE_HEADERS };
  }
}
