import { csrfField } from './csrf-field.js';
import { passwordField, usernameField } from './fields.js';
import { html } from './html.js';
import { accountPage, type Account } from './layout.js';
import { doneAddress } from './notices.js';

/** Why the password was not changed. */
export interface PasswordFailure {
  readonly message: string;
  /** The field that is to blame. */
  readonly field?: string | undefined;
}

/** The form that changes the password. Works without the script. */
export function passwordPage(account: Account, failure?: PasswordFailure): string {
  const errorOf = (field: string) => (failure?.field === field ? failure.message : undefined);
  const isGeneral = failure !== undefined && errorOf('currentPassword') === undefined && errorOf('newPassword') === undefined;
  return accountPage(
    failure ? 'Error: Change password' : 'Change password',
    '/password',
    account,
    html`<h1>Change password</h1>
<p class="lead">Every other device of yours is logged out with it. This one stays logged in.</p>
<div class="alarm" id="message" role="alert">${isGeneral && failure.message}</div>
<form class="card" method="post" action="/auth/password" data-method="POST" data-then="${doneAddress('password')}">
${csrfField(account.csrfToken)}${usernameField(account.session.principal.username)}
${passwordField({
  name: 'currentPassword',
  label: 'Current password',
  autocomplete: 'current-password',
  error: errorOf('currentPassword'),
  autofocus: failure?.field !== 'newPassword',
})}
${passwordField({
  name: 'newPassword',
  label: 'New password',
  autocomplete: 'new-password',
  hint: '8 characters or more. Several words that have nothing to do with each other are good.',
  error: errorOf('newPassword'),
  autofocus: failure?.field === 'newPassword',
})}
<label class="choice" hidden><input type="checkbox" data-shows-passwords> Show the passwords</label>
<button>Change password</button>
</form>`,
  );
}
