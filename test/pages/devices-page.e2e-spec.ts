import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChrome } from '../support/chrome.js';
import { PagesHost, SAFARI } from '../support/pages-host.js';

const MINUTE = 60_000;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let chrome: Browser;
beforeAll(async () => {
  chrome = await launchChrome();
});
afterAll(() => chrome.close());

// A browser sees no difference between the adapters: what they make of a page and its forms is login-page and endings, on both.
describe.each(['fastify'] as const)('The page of devices, on %s', (adapter) => {
  let host: PagesHost;
  beforeAll(async () => {
    host = await PagesHost.open(chrome, adapter, { LOGIN_LIMITER: 'off' });
  });
  afterEach(() => host.tidyUp());
  afterAll(() => host.close());

  it('lists devices by the names that people call them, this one first, with when they were last seen', async () => {
    await host.elsewhere();
    host.clock.advance(5 * MINUTE);
    const { page } = await (await host.person({ userAgent: FIREFOX })).login();
    const [own, other] = await page.locator('.devices li').allTextContents();
    expect(own).toMatch(/Firefox on Linux\s+This device\s+Browser · from 127.0.0.1 · active now/);
    expect(other).toMatch(/Safari on iOS\s+Browser · from 127.0.0.1 · last seen 5 minutes ago/);
    const seen = await page.locator('.devices li').nth(1).locator('time').first().getAttribute('datetime');
    expect(seen).toBe(new Date(host.clock.now() - 5 * MINUTE).toISOString());
  });

  it('ends one device: its next click lands on the page that says why, and the others go on', async () => {
    const there = await (await host.person({ userAgent: SAFARI })).login();
    const here = await (await host.person({ userAgent: FIREFOX })).login();
    await here.button(/^End Safari on iOS, last seen/).click();
    await here.page.getByText('That device is logged out.').waitFor();
    expect(await here.others().count()).toBe(0);

    await there.page.getByRole('link', { name: 'Change password' }).click();
    await there.heading('You were logged out').waitFor();
    expect(await there.told()).toMatch(/^Your session has ended: .* ended from another device/);
    await there.page.reload();
    expect(await there.told()).toBe(''); // news is told once
    await here.page.reload();
    expect(await here.heading('Your devices').count()).toBe(1);
  });

  it('asks for the password first where the login is old, says when it is wrong, and then does what was asked for', async () => {
    await host.elsewhere();
    await host.elsewhere();
    const here = await (await host.person({ userAgent: FIREFOX })).login();
    host.clock.advance(11 * MINUTE);
    const dialog = here.page.getByRole('dialog', { name: 'Confirm that it is you' });
    const password = dialog.getByLabel('Your password');

    const asked: [string, number][] = [];
    here.page.on('response', (answer) => {
      if (answer.url().includes('/auth/')) asked.push([answer.request().method(), answer.status()]);
    });
    await here.button('End all others').click();
    await dialog.waitFor();
    expect(await here.focused()).toBe('password');
    await here.page.keyboard.press('Escape');
    await here.page.getByText('Nothing was changed').waitFor();
    expect(await here.focused()).toBe('End all others');
    expect(await here.others().count()).toBe(2);

    await here.page.keyboard.press('Enter');
    await password.fill('not it');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByText('Your password is wrong.').waitFor();
    expect([await password.getAttribute('aria-invalid'), await here.focused()]).toEqual(['true', 'password']);
    await password.fill('ada-password');
    await here.page.keyboard.press('Enter');
    await here.page.getByText('All your other devices are logged out.').waitFor();
    expect(await here.others().count()).toBe(0);
    const [refused, wrong, right, done] = [
      ['DELETE', 401],
      ['POST', 401],
      ['POST', 200],
      ['DELETE', 200],
    ];
    expect(asked).toEqual([refused, refused, wrong, right, done]);
  });

  it('goes on in a tab whose session has a new secret from another tab, and acts for nobody else who has logged in there', async () => {
    const here = await (await host.person({ userAgent: FIREFOX })).login();
    await host.elsewhere();
    await here.page.reload();
    const renew = `fetch('/auth/reauthenticate', { method: 'POST', body: new URLSearchParams({ password: 'ada-password' }),
      headers: { 'X-CSRF-Token': document.querySelector('[name=_csrf]').value } }).then((answer) => answer.status)`;
    const tab = await here.context.newPage();
    await tab.goto('/');
    expect(await tab.evaluate(renew)).toBe(200);
    await here.button(/^End Safari/).click();
    await here.page.getByText('That device is logged out.').waitFor();

    await tab.goto('/login');
    await tab.getByLabel('User name').fill('bob');
    await tab.getByLabel('Password').fill('bob-password');
    await tab.getByRole('button', { name: 'Log in' }).click();
    await tab.getByText('Logged in as bob').waitFor();
    await here.button('Log out everywhere').click();
    await here.page.getByText('Logged in as bob').waitFor();
    await tab.reload();
    await tab.getByText('Logged in as bob').waitFor();
    await tab.getByRole('button', { name: 'Log out', exact: true }).click();
    await tab.getByText('You have logged out.').waitFor();
  });

  it('works with the keyboard alone: log in, go to a device, end it, log out', async () => {
    await host.elsewhere();
    const person = await host.person({ userAgent: FIREFOX });
    const { page } = person;
    const { keyboard } = page;
    await page.goto('/login');
    await person.cursorIn('username');
    await keyboard.type('ada');
    await keyboard.press('Tab');
    await keyboard.type('ada-password');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your devices' }).waitFor();

    const reach = async (name: string) => {
      const path: string[] = [];
      while (!path.at(-1)?.startsWith(name) && path.length < 12) {
        await keyboard.press('Tab');
        path.push(await person.focused());
      }
      return path;
    };
    const path = await reach('End Safari');
    expect(path.map((one) => one.split(' ')[0])).toEqual(['Skip', 'Your', 'Change', 'Log', 'change', 'End']);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await keyboard.press('Enter');
    await page.getByText('That device is logged out.').waitFor();
    expect(await person.focused()).toBe('That device is logged out.'); // so that it is read out
    await reach('Log out everywhere');
    await keyboard.press('Space');
    await page.getByText('You have logged out on all your devices.').waitFor();
  });

  it('says without script what does not work, and logs out all the same', async () => {
    const person = await (await host.person({ javaScriptEnabled: false })).login();
    await host.elsewhere();
    await person.page.reload();
    expect(await person.page.locator('noscript p').isVisible()).toBe(true);
    expect(await person.button(/^End/).count()).toBe(0);
    await person.button('Log out everywhere').click();
    await person.page.getByText('You have logged out on all your devices.').waitFor();
    expect(await person.context.cookies()).toEqual([expect.objectContaining({ name: expect.stringContaining('device') })]);
  });
});
