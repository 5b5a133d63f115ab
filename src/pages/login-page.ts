import { html } from './html.js';
import { page } from './layout.js';

/** What went wrong with the login before this one, or why there must be another. */
export interface LoginFailure {
  readonly message: string;
  readonly username?: string;
  /** Whether ending the other sessions would let this login through. */
  readonly limitReached?: boolean;
}

/** The form that logs in. Works without any script. */
export function loginPage(failure?: LoginFailure): string {
  return page(
    'Log in',
    html`<h1>Log in</h1>
${failure && html`<p role="alert">${failure.message}</p>`}
<form method="post" action="/auth/login">
<label>User name
<input name="username" value="${failure?.username}" autocomplete="username" autocapitalize="none" maxlength="64" required autofocus>
</label>
<label>Password
<input name="password" type="password" autocomplete="current-password" maxlength="256" required>
</label>
<label class="choice"><input name="remember" type="checkbox" value="true"> Remember me on this device</label>
${failure?.limitReached ? html`<label class="choice"><input name="endOthers" type="checkbox" value="true"> End my other sessions</label>` : undefined}
<button>Log in</button>
</form>`,
  );
}
