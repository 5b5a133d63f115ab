import { html, type Markup } from '../../pages/html.js';
import type { Account } from '../../pages/layout.js';
import { LIVE, OVERVIEW, TRAIL, withQuery } from '../console-addresses.js';
import { consolePage } from '../console-page.js';
import { liveStatus } from '../live/live-status.js';
import { entryList } from '../trail/entry-list.js';
import { chartCard } from './chart-card.js';
import type { Chart } from './chart.js';
import type { TrailPage } from '../trail/trail-reader.js';
import type { Span } from './span.js';

/** What stands on the page. */
export interface OverviewContent {
  readonly span: Span;
  readonly charts: readonly Chart[];
  /** The newest entries of the audit trail. */
  readonly trail: TrailPage;
}

/** How the installation does. */
export function overviewPage(account: Account, { span, charts, trail }: OverviewContent): string {
  return consolePage(
    'Overview',
    OVERVIEW,
    account,
    html`<div class="line">
${spans(span)}
${liveStatus(withQuery(LIVE, { span: span.name, after: trail.newest }), TRAIL)}
</div>
<p class="lead">“All instances” is read from the audit trail, or counted by the session store. “This instance” is what the one that answered you has measured itself since it started.</p>
<div class="charts">
${charts.map((chart) => chartCard(chart, span))}
</div>
<h2>Latest entries of the audit trail</h2>
${entryList(trail.lines, trail.lines.length)}
<p><a href="${TRAIL}">All entries</a></p>`,
  );
}

function spans({ name }: Span): Markup {
  const link = (one: Span['name'], text: string) =>
    html`<li><a href="${withQuery(OVERVIEW, { span: one })}"${one === name && html` aria-current="true"`}>${text}</a></li>\n`;
  return html`<nav class="spans" aria-label="Time">
<ul>
${[link('hour', 'Last hour'), link('day', 'Last day')]}
</ul>
</nav>`;
}
