import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from 'nestjs-hybrid-session';
import type { Browser } from 'playwright-core';
import { SessionStores } from '../../src/sessions/session-stores.js';
import { expectAccessible } from '../support/accessible-page.js';
import { launchChrome } from '../support/chrome.js';
import type { PersonAtBrowser } from '../support/person-at-browser.js';
import { PagesHost } from '../support/pages-host.js';

const MINUTE = 60_000;

type Scene = (person: PersonAtBrowser, host: PagesHost) => Promise<void>;

/** Every page, in each of its states. */
const SCENES: readonly (readonly [string, Scene])[] = [
  ['login', async ({ page }) => void (await page.goto('/login'))],
  ['login-evicted', async ({ page }) => void (await page.goto('/login?reason=evicted'))],
  ['login-logged-out', async ({ page }) => void (await page.goto('/login?reason=logged_out'))],
  ['login-wrong', async (person) => person.tryLogin('ada', 'wrong')],
  [
    'login-limit',
    async (person, host) => {
      for (const _ of [1, 2]) await host.elsewhere();
      await person.tryLogin('ada', 'ada-password');
      await person.page.getByRole('alert').waitFor();
    },
  ],
  ['devices-alone', async (person) => void (await person.login())],
  [
    'devices',
    async (person, host) => {
      await host.elsewhere();
      host.clock.advance(50 * MINUTE * 60);
      await host.elsewhere();
      host.clock.advance(5 * MINUTE);
      await person.login();
      await person.page.goto('/?done=password');
    },
  ],
  [
    'dialogue-wrong',
    async (person, host) => {
      await host.elsewhere();
      await person.login();
      host.clock.advance(11 * MINUTE);
      await person.button('End all others').click();
      await person.cursorIn('password');
      await person.page.keyboard.type('not it');
      await person.page.keyboard.press('Enter');
      await person.page.getByText('Your password is wrong.').waitFor();
    },
  ],
  [
    'password-wrong',
    async (person) => {
      await person.login();
      await person.page.goto('/password');
      await person.page.getByLabel('Current password').fill('ada-password');
      await person.page.getByLabel('New password').fill('ada-2 x');
      await person.button('Change password').click();
      await person.page.getByText('The new password is too short').waitFor();
    },
  ],
  [
    'away',
    async (person, host) => {
      await person.login();
      const away = jest.spyOn(host.app.get(SessionStores).store, 'find').mockRejectedValue(new StoreUnavailableError());
      await person.page.reload().finally(() => away.mockRestore());
      await person.heading('Not possible right now').waitFor();
    },
  ],
];

let chrome: Browser;
let host: PagesHost;
beforeAll(async () => {
  chrome = await launchChrome();
  const limit = { MAX_SESSIONS: '2', SESSION_LIMIT_POLICY: 'refuse', LOGIN_LIMITER: 'off' };
  host = await PagesHost.open(chrome, 'express', limit);
});
afterEach(() => host.tidyUp());
afterAll(async () => {
  await host.close();
  await chrome.close();
});

describe.each(SCENES)('The page "%s"', (name, play) => {
  it('has nothing that keeps people out, light or dark, nor is wider than a phone', async () => {
    const person = await host.person();
    await play(person, host);
    await expectAccessible(person.page, name, { wide: 1100, isVeiled: name.startsWith('dialogue') });
  });
});

it('has a title of its own on every page, and a heading that says the same', async () => {
  const person = await (await host.person()).login();
  const seen: [string, string | null][] = [];
  for (const path of ['/', '/password', '/login', '/login?reason=ended']) {
    await person.page.goto(path);
    seen.push([await person.page.title(), await person.page.getByRole('heading', { level: 1 }).textContent()]);
  }
  const names = ['Your devices', 'Change password', 'Log in', 'You were logged out'];
  expect(seen).toEqual(names.map((name) => [`${name} – Hybrid Session`, name]));
});
