import type { Session } from 'nestjs-hybrid-session';
import { csrfField } from './csrf-field.js';
import { html, type Insert, type Markup } from './html.js';
import { loginAddress } from './notices.js';
import { reauthenticationDialog } from './reauthentication-dialog.js';

/** Headers of every page, beside those of every answer. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
};

type Link = readonly [path: string, name: string];

/** The pages behind the login, as the navigation names them; the last of them where the role opens it. */
const ACCOUNT_PAGES: readonly Link[] = [
  ['/', 'Your devices'],
  ['/password', 'Change password'],
];
const ADMIN_PAGES: readonly Link[] = [['/console', 'Console']];

/** Whose page it is. */
export interface Account {
  readonly session: Session;
  readonly csrfToken: string;
}

/** A page for people who are not logged in, or of whom nobody can say it now. */
export function publicPage(title: string, content: Markup): string {
  return whole(
    title,
    html`<body class="public">
<main class="card" id="content">
${content}
</main>
</body>`,
  );
}

/**
 * A page behind the login: with its navigation, a way out, and the dialogue that asks for the password where an action needs it.
 * @param room has a style sheet and a script of its own beside those of all pages: `/assets/<room>.css` and `.js`
 */
export function accountPage(
  title: string,
  here: string,
  { session, csrfToken }: Account,
  content: Markup,
  room?: 'console',
): string {
  const { username, roles } = session.principal;
  const pages = roles.includes('admin') ? [...ACCOUNT_PAGES, ...ADMIN_PAGES] : ACCOUNT_PAGES;
  return whole(
    title,
    html`<body data-session="${session.id}"${room && html` class="${room}"`}>
<a class="skip" href="#content">Skip to the content</a>
<header class="bar">
<p class="who">Logged in as <strong>${username}</strong></p>
<nav aria-label="Account">
<ul>
${pages.map(([path, name]) => html`<li><a href="${path}"${path === here && html` aria-current="page"`}>${name}</a></li>\n`)}
</ul>
</nav>
${actionForm({ path: '/auth/logout', next: loginAddress('logged_out'), csrfToken, button: 'Log out' })}
</header>
<main id="content">
${content}
</main>
${reauthenticationDialog(username, csrfToken)}
</body>`,
    room,
  );
}

/** What a form with a single button does. */
export interface Action {
  readonly path: string;
  /** Default: POST, which works without the script as well. */
  readonly method?: 'DELETE';
  /** Where to go on to. */
  readonly next: string;
  readonly csrfToken: string;
  readonly button: Insert;
  /** The look of the button. Default: quiet. */
  readonly look?: 'quiet' | 'danger';
}

/** A form with a single button. One that no form can send by itself stays out of sight until the script has taken it over. */
export function actionForm({ path, method, next, csrfToken, button, look = 'quiet' }: Action): Markup {
  const how = method
    ? html`hidden action="${path}" data-method="${method}"`
    : html`method="post" action="${path}" data-method="POST"`;
  return html`<form ${how} data-then="${next}">${csrfField(csrfToken)}<button class="${look}">${button}</button></form>`;
}

/** News at the top of a page. It takes the focus, so that it is read out where a page is heard. */
export function notice(text: string): Markup {
  return html`<p class="notice" role="status" tabindex="-1" autofocus>${text}</p>`;
}

function whole(title: string, body: Markup, room?: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Hybrid Session</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/site.css">
<script src="/assets/site.js" defer></script>
${room && html`<link rel="stylesheet" href="/assets/${room}.css">\n<script src="/assets/${room}.js" defer></script>\n`}</head>
${body}
</html>
`.toString();
}
