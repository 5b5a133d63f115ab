import type { Session } from 'nestjs-hybrid-session';
import { chosen, html, type Markup } from '../../pages/html.js';
import { actionForm, notice, type Account } from '../../pages/layout.js';
import { doneAddress } from '../../pages/notices.js';
import { timeElement } from '../../pages/relative-time.js';
import type { User } from '../../users/user.entity.js';
import { PEOPLE, personAddress, sessionAddress, TRAIL, withQuery } from '../console-addresses.js';
import { consolePage } from '../console-page.js';
import { roleBadges } from './role-badges.js';

/** What stands on the page. */
export interface PersonContent {
  readonly user: User;
  readonly sessions: readonly Session[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What was done a moment ago. */
  readonly done: string | undefined;
}

/** One person: where they are logged in, and ending it. */
export function personPage(account: Account, { user, sessions, now, done }: PersonContent): string {
  const { id, username, displayName, roles, disabledAt } = user;
  const { csrfToken, session: own } = account;
  return consolePage(
    username,
    PEOPLE,
    account,
    html`${done !== undefined && notice(done)}
<p class="lead">${chosen(displayName)}${roleBadges(roles)}${disabledAt !== null && html` · disabled ${timeElement(disabledAt.getTime(), now)}`} · <a href="${withQuery(TRAIL, { user: id })}">in the audit trail</a></p>
<h2>Sessions</h2>
${
  sessions.length === 0
    ? html`<p class="lead">Not logged in anywhere.</p>`
    : html`<ul class="devices">
${sessions.map((session) => item(session, own, username, csrfToken, now))}
</ul>
<noscript><p class="notice">To end sessions this page needs JavaScript.</p></noscript>
<div class="actions">
${actionForm({ path: `/admin/users/${id}/sessions`, method: 'DELETE', next: doneAddress('person', personAddress(id)), csrfToken, button: `End all sessions of ${username}`, look: 'danger' })}
</div>`
}`,
  );
}

function item(session: Session, own: Session, username: string, csrfToken: string, now: number): Markup {
  const { id, userId, createdAt, lastSeenAt, endsAt, device } = session;
  const fact = (text: Markup) => html`<span class="fact">${text}</span>`;
  const then = html`<span aria-hidden="true"> · </span>`;
  return html`<li>
<div>
<p class="name"><strong>${chosen(device.label)}</strong>${id === own.id && html` <span class="badge">You, now</span>`}</p>
<p>${fact(channelOf(session))}${then}${fact(html`from ${device.address}`)}${then}${fact(html`last seen ${timeElement(lastSeenAt, now)}`)}</p>
<p class="small">${fact(html`logged in ${timeElement(createdAt, now)}`)}${then}${fact(html`ends ${timeElement(endsAt, now)} if it is not used`)}${then}<a href="${sessionAddress(id)}">${id}</a></p>
</div>
${actionForm({
  path: `/admin/sessions/${id}`,
  method: 'DELETE',
  next: doneAddress('session', personAddress(userId)),
  csrfToken,
  button: html`End<span class="unseen"> ${device.label} of ${username}, ${id}</span>`,
})}
</li>
`;
}

function channelOf({ channel, actor, clientId }: Session): Markup {
  if (actor) return html`Support staff, acting for the user`;
  return channel === 'browser' ? html`Browser` : html`App${clientId !== undefined && html` <code>${chosen(clientId)}</code>`}`;
}
