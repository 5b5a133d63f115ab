import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { AppProcess, sharedEnvironment } from './support/app-process.js';
import { ADAPTERS } from './support/host-app.js';
import { freePort } from './support/free-port.mjs';
import { launchChrome } from './support/chrome.js';

/** What a host tries that wants to choose the session of another host of its site. The last one is a cookie as any other. */
const TOSSED = [
  '__Host-sid=tossed; Domain=site.localhost; Path=/; Secure',
  '__host-sid=tossed; Domain=site.localhost; Path=/; Secure',
  '__Host-sid=tossed; Path=/; Secure',
  '=__Host-sid=tossed; Domain=site.localhost; Path=/; Secure', // without a name: its value alone would be sent
  'sid=tossed; Domain=site.localhost; Path=/; Secure',
];

describe.each(ADAPTERS)('In a real Chromium, on %s', (adapter) => {
  let app: AppProcess;
  let url: string;
  let chrome: Browser;
  let context: BrowserContext;
  let page: Page;
  let foreign: Server;
  let foreignUrl: string;
  let siblingUrl: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://app.site.localhost:${port}`; // browsers take Secure cookies over http from localhost and its subdomains alone
    app = await AppProcess.start(await sharedEnvironment({ HTTP_ADAPTER: adapter, SESSION_STORE: 'memory', PUBLIC_URL: url }), {
      port,
    });
    chrome = await launchChrome();
    context = await chrome.newContext();
    page = await context.newPage();
    // 127.0.0.1 is another site than localhost, whatever that resolves to; another subdomain is another host of the same site.
    foreign = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.setHeader('Set-Cookie', TOSSED);
      response.end(`<form id="out" method="post" action="${url}/auth/logout"></form>
        <form id="in" method="post" action="${url}/auth/login"><input name="username" value="bob"><input name="password" value="bob-password"></form>`);
    }).listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const address = foreign.address();
    const foreignPort = typeof address === 'object' ? address?.port : '';
    foreignUrl = `http://127.0.0.1:${foreignPort}`;
    siblingUrl = `http://sibling.site.localhost:${foreignPort}`;
  }, 60_000);
  afterAll(async () => {
    await chrome.close();
    foreign.close();
    expect(await app.stop()).toBe(0);
  });

  const logIn = async (password: string, remember = false) => {
    await page.goto(`${url}/login`);
    await page.getByLabel('User name').fill('ada');
    await page.getByLabel('Password').fill(password);
    if (remember) await page.getByLabel('Remember me').check();
    await page.getByRole('button', { name: 'Log in' }).click();
  };
  const sessionCookie = async () => (await context.cookies(url)).find((cookie) => cookie.name === '__Host-sid');

  it('a stranger is sent to the login page, and given no cookie', async () => {
    await page.goto(url);
    expect(new URL(page.url()).pathname).toBe('/login');
    expect(await context.cookies(url)).toEqual([]);
  });

  it('a wrong password shows the form again, with the name kept and a message', async () => {
    await logIn('wrong');
    expect(await page.getByRole('alert').textContent()).toBe('The user name or the password is wrong.');
    expect(await page.getByLabel('User name').inputValue()).toBe('ada');
    expect(await sessionCookie()).toBeUndefined();
  });

  it('a login keeps the session in a cookie that no script and no other site can see', async () => {
    await logIn('ada-password');
    await page.waitForURL(`${url}/`);
    expect(await page.locator('.who').textContent()).toBe('Logged in as ada');
    expect(await sessionCookie()).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/', expires: -1 });
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  /** Opens a page of somebody else's, and sends its two forms; answers with the cookies that each request carried. */
  const attackFrom = async (other: string) => {
    const cookies: (string | undefined)[] = [];
    for (const [form, path] of [
      ['out', '/auth/logout'],
      ['in', '/auth/login'],
    ] as const) {
      await page.goto(other);
      const [answer] = await Promise.all([
        page.waitForResponse(url + path),
        page.waitForURL(url + path),
        page.evaluate(`document.getElementById('${form}').submit()`),
      ]);
      expect([path, answer.status()]).toEqual([path, 403]);
      cookies.push((await answer.request().allHeaders())['cookie']);
    }
    return cookies;
  };

  it('another site can neither log the person out nor log him in as somebody else', async () => {
    const before = await sessionCookie();
    expect(await attackFrom(foreignUrl)).toEqual([undefined, undefined]); // SameSite=Lax
    expect(await sessionCookie()).toEqual(before);
    await page.goto(url);
    expect(await page.locator('.who').textContent()).toBe('Logged in as ada');
  });

  it('a sibling host can do neither, although the cookie goes with its requests, nor toss in a session cookie of its own', async () => {
    const before = await sessionCookie();
    for (const cookies of await attackFrom(siblingUrl)) {
      expect(cookies).toContain(`__Host-sid=${before?.value}`);
      expect(cookies).toContain('sid=tossed'); // it does toss cookies
      expect(cookies).not.toMatch(/__host-sid=tossed/i);
    }
    expect(await sessionCookie()).toEqual(before);
    await page.goto(url);
    expect(await page.locator('.who').textContent()).toBe('Logged in as ada');
  });

  it('a page may fetch with the CSRF token, and not without it', async () => {
    await page.goto(url);
    const patch = async (token: string) =>
      page.evaluate<number>(`fetch('/me', { method: 'PATCH', headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': '${token}' },
        body: JSON.stringify({ displayName: 'Ada' }) }).then((answer) => answer.status)`);
    const token = await page.evaluate<string>(
      `fetch('/auth/session').then((answer) => answer.json()).then((body) => body.csrfToken)`,
    );
    expect(await patch(token)).toBe(200);
    expect(await patch('')).toBe(403);
  });

  it('ending another session from the list ends that browser', async () => {
    const other = await chrome.newContext();
    const there = await other.newPage();
    await there.goto(`${url}/login`);
    await there.getByLabel('User name').fill('ada');
    await there.getByLabel('Password').fill('ada-password');
    await there.getByRole('button', { name: 'Log in' }).click();
    await there.waitForURL(`${url}/`);

    await page.goto(url);
    await page.getByRole('listitem').getByRole('button', { name: 'End' }).click();
    await page.getByText('That device is logged out.').waitFor();
    await there.goto(url);
    expect(new URL(there.url()).pathname).toBe('/login');
    await other.close();
  });

  it('logging out ends the session on the server: the cookie from before opens nothing, nor does the back button', async () => {
    const before = await sessionCookie();
    await page.goto(url);
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await page.getByText('You have logged out.').waitFor();
    expect(await sessionCookie()).toBeUndefined();
    await page.goBack();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Log in');
    if (before) await context.addCookies([before]);
    await page.goto(url);
    expect(new URL(page.url()).pathname).toBe('/login');
    await context.clearCookies();
  });

  it('remember me outlives the browser', async () => {
    await logIn('ada-password', true);
    await page.waitForURL(`${url}/`);
    expect((await sessionCookie())?.expires).toBeGreaterThan(Date.now() / 1000 + 86_400);
  });
});
