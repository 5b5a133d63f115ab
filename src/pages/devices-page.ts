import type { Session } from 'nestjs-hybrid-session';
import { html, type Markup } from './html.js';
import { accountPage, actionForm, notice, type Account } from './layout.js';
import { doneAddress, loginAddress } from './notices.js';
import { timeElement } from './relative-time.js';

/** What stands on the page beside whose it is. */
export interface Devices {
  readonly sessions: readonly Session[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What was done a moment ago. */
  readonly done: string | undefined;
}

/** Everywhere a person is logged in: see it, end it. */
export function devicesPage(account: Account, { sessions, now, done }: Devices): string {
  const { session: current, csrfToken } = account;
  const others = sessions.filter(({ id }) => id !== current.id);
  return accountPage(
    'Your devices',
    '/',
    account,
    html`<h1>Your devices</h1>
${done !== undefined && notice(done)}
<p class="lead">You are logged in here. If you do not recognise a device, end it, then <a href="/password">change your password</a>.</p>
<div class="alarm" id="message" role="alert"></div>
<ul class="devices">
${[current, ...others].map((session) => device(session, session.id === current.id, csrfToken, now))}
</ul>
${others.length === 0 ? html`<p class="lead">You are not logged in anywhere else.</p>` : undefined}
<noscript><p class="notice">To end a single device this page needs JavaScript. “Log out everywhere” works without it.</p></noscript>
<div class="actions">
${others.length > 0 ? actionForm({ path: '/auth/sessions', method: 'DELETE', next: doneAddress('others'), csrfToken, button: 'End all others' }) : undefined}
${actionForm({ path: '/auth/logout-all', next: loginAddress('everywhere'), csrfToken, button: 'Log out everywhere', look: 'danger' })}
</div>`,
  );
}

function device(session: Session, isCurrent: boolean, csrfToken: string, now: number): Markup {
  const { label, address } = session.device;
  const { id, createdAt, lastSeenAt, expiresAt, remembered } = session;
  const seen = isCurrent ? html`active now` : html`last seen ${timeElement(lastSeenAt, now)}`;
  return html`<li>
<div>
<p class="name"><strong>${label}</strong>${isCurrent && html` <span class="badge">This device</span>`}</p>
<p>${facts(kindOf(session), html`from ${address}`, seen)}</p>
<p class="small">${facts(html`logged in ${timeElement(createdAt, now)}${remembered && ', remembered'}`, html`ends ${timeElement(expiresAt, now)} at the latest`)}</p>
</div>
${isCurrent ? undefined : actionForm({ path: `/auth/sessions/${id}`, method: 'DELETE', next: doneAddress('ended'), csrfToken, button: html`End<span class="unseen"> ${label}, last seen ${timeElement(lastSeenAt, now)}</span>` })}
</li>
`;
}

function kindOf({ channel, actor }: Session): Markup {
  if (actor) return html`Support staff, acting for you`;
  return channel === 'browser' ? html`Browser` : html`App`;
}

/** Facts in one line, or in several that break between them. */
function facts(first: Markup, ...others: readonly Markup[]): Markup {
  const more = others.map((fact) => html`<span aria-hidden="true"> · </span><span class="fact">${fact}</span>`);
  return html`<span class="fact">${first}</span>${more}`;
}
