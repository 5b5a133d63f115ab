import { html, type Markup } from '../pages/html.js';
import { accountPage, type Account } from '../pages/layout.js';
import { OVERVIEW, PEOPLE, SESSIONS, TRAIL } from './console-addresses.js';

const VIEWS = [
  [OVERVIEW, 'Overview'],
  [PEOPLE, 'People'],
  [TRAIL, 'Audit trail'],
  [SESSIONS, 'Explain a session'],
] as const;

/** A view of the console: `here` is the one that it belongs to. */
export function consolePage(title: string, here: (typeof VIEWS)[number][0], account: Account, content: Markup): string {
  return accountPage(
    title,
    OVERVIEW,
    account,
    html`<nav class="views" aria-label="Console">
<ul>
${VIEWS.map(([path, name]) => html`<li><a href="${path}"${path === here && html` aria-current="page"`}>${name}</a></li>\n`)}
</ul>
</nav>
<h1>${title}</h1>
<div class="alarm" id="message" role="alert"></div>
${content}`,
    'console',
  );
}
