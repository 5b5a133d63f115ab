import { html } from './html.js';
import { publicPage } from './layout.js';

/** Says to a person who is logged in that a page is not for them. What it would have shown is not told. */
export function forbiddenPage(): string {
  return refusedPage('Not for this account', 'You are logged in, and your account may not see this page.', ['/', 'Your devices']);
}

/** Says why a page is not shown, and where to go on. */
export function refusedPage(title: string, message: string, [path, name]: readonly [path: string, name: string]): string {
  return publicPage(
    title,
    html`<h1>${title}</h1>
<p class="alarm" role="alert">${message}</p>
<p><a class="button" href="${path}">${name}</a></p>`,
  );
}
