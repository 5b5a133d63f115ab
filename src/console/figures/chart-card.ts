import { html, type Markup } from '../../pages/html.js';
import type { Chart } from './chart.js';
import { HEIGHT, WIDTH } from './drawing.js';
import type { Span } from './span.js';

const FROM = { all: 'All instances', this: 'This instance' } as const;

/** A chart on the page: a picture, what it says in words, and the same figures as a table. */
export function chartCard(chart: Chart, { name }: Span): Markup {
  const { id, title, from, headline, summary, alarming, top, names, paths } = chart;
  return html`<section class="chart" id="${id}" aria-labelledby="${id}-title"${alarming && html` data-alarming`}>
<div class="of">
<h2 id="${id}-title">${title}</h2>
<span class="from">${FROM[from]}</span>
</div>
<p class="headline" data-of="headline">${headline}</p>
<div class="picture">
<span class="top" data-of="top" aria-hidden="true">${top}</span>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-labelledby="${id}-title ${id}-summary">
${paths.map((path, i) => html`<path class="series-${i + 1} ${isBars(chart) ? 'bars' : 'line'}" d="${path}"/>\n`)}
</svg>
</div>
<div class="axis" aria-hidden="true"><span>${name === 'hour' ? 'an hour ago' : 'a day ago'}</span><span>now</span></div>
${names.length > 1 && html`<ul class="legend">${names.map((one, i) => html`<li class="series-${i + 1}">${one}</li>`)}</ul>`}
<p class="summary" id="${id}-summary" data-of="summary">${summary}</p>
${table(chart)}
</section>
`;
}

function isBars({ names }: Chart): boolean {
  return names.length === 1;
}

function table({ title, names, rows }: Chart): Markup {
  return html`<details>
<summary>As a table<span class="unseen">: ${title}</span></summary>
<div class="scrolls" tabindex="0" role="group" aria-label="${title}, as a table">
<table>
<thead><tr><th scope="col">From (UTC)</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows.map(([time, ...values]) => html`<tr><th scope="row">${time}</th>${values.map((value) => html`<td>${value}</td>`)}</tr>\n`)}
</tbody>
</table>
</div>
</details>`;
}
