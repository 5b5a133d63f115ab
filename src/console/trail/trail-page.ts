import type { InvalidInputError } from 'nestjs-hybrid-session';
import { AUDIT_TYPES } from '../../audit/app-acts.js';
import { html, type Markup } from '../../pages/html.js';
import type { Account } from '../../pages/layout.js';
import { LIVE, TRAIL, withQuery } from '../console-addresses.js';
import { consolePage } from '../console-page.js';
import { liveStatus } from '../live/live-status.js';
import { entryList } from './entry-list.js';
import { isFiltered, type TrailFilter } from './trail-filter.js';
import type { TrailPage } from './trail-reader.js';

/** Entries that stay on a page on which new ones come in. */
const MOST = 200;

/** What stands on the page. */
export interface TrailContent extends TrailPage {
  readonly filter: TrailFilter;
  /** What is wrong with the filter. */
  readonly fault?: InvalidInputError;
}

/** What happened, the newest first. */
export function trailPage(account: Account, { filter, lines, older, newest, user, fault }: TrailContent): string {
  const { before, ...lasting } = filter;
  // Only the first page, and one that has no end, can have something new.
  const isLive = before === '' && filter.to === '' && !fault;
  return consolePage(
    'Audit trail',
    TRAIL,
    account,
    html`${form(filter, fault)}
<div class="line">
<p class="lead">${isFiltered(filter) ? 'Entries that fit' : 'All entries'}, the newest first. Times are UTC.</p>
${isLive ? liveStatus(withQuery(LIVE, { ...lasting, user, after: newest }), withQuery(TRAIL, lasting)) : undefined}
</div>
${entryList(lines, isLive ? MOST : undefined)}
<nav class="pages" aria-label="Pages of the trail">
${before !== '' && html`<a class="button quiet" href="${withQuery(TRAIL, lasting)}">Newest</a>`}
${older !== undefined && html`<a class="button quiet" href="${withQuery(TRAIL, { ...lasting, before: older })}">Older</a>`}
</nav>`,
  );
}

function form(filter: TrailFilter, fault: InvalidInputError | undefined): Markup {
  const field = (name: Exclude<keyof TrailFilter, 'before'>, label: string, kind: Markup) => {
    const isWrong = fault?.field === name;
    // Never shown again: what was pasted in place of a session id may be a credential.
    const value = isWrong && name === 'session' ? '' : filter[name];
    return html`<div class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" value="${value}" ${kind} aria-describedby="${name}-error"${isWrong && html` aria-invalid="true" autofocus`}>
<p class="error" id="${name}-error">${isWrong && fault.message}</p>
</div>`;
  };
  const plain = html`maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false"`;
  return html`<form class="filter" action="${TRAIL}" role="search" aria-label="Filter the trail">
${field('type', 'Type', html`list="types" ${plain}`)}
${field('user', 'User', plain)}
${field('session', 'Session id', plain)}
${field('from', 'From (UTC)', html`type="datetime-local"`)}
${field('to', 'To (UTC)', html`type="datetime-local"`)}
<div class="buttons"><button>Filter</button> <a class="button quiet" href="${TRAIL}">Clear</a></div>
<datalist id="types">${[...AUDIT_TYPES].toSorted().map((type) => html`<option value="${type}"></option>`)}</datalist>
</form>`;
}
