import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionService } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import type { Browser } from 'playwright-core';
import { RoleChanges } from '../../src/admin/role-changes.service.js';
import { Users } from '../../src/users/users.service.js';
import { launchChrome } from '../support/chrome.js';
import { openConsole, operator, reuse } from '../support/console-host.js';
import type { PagesHost } from '../support/pages-host.js';
import type { PersonAtBrowser } from '../support/person-at-browser.js';

const MINUTE = 60_000;
/** A user name that would be a picture, and run a script, if it ever became markup. */
const EVIL = `<img/src=x/onerror=document.title='taken'>`;

let chrome: Browser;
beforeAll(async () => {
  chrome = await launchChrome();
});
afterAll(() => chrome.close());

// A browser sees no difference between the adapters: what they answer is console-pages, on both.
describe('An operator at the console', () => {
  let host: PagesHost;
  beforeAll(async () => {
    host = await openConsole(chrome, 'fastify');
    await host.app.get(Users).create({ username: EVIL, displayName: EVIL, password: 'evil-password', roles: ['user'] });
  });
  afterEach(() => host.tidyUp());
  afterAll(() => host.close());

  const live = async ({ page }: PersonAtBrowser) => page.getByText('Live', { exact: true }).waitFor();
  const typesOf = async () => (await host.app.get(TypeOrmAuditTrail).find({ limit: 10 })).map(({ type }) => type);

  it('finds a person, ends one of the sessions after the password, then all of them; each is in the audit trail', async () => {
    const phone = await (await host.person()).login('ada');
    const laptop = await (await host.person()).login('ada');
    const root = await operator(host, '/console');
    await root.page.getByRole('link', { name: 'People' }).click();
    await root.page.getByLabel('User name begins with').fill('AD');
    await root.page.keyboard.press('Enter');
    await root.page.getByRole('link', { name: 'adele' }).waitFor();
    await root.page.getByRole('link', { name: 'ada', exact: true }).click();
    await root.heading('ada').waitFor();
    expect(await root.page.locator('.devices li').count()).toBe(2);

    host.clock.advance(11 * MINUTE);
    await root
      .button(/^End .* of ada/)
      .first()
      .click();
    const dialog = root.page.getByRole('dialog', { name: 'Confirm that it is you' });
    await dialog.getByLabel('Your password').fill('root-password');
    await root.page.keyboard.press('Enter');
    await root.page.getByText('The session is ended.').waitFor();
    expect(await root.focused()).toBe('The session is ended.');
    expect(await root.page.locator('.devices li').count()).toBe(1);
    expect(await typesOf()).toContain('admin.session_ended');

    await root.button('End all sessions of ada').click();
    await root.page.getByText('All sessions of this user are ended.').waitFor();
    await root.page.getByText('Not logged in anywhere.').waitFor();
    expect(await typesOf()).toContain('admin.sessions_ended');
    for (const device of [phone, laptop]) {
      await device.page.reload();
      await device.heading('You were logged out').waitFor();
    }
  });

  it('sees what happens while it happens, in figures and in words, until he says stop', async () => {
    const root = await operator(host);
    const outside: string[] = [];
    root.page.on('request', (request) => {
      if (!request.url().startsWith(host.url)) outside.push(request.url());
    });
    await live(root);
    const headline = root.page.locator('#reuses .headline');
    const before = Number(await headline.textContent());
    await reuse(host);
    const entry = root.page.locator('.entries li', { hasText: 'refresh.reused' }).first();
    await entry.waitFor();
    expect(await entry.textContent()).toMatch(/failure, worth a look .*UTC\s+user ada/);
    expect(await entry.getAttribute('class')).toBe('warns');
    await root.page
      .locator('#reuses .headline')
      .getByText(String(before + 1), { exact: true })
      .waitFor();
    expect(await root.page.locator('#reuses[data-alarming]').count()).toBe(1);
    expect(await root.page.locator('#reuses path').getAttribute('d')).toMatch(/^M/);
    expect(await root.page.locator('#reuses tbody td').allTextContents()).toContain('1');

    await entry.getByRole('link', { name: 'ada' }).click();
    await root.heading('ada').waitFor();
    await root.page.goBack();
    await live(root);
    await root.button('Pause').click();
    await root.page.getByText('Paused').waitFor();
    const count = await root.page.locator('.entries li').count();
    await host.elsewhere('bob');
    await host.app.get(TypeOrmAuditTrail).settled();
    await root.button('Go on').click();
    await live(root);
    await root.page.locator('.entries li', { hasText: 'bob' }).first().waitFor(); // what came meanwhile comes now
    expect(await root.page.locator('.entries li').count()).toBe(count);
    expect(outside).toEqual([]);
  });

  it('filters the trail, and only what fits comes in; a session in it is one click from its explanation', async () => {
    const root = await operator(host, '/console/trail');
    await root.page.getByLabel('Type').fill('refresh.reused');
    await root.page.getByLabel('User').fill('ada');
    await root.button('Filter').click();
    await root.page.waitForURL(/type=refresh.reused/);
    await live(root);
    const before = await root.page.locator('.entries li').count();
    await reuse(host);
    await root.page.locator('.entries li').nth(before).waitFor();
    expect(await root.page.locator('.entries li').count()).toBe(before + 1);
    await root.page.locator('.entries a[href*=sessions]').first().click();
    await root.page.getByText('It was ended: reuse').waitFor();
    expect(await root.page.locator('.entries strong').allTextContents()).toEqual(
      expect.arrayContaining(['session.opened', 'refresh.rotated', 'refresh.reused', 'session.ended']),
    );
    await root.page.getByLabel('Session id').fill('nonsense');
    await root.button('Explain').click();
    expect(await root.page.evaluate(`document.querySelector('#id').validity.patternMismatch`)).toBe(true);
    await root.page.goBack();
    expect(root.page.url()).toContain('type=refresh.reused'); // a filter is no news, and stays in the address
  });

  it('shows text that would be markup as what it is', async () => {
    const root = await operator(host);
    await live(root);
    await host.elsewhere(EVIL, 'evil-password');
    await root.page.locator('.entries li', { hasText: EVIL }).first().waitFor();
    await root.page.reload();
    await root.page.locator('.entries li', { hasText: EVIL }).first().waitFor();
    await root.page.getByRole('link', { name: EVIL }).first().click();
    await root.heading(EVIL).waitFor();
    expect(await root.page.locator('img').count()).toBe(0);
    expect(await root.page.title()).toBe(`${EVIL} – Hybrid Session`);
  });

  it('is told when the session has ended, sees nobody’s data any more, and is led to the login page', async () => {
    const root = await operator(host, '/console/trail');
    await live(root);
    await host.app.get(SessionService).revokeEveryone();
    await root.page.getByText('Your session has ended.').waitFor();
    expect([await root.page.title(), await root.focused()]).toEqual(['You were logged out', 'You were logged out']);
    expect(await root.page.locator('.entries, .bar').count()).toBe(0);
    await root.page.getByRole('link', { name: 'Log in' }).click();
    await root.page.getByLabel('User name').waitFor();
    expect(await root.told()).toMatch(/^Your session has ended/);
  });

  it('is told when he is an administrator no more', async () => {
    const users = host.app.get(Users);
    const { id } = await users.create({ username: 'second', password: 'second-password', roles: ['admin'] });
    const second = await (await host.person()).login('second');
    await second.page.goto('/console');
    await live(second);
    await host.app.get(RoleChanges).change(id, ['user'], { address: '127.0.0.1' });
    await second.heading('Not for this account').waitFor();
    expect(await second.page.content()).not.toContain('entries');
  });

  it('is connected again after a fault of the network, and has missed nothing, nor sees anything twice', async () => {
    const root = await operator(host, '/console/trail?type=session.opened');
    await live(root);
    const entries = root.page.locator('.entries li');
    const before = await entries.count();
    await host.elsewhere('bob');
    await entries.nth(before).waitFor();
    await root.context.setOffline(true);
    host.app.getHttpServer().closeAllConnections();
    await root.page.getByText('Connection lost, connecting again').waitFor();
    await host.elsewhere('adele');
    await root.context.setOffline(false);
    await entries.filter({ hasText: 'adele' }).first().waitFor();
    expect(await root.page.getByText('Live', { exact: true }).count()).toBe(1);
    expect(await entries.count()).toBe(before + 2);
    root.complaints.splice(0); // Chromium's words for each attempt without a network
  });

  it('sees figures, people and the trail without script as well', async () => {
    const person = await host.person({ javaScriptEnabled: false });
    await person.login('root');
    await person.page.goto('/console');
    expect(await person.page.locator('.chart').count()).toBe(9);
    expect(await person.page.locator('[data-live]').isVisible()).toBe(false);
    await person.page.getByText('As a table').first().click();
    expect(await person.page.locator('#sessions tbody tr').first().isVisible()).toBe(true);
    await person.page.goto('/console/trail?type=login.succeeded');
    expect(await person.page.locator('.entries li').count()).toBeGreaterThan(0);
  });
});
