import assert from 'node:assert/strict';
import { afterAll, afterEach, beforeAll, describe, it } from '@jest/globals';
import { SessionService } from 'nestjs-hybrid-session';
import type { Browser } from 'playwright-core';
import { expectAccessible } from '../support/accessible-page.js';
import { launchChrome } from '../support/chrome.js';
import { busyHour, openConsole, operator } from '../support/console-host.js';
import type { PagesHost } from '../support/pages-host.js';
import type { PersonAtBrowser } from '../support/person-at-browser.js';

const MINUTE = 60_000;

type Scene = (person: PersonAtBrowser, host: PagesHost) => Promise<unknown>;

const ada = async ({ page }: PersonAtBrowser, host: PagesHost) => {
  for (let session = 0; session < 2; session += 1) await host.elsewhere('ada');
  await page.goto('/console/people?name=ada');
  await page.getByRole('link', { name: 'ada', exact: true }).click();
};

/** Every view, in each of its states. */
const SCENES: readonly (readonly [string, Scene])[] = [
  ['overview-day', async ({ page }) => page.getByRole('link', { name: 'Last day' }).click()],
  ['overview-table', async ({ page }) => page.getByText('As a table').first().click()],
  ['people', async ({ page }) => page.goto('/console/people?name=ad')],
  ['people-nobody', async ({ page }) => page.goto('/console/people?name=zz')],
  ['person', ada],
  [
    'person-dialogue',
    async (person, host) => {
      await ada(person, host);
      host.clock.advance(11 * MINUTE);
      await person.button('End all sessions of ada').click();
      await person.page.getByRole('dialog').waitFor();
    },
  ],
  ['trail', async ({ page }) => page.goto('/console/trail')],
  ['trail-wrong', async ({ page }) => page.goto('/console/trail?user=nobody&type=login.failed')],
  ['explain', async ({ page }) => page.goto('/console/sessions')],
  ['explain-wrong', async ({ page }) => page.goto('/console/sessions?id=nonsense')],
  [
    'session-live',
    async (person, host) => {
      await ada(person, host);
      await person.page.locator('.devices .small a').first().click();
    },
  ],
  [
    'session-reused',
    async ({ page }) => {
      await page.goto('/console/trail?type=refresh.reused');
      await page.locator('.entries a[href*=sessions]').first().click();
    },
  ],
  [
    'logged-out',
    async ({ page }, host) => {
      await page.getByText('Live', { exact: true }).waitFor();
      await host.app.get(SessionService).revokeEveryone();
      await page.getByText('Your session has ended.').waitFor();
    },
  ],
];

let chrome: Browser;
let host: PagesHost;
let person: PersonAtBrowser;
beforeAll(async () => {
  chrome = await launchChrome();
  host = await openConsole(chrome, 'express');
  await busyHour(host);
  person = await operator(host); // for every view, one after the other: the last one ends the session
}, 60_000);
afterEach(() => assert.deepEqual(person.complaints.splice(0), [])); // of this view
afterAll(async () => {
  try {
    await host.tidyUp();
  } finally {
    await host.close();
    await chrome.close();
  }
});

describe.each(SCENES)('The view "%s" of the console', (name, play) => {
  it('has nothing that keeps people out, light or dark, nor is wider than a phone', async () => {
    await person.page.setViewportSize({ width: 1280, height: 720 });
    await person.page.emulateMedia({ colorScheme: 'light' });
    await person.page.goto('/console');
    await play(person, host);
    await expectAccessible(person.page, name, { isVeiled: name.endsWith('dialogue') });
  });
});
