import type { Session } from 'nestjs-hybrid-session';
import { html, type Markup } from './html.js';
import { page } from './layout.js';

/** Who is logged in, and everywhere they are. */
export function homePage(current: Session, sessions: readonly Session[], csrfToken: string): string {
  const { username, roles } = current.principal;
  return page(
    'Your sessions',
    html`<header>
<h1>${username}</h1>
<p>${roles.length > 0 ? `Roles: ${roles.join(', ')}` : 'No roles'}</p>
</header>
<p role="alert" id="message" hidden></p>
<h2>Your sessions</h2>
<ul class="sessions">
${sessions.map((session) => row(session, session.id === current.id, csrfToken))}
</ul>
<nav>
${action('/auth/logout', 'Log out', csrfToken)}
${action('/auth/logout-all', 'Log out everywhere', csrfToken, 'quiet')}
</nav>`,
  );
}

function row(session: Session, isCurrent: boolean, csrfToken: string): Markup {
  const { label, address } = session.device;
  return html`<li>
<div>
<strong>${label}</strong>${isCurrent && html` <mark>this one</mark>`}
<small>${session.channel === 'browser' ? 'Browser' : 'App'} at ${address}, last seen ${time(session.lastSeenAt)}, ends ${time(session.expiresAt)}</small>
</div>
${isCurrent ? undefined : html`<form action="/auth/sessions/${session.id}" data-method="DELETE" data-then="/" hidden>${token(csrfToken)}<button class="quiet">End</button></form>`}
</li>
`;
}

function action(path: string, label: string, csrfToken: string, look = ''): Markup {
  return html`<form method="post" action="${path}" data-method="POST" data-then="/login">${token(csrfToken)}<button class="${look}">${label}</button></form>`;
}

function token(csrfToken: string): Markup {
  return html`<input type="hidden" name="_csrf" value="${csrfToken}">`;
}

function time(at: number): Markup {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
