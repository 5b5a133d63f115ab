import { html, type Markup } from './html.js';

/** The field that proves that a form is ours. */
export function csrfField(token: string): Markup {
  return html`<input type="hidden" name="_csrf" value="${token}">`;
}
