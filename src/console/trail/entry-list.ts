import { html, type Markup } from '../../pages/html.js';
import type { EntryFact, EntryLine } from './entry-line.js';

/**
 * Entries of the audit trail, the newest first.
 * @param most where the script puts new ones on top: how many of them the page holds
 */
export function entryList(lines: readonly EntryLine[], most?: number): Markup {
  return html`<ol class="entries"${most !== undefined && html` data-most="${most}"`} reversed>${lines.map(entry)}</ol>
${lines.length === 0 && html`<p class="lead" data-none>Nothing.</p>`}
${most !== undefined ? html`<template id="entry">${entry(BLANK)}</template>` : undefined}`;
}

/** What the script makes new entries from. */
const BLANK: EntryLine = { seq: 0, at: '', clock: '', type: '', outcome: '', isWarning: false, facts: [] };

function entry({ at, clock, type, outcome, isWarning, facts }: EntryLine): Markup {
  return html`<li${isWarning && html` class="warns"`}>
<p class="what"><strong data-of="type">${type}</strong> <span class="outcome" data-of="outcome">${outcome}</span> <time datetime="${at}" data-of="clock">${clock}</time></p>
<dl data-of="facts">${facts.map(fact)}</dl>
</li>
`;
}

function fact({ name, text, href }: EntryFact): Markup {
  return html`<div><dt>${name}</dt> <dd>${href === undefined ? text : html`<a href="${href}">${text}</a>`}</dd></div> `;
}
