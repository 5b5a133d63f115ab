import { html, type Markup } from '../../pages/html.js';
import { loginAddress } from '../../pages/notices.js';

/**
 * Says how it stands with the stream of news, which the script opens, and lets people stop what moves (WCAG 2.2.2). Without script there is
 * no stream, and nothing to say.
 * @param trail where to read what was left out
 */
export function liveStatus(address: string, trail: string): Markup {
  return html`<div class="live" data-live="${address}" hidden>
<p role="status">Connecting</p>
<button type="button" class="quiet">Pause</button>
</div>
<p class="skipped" role="status"></p>
<template id="skipped">More happened than comes in here: some entries were skipped. <a href="${trail}">Read them in the trail</a></template>
<template id="ended"><main class="card" id="content">
<h1 tabindex="-1">You were logged out</h1>
<p class="alarm" role="alert">Your session has ended.</p>
<p><a class="button" href="${loginAddress('ended')}">Log in</a></p>
</main></template>`;
}
