import { textField, passwordField } from './fields.js';
import { html, type Markup } from './html.js';
import { notice, publicPage } from './layout.js';
import type { LoginReason } from './notices.js';

/** What went wrong with the login before this one. */
export interface LoginFailure {
  readonly message: string;
  readonly username: string;
  /** Whether name or password are to blame. */
  readonly isInputWrong: boolean;
  /** Whether ending the other sessions would let this login through. */
  readonly isLimitReached: boolean;
}

const ERROR = 'login-error';

/** The form that logs in, for somebody who has just come. Works without the script. */
export function loginPage(reason?: LoginReason): string {
  const title = reason?.ended ? 'You were logged out' : 'Log in';
  return publicPage(title, html`<h1>${title}</h1>\n${reason && notice(reason.text)}\n${form(reason === undefined)}`);
}

/** The same form after a login that was refused, with what to do about it. */
export function failedLoginPage(failure: LoginFailure): string {
  return publicPage(
    'Error: Log in',
    html`<h1>Log in</h1>\n<p class="alarm" role="alert" id="${ERROR}">${failure.message}</p>\n${form(true, failure)}`,
  );
}

function form(takesFocus: boolean, failure?: LoginFailure): Markup {
  const faultyBy = failure?.isInputWrong ? ERROR : undefined;
  const knowsName = failure !== undefined && failure.username !== '';
  return html`<form method="post" action="/auth/login">
${textField({
  name: 'username',
  label: 'User name',
  autocomplete: 'username',
  maxLength: 64,
  value: failure?.username,
  faultyBy,
  autofocus: takesFocus && !knowsName,
})}
${passwordField({ name: 'password', label: 'Password', autocomplete: 'current-password', faultyBy, autofocus: takesFocus && knowsName })}
${failure?.isLimitReached ? choice('endOthers', 'Log out my other devices') : undefined}
${choice('remember', 'Remember me on this device')}
<button class="wide">Log in</button>
</form>`;
}

function choice(name: string, label: string): Markup {
  return html`<label class="choice"><input name="${name}" type="checkbox" value="true"> ${label}</label>`;
}
