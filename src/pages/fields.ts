import { html, type Markup } from './html.js';

/** What a person is asked for, and what was wrong with it. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly autocomplete: 'username' | 'current-password' | 'new-password';
  readonly maxLength?: number;
  readonly value?: string | undefined;
  readonly hint?: string;
  readonly error?: string | undefined;
  /** The id of a message that stands elsewhere and says what is wrong with this field among others. */
  readonly faultyBy?: string | undefined;
  readonly autofocus?: boolean;
}

/** A line of text: label, hint, input, and a place for what is wrong, which screen readers read with the input. */
export function textField(field: Field): Markup {
  return labelled(field, html`autocapitalize="none" spellcheck="false"`);
}

/** The same for a password. */
export function passwordField(field: Field): Markup {
  return labelled(field, html`type="password"`);
}

/** Tells password managers whose password a form is about. */
export function usernameField(username: string): Markup {
  return html`<input type="text" name="username" value="${username}" autocomplete="username" readonly hidden>`;
}

function labelled(field: Field, kind: Markup): Markup {
  const { name, label, autocomplete, value, hint, error, faultyBy } = field;
  const texts = [hint && `${name}-hint`, faultyBy, `${name}-error`].filter((id) => id !== undefined).join(' ');
  return html`<div class="field">
<label for="${name}">${label}</label>
${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
<input id="${name}" name="${name}" ${kind} value="${value}" autocomplete="${autocomplete}" maxlength="${field.maxLength ?? 256}" aria-describedby="${texts}"${(error ?? faultyBy) !== undefined && html` aria-invalid="true"`}${field.autofocus === true && html` autofocus`} required>
<p class="error" id="${name}-error">${error}</p>
</div>`;
}
