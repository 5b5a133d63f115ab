import { csrfField } from './csrf-field.js';
import { html, type Markup } from './html.js';
import { passwordField, usernameField } from './fields.js';

/** Asks for the password once more, for an action that needs it to have been proven a short while ago. The script opens it. */
export function reauthenticationDialog(username: string, csrfToken: string): Markup {
  return html`<dialog id="reauthentication" aria-labelledby="reauthentication-title" aria-describedby="reauthentication-why">
<form method="post" action="/auth/reauthenticate" data-method="POST">
<h2 id="reauthentication-title">Confirm that it is you</h2>
<p id="reauthentication-why">To go on, type your password again.</p>
${csrfField(csrfToken)}${usernameField(username)}
${passwordField({ name: 'password', label: 'Your password', autocomplete: 'current-password', autofocus: true })}
<div class="actions">
<button>Confirm</button>
<button type="button" class="quiet" data-cancels>Cancel</button>
</div>
</form>
</dialog>`;
}
