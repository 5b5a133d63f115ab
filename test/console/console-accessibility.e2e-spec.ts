import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import axe, { type AxeResults } from 'axe-core';
import { SessionService } from 'nestjs-hybrid-session';
import type { Browser } from 'playwright-core';
import { launchChrome } from '../support/chrome.js';
import { busyHour, openConsole, operator } from '../support/console-host.js';
import type { PagesHost } from '../support/pages-host.js';
import type { PersonAtBrowser } from '../support/person-at-browser.js';

const MINUTE = 60_000;
const SCHEMES = ['light', 'dark'] as const;
/** A folder that is to have a picture of each view: for people, who see what no check does. */
const PICTURES = process.env['PAGE_PICTURES'];

type Scene = (person: PersonAtBrowser, host: PagesHost) => Promise<unknown>;

const personOf = async ({ page }: PersonAtBrowser, name: string) => {
  await page.goto(`/console/people?name=${name}`);
  await page.getByRole('link', { name, exact: true }).click();
};

/** Every view, in each of its states. */
const SCENES: readonly (readonly [string, Scene])[] = [
  ['overview', async ({ page }) => page.getByText('Live', { exact: true }).waitFor()],
  ['overview-day', async ({ page }) => page.getByRole('link', { name: 'Last day' }).click()],
  ['overview-table', async ({ page }) => page.getByText('As a table').first().click()],
  ['people', async ({ page }) => page.goto('/console/people?name=ad')],
  ['people-nobody', async ({ page }) => page.goto('/console/people?name=zz')],
  ['person', async (person) => personOf(person, 'ada')],
  [
    'person-dialogue',
    async (person, host) => {
      await personOf(person, 'ada');
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
    async (person) => {
      await personOf(person, 'ada');
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
beforeAll(async () => {
  chrome = await launchChrome();
  host = await openConsole(chrome, 'express');
  await busyHour(host);
}, 60_000);
afterEach(() => host.tidyUp());
afterAll(async () => {
  await host.close();
  await chrome.close();
});

describe.each(SCENES)('The view "%s" of the console', (name, play) => {
  it('has nothing that keeps people out, light or dark, nor is wider than a phone', async () => {
    for (const user of ['ada', 'ada', 'adele']) await host.elsewhere(user);
    const person = await operator(host);
    const { page } = person;
    await play(person, host);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      expect(violations.map(({ id, impact, nodes }) => [id, impact, nodes.map(({ html }) => html)])).toEqual([]);
      for (const width of [1200, 360]) {
        await page.setViewportSize({ width, height: 740 });
        if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}-${width}.png`, fullPage: true });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      }
    }
  });
});
