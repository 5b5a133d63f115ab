import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedJWK, jwtVerify } from 'jose';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { AppProcess, sharedEnvironment } from './support/app-process.js';
import { launchChrome } from './support/chrome.js';
import { LossyHttpProxy } from './support/lossy-http-proxy.js';

/** How many times the access token expires; `npm run check:client` takes more. */
const EXPIRIES = Number(process.env['CLIENT_EXPIRIES'] ?? 12);
const FEW = 5;
const TABS = 4;
const CALLS = 12;
const LIFETIME = 300_000;

const BUILT = fileURLToPath(new URL('../libs/client/dist', import.meta.url));
const PAGE = `<!doctype html><title>A page</title>
<script type="importmap">{"imports":{"nestjs-hybrid-session-client":"/client/index.js","nestjs-hybrid-session-client/dpop":"/client/dpop/index.js"}}</script>
<script type="module">
  window.lib = { ...(await import('nestjs-hybrid-session-client')), ...(await import('nestjs-hybrid-session-client/dpop')) };
  window.ends = [];
  // stands still between the steps of the test; what the client waits for comes five times as fast
  window.elapsed = 0;
  window.clock = {
    wall: () => 1_700_000_000_000 + elapsed,
    monotonic: () => elapsed,
    after: (milliseconds, act) => { const timer = setTimeout(act, milliseconds / 5); return () => clearTimeout(timer); },
  };
  // reads what it asks for: of tens of thousands of answers that nobody reads Chromium runs out, and fails every later request
  window.statusOf = async (call) => {
    try { const answer = await call; await answer.arrayBuffer(); return answer.status; }
    catch (error) { if (error instanceof TypeError) return 'lost'; throw error; }
  };
  window.ready = true;
</script>`;

