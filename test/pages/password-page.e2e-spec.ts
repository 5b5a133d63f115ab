import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChrome } from '../support/chrome.js';
import { PagesHost } from '../support/pages-host.js';

const MINUTE = 60_000;

let chrome: Browser;
beforeAll(async () => {
  chrome = await launchChrome();
});
afterAll(() => chrome.close());

// As the page of devices on one adapter, and on the other one.
describe.each(['express'] as const)('The page that changes the password, on %s', (adapter) => {
  let host: PagesHost;
  beforeAll(async () => {
    host = await PagesHost.open(chrome, adapter, { LOGIN_LIMITER: 'off' });
  });
  afterEach(() => host.tidyUp());
  afterAll(() => host.close());

  it('says beside each field what is wrong with it, then changes the password and logs out every other device', async () => {
    const there = await (await host.person()).login();
    const person = await (await host.person()).login();
    await person.page.getByRole('link', { name: 'Change password' }).click();
    const current = person.page.getByLabel('Current password');
    const next = person.page.getByLabel('New password');

    await current.fill('wrong');
    await next.fill('a new password');
    await person.button('Change password').click();
    await person.page.getByText('Current password is wrong.').waitFor();
    expect([await current.getAttribute('aria-invalid'), await person.focused()]).toEqual(['true', 'currentPassword']);

    await current.fill('ada-password');
    await next.fill('short');
    await person.button('Change password').click();
    await person.page.getByText('The new password is too short: use 8 characters or more.').waitFor();
    expect([await next.getAttribute('aria-invalid'), await person.focused()]).toEqual(['true', 'newPassword']);
    expect(await current.getAttribute('aria-invalid')).toBeNull();

    await person.page.getByLabel('Show the passwords').check();
    await next.fill('a new password');
    expect(await next.getAttribute('type')).toBe('text');
    await person.button('Change password').click();
    await person.page.getByText('Your password is changed').waitFor();
    expect(await person.others().count()).toBe(0);
    await there.page.reload();
    expect(await there.heading('You were logged out').count()).toBe(1);
    await there.login('ada', 'a new password');
  });

  it('works without script: the fault beside its field, then the change', async () => {
    const person = await (await host.person({ javaScriptEnabled: false })).login('bob');
    await person.page.goto('/password');
    const change = async (password: string) => {
      await person.page.getByLabel('Current password').fill('bob-password');
      await person.page.getByLabel('New password').fill(password);
      await person.button('Change password').click();
    };
    await change('short');
    await person.page.getByText('The new password is too short').waitFor();
    expect(await person.page.title()).toBe('Error: Change password – Hybrid Session');
    expect(await person.focused()).toBe('newPassword');
    await change('a new password');
    await person.page.getByText('Your password is changed').waitFor();
    await person.button('Log out').first().click();
    await person.page.getByText('You have logged out.').waitFor();
    await person.login('bob', 'a new password');
  });

  it('is a fresh proof of who changes it: what asks for the password again does not ask after it, but long after', async () => {
    const person = await (await host.person()).login('carol');
    host.clock.advance(11 * MINUTE);
    await person.page.goto('/password');
    await person.page.getByLabel('Current password').fill('carol-password');
    await person.page.getByLabel('New password').fill('a new password');
    await person.button('Change password').click();
    await person.page.getByText('Your password is changed').waitFor();

    const endOther = async () => {
      await host.elsewhere('carol', 'a new password');
      await person.page.reload();
      await person.button('End all others').click();
    };
    await endOther();
    await person.page.getByText('All your other devices are logged out.').waitFor();
    host.clock.advance(11 * MINUTE);
    await endOther();
    await person.page.getByRole('dialog').getByLabel('Your password').fill('a new password');
    await person.button('Confirm').click();
    await person.page.getByText('All your other devices are logged out.').waitFor();
    expect(await person.others().count()).toBe(0);
  });
});
