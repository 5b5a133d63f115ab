import { html } from './html.js';
import { publicPage } from './layout.js';

/** Says to a person that a page cannot be shown, and that nothing has happened to the login. */
export function unavailablePage(message: string, path: string): string {
  return publicPage(
    'Not possible right now',
    html`<h1>Not possible right now</h1>
<p class="alarm" role="alert">${message}</p>
<p>Nothing is lost, and you need not log in again.</p>
<p><a class="button" href="${path}">Try again</a></p>`,
  );
}
