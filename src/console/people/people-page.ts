import { chosen, html, type Markup } from '../../pages/html.js';
import type { Account } from '../../pages/layout.js';
import type { User } from '../../users/user.entity.js';
import { PEOPLE, personAddress, withQuery } from '../console-addresses.js';
import { consolePage } from '../console-page.js';
import { roleBadges } from './role-badges.js';

/** What stands on the page. */
export interface PeopleContent {
  /** How the names begin. */
  readonly prefix: string;
  /** Where this page begins: after this name. */
  readonly after: string;
  readonly users: readonly User[];
  /** Whether there are more after them. */
  readonly hasMore: boolean;
}

/** Who there is: search, and go on to one. */
export function peoplePage(account: Account, { prefix, after, users, hasMore }: PeopleContent): string {
  return consolePage(
    'People',
    PEOPLE,
    account,
    html`<form class="filter" action="${PEOPLE}" role="search" aria-label="Search people">
<div class="field">
<label for="name">User name begins with</label>
<input id="name" name="name" value="${prefix}" type="search" maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false">
</div>
<div class="buttons"><button>Search</button></div>
</form>
${users.length === 0 ? html`<p class="lead">Nobody.</p>` : list(users)}
<nav class="pages" aria-label="Pages of people">
${after !== '' && html`<a class="button quiet" href="${withQuery(PEOPLE, { name: prefix })}">First</a>`}
${hasMore && html`<a class="button quiet" href="${withQuery(PEOPLE, { name: prefix, after: users.at(-1)?.username })}">Next</a>`}
</nav>`,
  );
}

function list(users: readonly User[]): Markup {
  return html`<ul class="devices people">
${users.map(
  ({ id, username, displayName, roles, disabledAt }) => html`<li>
<div>
<p class="name"><strong><a href="${personAddress(id)}">${chosen(username)}</a></strong>${roleBadges(roles)}${disabledAt !== null && html` <span class="badge">Disabled</span>`}</p>
<p>${chosen(displayName)}</p>
</div>
</li>
`,
)}
</ul>`;
}
