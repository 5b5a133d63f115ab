import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from 'nestjs-hybrid-session';
import type { Browser } from 'playwright-core';
import { SessionStores } from '../../src/sessions/session-stores.js';
import { launchChrome } from '../support/chrome.js';
import { ADAPTERS } from '../support/host-app.js';
import { PagesHost } from '../support/pages-host.js';

const SCRIPTS = [true, false];

let chrome: Browser;
beforeAll(async () => {
  chrome = await launchChrome();
});
afterAll(() => chrome.close());

describe.each(ADAPTERS)('The login page, on %s', (adapter) => {
  let host: PagesHost;
  beforeAll(async () => {
    const limits = {
      MAX_SESSIONS: '1',
      SESSION_LIMIT_POLICY: 'refuse',
      LOGIN_ACCOUNT_LIMIT: '2',
      LOGIN_DEVICE_LIMIT: '2',
      LOGIN_DELAY_SECONDS: '30',
    };
    host = await PagesHost.open(chrome, adapter, limits);
  });
  afterEach(() => host.tidyUp());
  afterAll(() => host.close());

  it.each(SCRIPTS)(
    'works by keyboard and says with the fields that they are wrong (with script: %s)',
    async (javaScriptEnabled) => {
      const person = await host.person({ javaScriptEnabled });
      const { page } = person;
      await person.tryLogin('bob', 'wrong');
      const message = page.getByRole('alert');
      await message.waitFor();
      expect(await message.textContent()).toBe('The user name or the password is wrong.');
      expect(await page.title()).toBe('Error: Log in – Hybrid Session');
      for (const [label, value] of [
        ['User name', 'bob'],
        ['Password', ''],
      ] as const) {
        const field = page.getByLabel(label);
        expect(await field.inputValue()).toBe(value);
        expect(await field.getAttribute('aria-invalid')).toBe('true');
        expect(await field.getAttribute('aria-describedby')).toContain(await message.getAttribute('id'));
      }
      await person.cursorIn('password'); // where it is to be typed again
      await page.keyboard.type('bob-password');
      await page.keyboard.press('Enter');
      await person.heading('Your devices').waitFor();
    },
  );

  it('says for how many seconds a name has to wait, as the header does', async () => {
    const person = await host.person();
    for (const _ of [1, 2]) await person.tryLogin('nobody', 'wrong');
    const answered = person.page.waitForResponse((answer) => answer.status() === 429);
    await person.tryLogin('nobody', 'wrong');
    const seconds = (await answered).headers()['retry-after'];
    await person.page.getByRole('alert').waitFor();
    expect(await person.told()).toMatch(`Too many attempts. Try again in ${seconds} seconds.`);
    expect(Number(seconds)).toBeGreaterThan(1);
    expect(await person.page.getByLabel('User name').getAttribute('aria-invalid')).toBeNull(); // nothing is wrong with it
  });

  it('says it on the other pages too, beside the password, of which nothing is known to be wrong', async () => {
    const person = await (await host.person()).login('carol');
    await person.page.goto('/password');
    const current = person.page.getByLabel('Current password');
    await person.page.getByLabel('New password').fill('a new password');
    const statuses: number[] = [];
    while (statuses.at(-1) !== 429 && statuses.length < 9) {
      await current.fill('wrong');
      const answered = person.page.waitForResponse((answer) => answer.url().endsWith('/auth/password'));
      await person.button('Change password').click();
      statuses.push((await answered).status());
      await person.page.locator('#currentPassword-error').filter({ hasText: /./ }).waitFor();
    }
    expect(await person.page.locator('#currentPassword-error').textContent()).toMatch(
      /^Too many attempts. Try again in \d+ seconds.$/,
    );
    expect([await current.getAttribute('aria-invalid'), await person.focused()]).toEqual([null, 'currentPassword']);
  });

  it('offers to end the other devices when they are too many, and ends none unasked', async () => {
    const first = await (await host.person()).login();
    const person = await host.person();
    await person.tryLogin('ada', 'ada-password');
    await person.page.getByText('You are logged in on too many devices.').waitFor();
    await first.page.reload();
    expect(await first.heading('Your devices').count()).toBe(1);
    await person.page.getByLabel('Password').fill('ada-password');
    await person.page.getByLabel('Log out my other devices').check();
    await person.button('Log in').click();
    await person.heading('Your devices').waitFor();
    await first.page.reload();
    expect(await first.heading('You were logged out').count()).toBe(1);
  });

  it('says so when the sessions cannot be reached, and blames nobody', async () => {
    const person = await host.person();
    const { store } = host.app.get(SessionStores);
    const away = jest.spyOn(store, 'fence').mockRejectedValue(new StoreUnavailableError());
    const answered = person.page.waitForResponse((answer) => answer.status() === 503);
    await person.tryLogin('ada', 'ada-password');
    await answered.finally(() => away.mockRestore());
    await person.page.getByRole('alert').waitFor();
    expect(await person.told()).toBe('Our storage cannot be reached. Try again in 1 second.');
    expect((await answered).headers()['retry-after']).toBe('1');
  });

  it('shows nobody a reason that it does not know', async () => {
    const { page } = await host.person();
    await page.goto('/login?reason=ended');
    expect(await page.getByRole('status').textContent()).toMatch(/^Your session has ended/);
    for (const reason of ['constructor', '__proto__', '<b>you won</b>', 'ended&reason=evicted', '']) {
      await page.goto(`/login?reason=${reason}`);
      expect([reason, await page.getByRole('status').count(), await page.title()]).toEqual([
        reason,
        0,
        'Log in – Hybrid Session',
      ]);
    }
  });
});