describe('The client in a real Chromium, as native modules', () => {
  let app: AppProcess;
  let proxy: LossyHttpProxy;
  let url: string;
  let chrome: Browser;
  let context: BrowserContext;
  let foreign: Server;
  const foreignSaw: string[] = [];

  beforeAll(async () => {
    proxy = await LossyHttpProxy.open(() => app.url);
    url = `http://localhost:${proxy.port}`;
    app = await AppProcess.start(await sharedEnvironment({ SESSION_STORE: 'memory', PUBLIC_URL: url }));
    proxy.files.set('/page', { type: 'text/html', body: PAGE });
    for (const file of await readdir(BUILT, { recursive: true })) {
      if (file.endsWith('.js')) {
        proxy.files.set(`/client/${file}`, { type: 'text/javascript', body: await readFile(join(BUILT, file), 'utf8') });
      }
    }
    foreign = createServer((request, answer) => {
      foreignSaw.push(`${request.method} ${request.headers.authorization} ${String(request.headers['x-csrf-token'])}`);
      answer.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' }).end();
    }).listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const address = foreign.address();
    proxy.redirects.set('/away', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/stolen`);
    chrome = await launchChrome();
    context = await chrome.newContext();
  }, 60_000);
  afterAll(async () => {
    await chrome.close();
    foreign.close();
    proxy.close();
    expect(await app.stop()).toBe(0);
  });

  const open = async (making: string): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`${url}/page`);
    await page.waitForFunction('window.ready');
    await page.evaluate(`window.client = new lib.${making}; client.onLoggedOut((reason) => ends.push(reason)); undefined`);
    return page;
  };
  const logIn = (page: Page) => page.evaluate(`client.login({ username: 'ada', password: 'ada-password' })`);
  const ask = <T>(page: Page, script: string) => page.evaluate<T>(script);

  const expire = async (tabs: readonly Page[], expiries: number): Promise<ReadonlySet<number | 'lost'>> => {
    proxy.isLossy = true;
    const seen = new Set<number | 'lost'>();
    for (let expiry = 1; expiry <= expiries; expiry++) {
      for (const tab of tabs) await ask(tab, `elapsed = ${expiry * LIFETIME}`);
      const calls = `Promise.all(Array.from({ length: ${CALLS} }, () => statusOf(client.fetch('/api/me'))))`;
      const statuses = await Promise.all(tabs.map((tab) => ask<(number | 'lost')[]>(tab, calls)));
      for (const status of statuses.flat()) seen.add(status);
    }
    proxy.isLossy = false;
    seen.delete('lost'); // for the caller to repeat
    return seen;
  };
  const told = (event: string) => app.log.split(`"type":"${event}"`).length - 1;

  it(`P4: ${TABS} tabs that share a storage take one refresh for each of ${EXPIRIES} expiries, and nobody is logged out`, async () => {
    const making = `TokenClient({ url: location.origin, storage: new lib.IndexedDbTokenStorage(), clock, timeout: 100_000 })`;
    const tabs = await Promise.all(Array.from({ length: TABS }, () => open(making)));
    await logIn(tabs[0]!);
    const { sent, lost } = proxy;
    const seen = await expire(tabs, EXPIRIES);

    expect([...seen]).toEqual([200]);
    expect(await Promise.all(tabs.map((tab) => ask(tab, 'ends')))).toEqual(tabs.map(() => []));
    expect([told('refresh.rotated'), told('refresh.reused'), told('refresh.healed')]).toEqual([EXPIRIES, 0, 0]);
    expect(proxy.sent - sent - (proxy.lost - lost)).toBe(EXPIRIES);

    await ask(tabs[0]!, 'client.logout()');
    const after = await Promise.all(tabs.map((tab) => ask(tab, `statusOf(client.fetch('/api/me'))`)));
    expect(after).toEqual([401, 401, 401, 401]);
    const reasons = await Promise.all(tabs.map((tab) => ask(tab, 'ends')));
    expect(reasons).toEqual([['logout'], ['elsewhere'], ['elsewhere'], ['elsewhere']]);
    expect(await ask(tabs[0]!, 'client.isLoggedIn()')).toBe(false);
    await Promise.all(tabs.map((tab) => tab.close()));
  }, 3_600_000);

  it('P4: tabs that share localStorage, which they see at different times, are as safe, and one generation serves them all', async () => {
    const tabs = await Promise.all(
      Array.from({ length: TABS }, () =>
        open('TokenClient({ url: location.origin, storage: localStorage, clock, timeout: 100_000 })'),
      ),
    );
    await logIn(tabs[0]!);
    const before = told('refresh.rotated');
    const seen = await expire(tabs, FEW);
    expect([...seen]).toEqual([200]);
    expect(await Promise.all(tabs.map((tab) => ask(tab, 'ends')))).toEqual(tabs.map(() => []));
    expect([told('refresh.rotated') - before, told('refresh.reused')]).toEqual([FEW, 0]);
    await ask(tabs[0]!, 'client.logout()');
    expect(await ask(tabs[0]!, 'localStorage.length')).toBe(0);
    await Promise.all(tabs.map((tab) => tab.close()));
  });

  it('a token in memory is not in any storage of the page, and goes with no redirect to another site', async () => {
    const page = await open('TokenClient({ url: location.origin })');
    await logIn(page);
    expect(await ask(page, `[localStorage.length, sessionStorage.length, document.cookie]`)).toEqual([0, 0, '']);
    expect(await ask(page, `client.fetch('/away', { method: 'POST' }).then(({ type, ok }) => [type, ok])`)).toEqual([
      'opaqueredirect',
      false,
    ]);
    expect(foreignSaw).toEqual([]);
    expect(await ask(page, `client.fetch(new Request('/api/me')).then(({ status }) => status)`)).toBe(200);
    await page.close();
  });

  it('with a cookie: four tabs go on after one of them has renewed the session, and are all out when one logs out', async () => {
    const tabs = await Promise.all(Array.from({ length: TABS }, () => open('CookieClient({ url: location.origin })')));
    await logIn(tabs[0]!);
    const rename = `client.fetch('/me', { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: '{"displayName":"Ada"}' })`;
    const all = (script: string) => Promise.all(tabs.map((tab) => ask(tab, script)));
    expect(await all(`statusOf(${rename})`)).toEqual([200, 200, 200, 200]);
    await ask(tabs[1]!, `client.reauthenticate('ada-password')`);
    expect(await all(`statusOf(${rename})`)).toEqual([200, 200, 200, 200]);
    expect(await all('ends')).toEqual([[], [], [], []]);
    expect(await ask(tabs[2]!, `client.fetch('/away', { method: 'POST' }).then(({ type }) => type)`)).toBe('opaqueredirect');
    expect(foreignSaw).toEqual([]);
    await ask(tabs[3]!, 'client.logout()');
    expect(await all(`statusOf(client.fetch('/me'))`)).toEqual([401, 401, 401, 401]);
    expect(await all('ends')).toEqual([['refused'], ['refused'], ['refused'], ['logout']]);
    await Promise.all(tabs.map((tab) => tab.close()));
  });

  it('makes DPoP proofs that jose verifies, with a key that outlives the page in IndexedDB and never shows itself', async () => {
    const page = await open('TokenClient({ url: location.origin })');
    const database = `new Promise((resolve, reject) => {
      const opening = indexedDB.open('keys', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
      opening.onsuccess = () => resolve(opening.result.transaction('keys', 'readwrite').objectStore('keys'));
      opening.onerror = () => reject(opening.error);
    })`;
    await ask(
      page,
      `(async () => {
        const pair = await lib.DpopKey.generatePair();
        const keys = await ${database};
        keys.put(pair, 'dpop');
        await new Promise((resolve, reject) => {
          keys.transaction.oncomplete = () => resolve();
          keys.transaction.onabort = () => reject(keys.transaction.error);
        });
      })()`,
    );
    await page.reload();
    await page.waitForFunction('window.ready');
    const [proof, exported] = await ask<[string, string]>(
      page,
      `(async () => {
        const asked = (await ${database}).get('dpop');
        const pair = await new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
        const key = await lib.DpopKey.of(pair);
        const proof = await key.prove({ method: 'GET', url: new URL('/api/me?x=1', location.href), accessToken: 'token', nonce: 'n' });
        return [proof, await crypto.subtle.exportKey('jwk', pair.privateKey).then(() => 'shown', () => 'kept')];
      })()`,
    );
    const { payload } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: 60 });
    expect([payload['htm'], payload['htu'], payload['nonce'], exported]).toEqual(['GET', `${url}/api/me`, 'n', 'kept']);
    await page.close();
  });

  it('works and refreshes with tokens that are bound to a key', async () => {
    const page = await open('TokenClient({ url: location.origin, clock, dpop: lib.DpopKey.generate() })');
    const rotated = told('refresh.rotated');
    await logIn(page);
    const seen: unknown[] = [];
    for (let expiry = 0; expiry < 3; expiry++) {
      await ask(page, `elapsed = ${expiry * LIFETIME}`);
      seen.push(await ask(page, `Promise.all(Array.from({ length: 10 }, () => statusOf(client.fetch('/api/me?page=2'))))`));
    }
    expect(new Set(seen.flat())).toEqual(new Set([200]));
    expect([told('refresh.rotated') - rotated, told('dpop.refused')]).toEqual([2, 0]);
    await ask(page, 'client.logout()');
    expect(await ask(page, `statusOf(client.fetch('/api/me'))`)).toBe(401);
    await page.close();
  });
});
