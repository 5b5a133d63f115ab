import type { Explanation } from '../../audit/explanation.js';
import { html, type Markup } from '../../pages/html.js';
import type { Account } from '../../pages/layout.js';
import { personAddress, SESSIONS } from '../console-addresses.js';
import { consolePage } from '../console-page.js';
import { clockOf, type EntryLine } from '../trail/entry-line.js';
import { entryList } from '../trail/entry-list.js';

/** What is known of a session, with what the trail has of it, the newest first. */
export interface SessionContent {
  readonly explanation: Explanation;
  /** Whose it is, if that is known. */
  readonly username: string | undefined;
  readonly lines: readonly EntryLine[];
}

/**
 * Asks for a session id.
 * @param isWrong what was typed is none; it is not shown again, since it may be a credential
 */
export function askForSessionPage(account: Account, isWrong: boolean): string {
  return consolePage('Explain a session', SESSIONS, account, form('', isWrong));
}

/** The life of a session, and why it is refused. */
export function sessionPage(account: Account, { explanation, username, lines }: SessionContent): string {
  const { id, state, reason, endedAt, explanation: words, record } = explanation;
  return consolePage(
    'Explain a session',
    SESSIONS,
    account,
    html`${form(id, false)}
<section class="verdict${ALARMING.has(state) && html` warns`}" aria-labelledby="verdict">
<h2 id="verdict">${STATES[state]}${reason !== undefined && html`: ${reason}`}</h2>
<p>${words}</p>
${endedAt !== undefined && html`<p>It ended at <time datetime="${endedAt}">${clockOf(endedAt)}</time>.</p>`}
</section>
${record ? facts(record, username) : undefined}
<h2>Its life, the newest first</h2>
<p class="lead">Of refusals and of looks at it the newest ten each: anybody who knows the id can cause a refusal.</p>
${entryList(lines)}`,
  );
}

const STATES: Readonly<Record<Explanation['state'], string>> = {
  live: 'It lives',
  expired: 'Its time is over',
  tampered: 'Its record was edited',
  actor_ended: 'Who acted in it is gone',
  key_gone: 'Its key is gone',
  ended: 'It was ended',
  unknown: 'Nothing is known of it',
};

/** What means that somebody has to do something. */
const ALARMING: ReadonlySet<Explanation['state']> = new Set(['tampered', 'key_gone']);

const NAMES: Readonly<Record<string, string>> = {
  userId: 'User',
  channel: 'Channel',
  clientId: 'Client',
  generation: 'Generation',
  minGeneration: 'Accepted from generation',
  key: 'Key',
};

/** The same, of what are times. */
const TIMES: Readonly<Record<string, string>> = {
  createdAt: 'Logged in',
  authenticatedAt: 'Password proven',
  lastSeenAt: 'Last seen',
  expiresAt: 'Ends at the latest',
  endsAt: 'Ends if it is not used',
};

function facts(record: NonNullable<Explanation['record']>, username: string | undefined): Markup {
  const said = (name: string, value: string | number) => {
    if (name === 'userId') return html`<a href="${personAddress(String(value))}">${username ?? value}</a>`;
    return html`${Object.hasOwn(TIMES, name) ? clockOf(String(value)) : value}`;
  };
  return html`<dl class="record">
${Object.entries(record).map(([name, value]) => html`<div><dt>${NAMES[name] ?? TIMES[name] ?? name}</dt><dd>${said(name, value)}</dd></div>\n`)}
</dl>`;
}

function form(typed: string, isWrong: boolean): Markup {
  return html`<form class="filter" action="${SESSIONS}" role="search" aria-label="Explain a session">
<div class="field wide">
<label for="id">Session id</label>
<p class="hint" id="id-hint">As it stands in the audit trail: <code>1a2b.</code> and 22 signs. Never a cookie or a token.</p>
<input id="id" name="id" value="${typed}" pattern="[0-9a-f]{4}\\.[A-Za-z0-9_\\-]{22}" title="1a2b. and 22 letters, digits, - and _" maxlength="27" required autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="id-hint id-error"${isWrong && html` aria-invalid="true" autofocus`}>
<p class="error" id="id-error">${isWrong && 'That is no session id.'}</p>
</div>
<div class="buttons"><button>Explain</button></div>
</form>`;
}
