import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionService } from 'nestjs-hybrid-session';
import type { Browser } from 'playwright-core';
import { launchChrome } from '../support/chrome.js';
import { ADAPTERS } from '../support/host-app.js';
import { PagesHost } from '../support/pages-host.js';

const MINUTE = 60_000;

let chrome: Browser;
beforeAll(async () => {
  chrome = await launchChrome();
});
afterAll(() => chrome.close());

describe.each(ADAPTERS)('A page whose session has ended, on %s', (adapter) => {
  let host: PagesHost;
  beforeAll(async () => {
    host = await PagesHost.open(chrome, adapter, { LOGIN_LIMITER: 'off', MAX_SESSIONS: '1' });
  });
  afterEach(() => host.tidyUp());
  afterAll(() => host.close());

  it('says after half an hour without use that the session has ended, and lets people in again', async () => {
    const person = await (await host.person()).login();
    host.clock.advance(29 * MINUTE);
    await person.page.reload();
    expect(await person.heading('Your devices').count()).toBe(1);
    await host.app.get(SessionService).settled(); // the use is written down behind the answer
    host.clock.advance(29 * MINUTE);
    await person.page.reload();
    expect(await person.heading('Your devices').count()).toBe(1);
    await host.app.get(SessionService).settled();
    host.clock.advance(30 * MINUTE);
    await person.page.getByRole('link', { name: 'Change password' }).click();
    await person.heading('You were logged out').waitFor();
    expect(await person.told()).toMatch(/^Your session has ended: it was not used for a while/);
    await person.page.getByLabel('User name').fill('ada');
    await person.page.getByLabel('Password').fill('ada-password');
    await person.page.keyboard.press('Enter');
    await person.heading('Your devices').waitFor();
  });

  it('tells a device that another one took its place, also when it was about to do something', async () => {
    const first = await (await host.person()).login();
    await (await host.person()).login();
    await first.button('Log out everywhere').click();
    await first.heading('You were logged out').waitFor();
    expect(await first.told()).toBe('You were logged out because you logged in on too many other devices.');
    expect(await first.others().count()).toBe(0);
  });

  it('shows nothing of the person after the logout: neither by the back button nor in another tab', async () => {
    const person = await (await host.person()).login();
    const tab = await person.context.newPage();
    await tab.goto('/password');
    await person.page.goto('/password');
    await person.button('Log out').click();
    await person.page.getByText('You have logged out.').waitFor();
    for (let back = 0; back < 2; back += 1) {
      await person.page.goBack();
      expect(await person.page.locator('h1').textContent()).toBe('Log in');
      expect(await person.page.content()).not.toContain('ada');
    }
    await tab.getByLabel('Current password').fill('ada-password');
    await tab.getByLabel('New password').fill('a new password');
    await tab.getByRole('button', { name: 'Change password' }).click();
    await tab.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(await tab.content()).not.toContain('ada');
  });

  it('says so without script as well, to a form that comes too late or from an old page', async () => {
    const person = await (await host.person({ javaScriptEnabled: false })).login();
    await person.page.goto('/password');
    const tab = await person.context.newPage();
    await tab.goto('/login');
    await tab.getByLabel('User name').fill('ada');
    await tab.getByLabel('Password').fill('ada-password');
    await tab.keyboard.press('Enter');
    await tab.getByText('Logged in as ada').waitFor();
    await person.button('Log out').click();
    await person.page.getByText('The page that this was sent from is out of date. Load it again.').waitFor();
    await person.page.getByRole('link', { name: 'Try again' }).click();
    await person.heading('Your devices').waitFor();

    await person.page.goto('/password');
    await host.app.get(SessionService).revokeEveryone();
    await person.page.getByLabel('Current password').fill('ada-password');
    await person.page.getByLabel('New password').fill('a new password');
    await person.button('Change password').click();
    await person.heading('You were logged out').waitFor();
    expect(await person.told()).toMatch(/^Your session has ended/);
  });

  it('sends a browser that has changed to log in again where the application wants that, and ends no session for it', async () => {
    const strict = await PagesHost.open(chrome, adapter, {}, { onClientChange: { userAgent: 'stepUp' } });
    const person = await (await strict.person({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' })).login();
    const storageState = await person.context.storageState();
    const other = await strict.person({
      storageState,
      userAgent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/141.0.0.0 Safari/537.36',
    });
    await other.page.goto('/');
    await other.heading('You were logged out').waitFor();
    expect(await other.told()).toBe('This browser looks different from the one that logged in. Log in again to go on.');
    await person.page.reload();
    expect(await person.heading('Your devices').count()).toBe(1);
    await strict.tidyUp();
    await strict.close();
  });
});
