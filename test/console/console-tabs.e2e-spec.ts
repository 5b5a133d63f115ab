import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { SessionService } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import type { Browser, Page } from 'playwright-core';
import { until } from '../support/app-process.js';
import { launchChrome } from '../support/chrome.js';
import { openConsole, operator } from '../support/console-host.js';
import { OpenAnswer } from '../support/open-answer.js';
import type { PagesHost } from '../support/pages-host.js';

let chrome: Browser;
beforeAll(async () => {
  chrome = await launchChrome();
});
afterAll(() => chrome.close());

describe('Tabs of the console', () => {
  let host: PagesHost;
  /** The streams that the server holds open. */
  const streams = new Set<ServerResponse>();
  beforeAll(async () => {
    host = await openConsole(chrome, 'fastify');
    host.app.getHttpServer().on('request', (request, answer) => {
      if (!request.url?.startsWith('/admin/live?')) return;
      streams.add(answer);
      answer.once('close', () => streams.delete(answer));
    });
  });
  afterEach(() => host.tidyUp());
  afterAll(() => host.close());

  const live = (page: Page) => page.getByText('Live', { exact: true }).waitFor();
  const held = (count: number) => until(`${count} streams are open`, async () => streams.size === count);
  /** To a Chromium without a screen all tabs are in front. */
  const turn = (page: Page, state: 'hidden' | 'visible') =>
    page.evaluate(`Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${state}' });
      document.dispatchEvent(new Event('visibilitychange'))`);

  it('that nobody sees hold no connection: the seventh, one more than a browser opens to a host, loads', async () => {
    const root = await operator(host);
    await live(root.page);
    for (let page = root.page, tab = 2; tab <= 7; tab += 1) {
      await turn(page, 'hidden');
      page = await root.context.newPage();
      await page.goto(tab % 2 === 0 ? '/console/trail' : '/console');
      await live(page);
    }
    await held(1);
    expect(root.context.pages()).toHaveLength(7);
  });

  it('show what happened meanwhile when they come back to the front, once', async () => {
    const root = await operator(host, '/console/trail?type=session.opened');
    const entries = root.page.locator('.entries li');
    await live(root.page);
    const before = await entries.count();
    await host.elsewhere('bob');
    await entries.nth(before).waitFor();
    await turn(root.page, 'hidden');
    await held(0);
    await host.elsewhere('adele');
    await turn(root.page, 'visible');
    await entries.filter({ hasText: 'adele' }).first().waitFor();
    await live(root.page);
    expect([await entries.count(), streams.size]).toEqual([before + 2, 1]);
  });

  it('tell when more happened than comes in, show the newest, and lead to what they skipped', async () => {
    const root = await operator(host, '/console/trail?type=login.failed');
    await live(root.page);
    await turn(root.page, 'hidden');
    await held(0);
    const trail = host.app.get(TypeOrmAuditTrail);
    const entry = { at: host.clock.now(), type: 'login.failed', outcome: 'failure', level: 'info' } as const;
    for (let i = 1; i <= 2_400; i += 1) trail.record({ ...entry, id: `flood-${i}`, device: `Device ${i}` });
    await trail.settled();
    await turn(root.page, 'visible');
    await root.page.getByText('some entries were skipped').waitFor();
    await root.page.locator('.entries').getByText('Device 2400', { exact: true }).waitFor();
    expect(await root.page.getByText('some entries were skipped').count()).toBe(1);
    await root.page.getByRole('link', { name: 'Read them in the trail' }).click();
    await root.page.locator('.entries').getByText('Device 2300', { exact: true }).waitFor();
    expect(root.page.url()).toContain('type=login.failed');
    expect(await root.page.locator('.entries li').first().textContent()).toContain('Device 2300');
  });

  it('stay paused where a person has said so, whatever is in front', async () => {
    const root = await operator(host);
    await live(root.page);
    await root.button('Pause').click();
    await held(0);
    await turn(root.page, 'hidden');
    await turn(root.page, 'visible');
    await root.page.getByText('Paused').waitFor();
    await root.button('Go on').click();
    await live(root.page);
    expect(streams.size).toBe(1);
  });

  it('wait for a person when ten others of the session have taken their place, and do not drive those out again', async () => {
    const root = await operator(host);
    await live(root.page);
    const cookies = await root.context.cookies();
    const headers = { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
    const others = await Promise.all(
      Array.from({ length: 10 }, () => OpenAnswer.to(`${host.url}/admin/live?type=login.failed`, headers)),
    );
    await root.page.getByText('Paused: open in too many windows').waitFor();
    await turn(root.page, 'visible');
    await held(10);
    expect(others.filter(({ hasEnded }) => hasEnded)).toEqual([]);
    await root.button('Go on').click();
    await live(root.page);
    await until('one of the others has ended', async () => others.some(({ hasEnded }) => hasEnded));
    for (const other of others) other.abort();
  });

  it('are emptied when they come to the front after the session has ended, and ask for nothing more', async () => {
    const root = await operator(host);
    await live(root.page);
    await turn(root.page, 'hidden');
    await held(0);
    await host.app.get(SessionService).revokeEveryone();
    await turn(root.page, 'visible');
    await root.page.getByText('Your session has ended.').waitFor();
    const asked: string[] = [];
    root.page.on('request', (request) => asked.push(request.url()));
    await turn(root.page, 'hidden');
    await turn(root.page, 'visible');
    expect(await root.page.evaluate(`fetch('/health/live').then(({ ok }) => ok)`)).toBe(true);
    expect(asked).toHaveLength(1);
  });
});
