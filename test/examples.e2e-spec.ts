import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { AppProcess, until } from './support/app-process.js';
import { launchChrome } from './support/chrome.js';
import { ApiClient, Browser, send } from './support/clients.js';
import { freePort } from './support/free-port.mjs';
import { OpenAnswer } from './support/open-answer.js';
import { openSchema } from './support/own-schema.js';
import { SocketClient } from './support/socket-client.js';

const EXAMPLES = fileURLToPath(new URL('../docs/examples/', import.meta.url));
const PASSWORD = 'correct horse battery staple';

/** The command in the head of an example: its variables, and the program that it starts. */
async function commandOf(file: string): Promise<{ readonly environment: Record<string, string>; readonly program: string }> {
  const head = await readFile(EXAMPLES + file, 'utf8');
  const [, variables = '', program = ''] = /npm run build && ((?:[A-Z_]+=\S+ )*)node (dist\/\S+)$/m.exec(head) ?? [];
  const environment = Object.fromEntries(
    variables
      .trim()
      .split(' ')
      .flatMap((one) => (one ? [one.split('=')] : [])),
  );
  return { environment, program: fileURLToPath(new URL(`../${program}`, import.meta.url)) };
}

describe('Each example, started as its head says', () => {
  const running: AppProcess[] = [];
  const ended: (number | null)[] = [];
  afterEach(async () => {
    ended.push(...(await Promise.all(running.splice(0).map((app) => app.stop()))));
  });
  // null: Nest hands the signal on when it has closed the application
  afterAll(() => expect(ended.filter((code) => code !== 0 && code !== null)).toEqual([]));

  const start = async (file: string, given: Record<string, string> = {}) => {
    const { environment, program } = await commandOf(file);
    const { PORT: _, ...variables } = environment;
    const place = { program, cwd: tmpdir(), ...(given['PORT'] ? { port: Number(given['PORT']) } : {}) };
    const app = await AppProcess.start({ PATH: process.env['PATH'] ?? '', ...variables, ...given }, place);
    running.push(app);
    return app.url;
  };
  const signedIn = async (url: string, name = 'ada') => {
    const browser = new Browser(url);
    expect((await browser.login(name, PASSWORD)).status).toBe(200);
    return browser;
  };
  const withCookie = ({ cookie }: Browser, url: string) => ({
    Cookie: `__Host-sid=${cookie}`,
    Origin: url.replace('127.0.0.1', 'localhost'),
  });

  it.each(['minimal', 'fastify'])('%s: a cookie or a token, a wrong password, one kill', async (name) => {
    const url = await start(`${name}/main.ts`);
    expect((await send(url, 'GET', '/hello')).status).toBe(401);
    const browser = new Browser(url);
    expect((await browser.login('ada', `not ${PASSWORD}`)).status).toBe(401);
    expect((await browser.login('ada', PASSWORD)).status).toBe(200);
    expect((await browser.send('GET', '/hello')).text).toBe('Hello, ada');
    const { cookie } = browser;
    expect((await browser.send('POST', '/auth/logout')).status).toBe(204);
    browser.cookie = cookie;
    expect((await browser.send('GET', '/hello')).status).toBe(401);

    const client = new ApiClient(url);
    await client.login('ada', PASSWORD);
    expect((await client.refresh()).status).toBe(200);
    expect((await client.send('GET', '/hello')).text).toBe('Hello, ada');
    const change = { json: { currentPassword: PASSWORD, newPassword: 'another long password' } };
    const before = client.accessToken;
    expect((await client.send('POST', '/auth/password', change)).status).toBe(200);
    expect((await client.send('GET', '/hello', undefined, before)).status).toBe(401);
    expect((await new ApiClient(url).login('ada', PASSWORD)).status).toBe(401);
  });

  it('existing-users: a form of its own, argon2, sessions beside the users', async () => {
    const schema = await openSchema();
    const url = await start('existing-users/main.ts', { DATABASE_URL: schema.url });
    const form = (await send(url, 'GET', '/login')).text;
    const [, action = ''] = /<form method="post" action="([^"]+)">/.exec(form) ?? [];
    const browser = new Browser(url);
    const fields = { username: 'ada@app.example', password: PASSWORD };
    const own = { Origin: url.replace('127.0.0.1', 'localhost') }; // what browsers send with a form
    expect((await browser.send('POST', action, { form: { ...fields, password: 'wrong' } }, own)).status).toBe(401);
    const login = await browser.send('POST', action, { form: fields }, own);
    expect([login.status, login.headers.get('Location')]).toEqual([303, '/']);

    const phone = new ApiClient(url);
    await phone.login('ada@app.example', PASSWORD);
    const other = await signedIn(url, 'ada@app.example');
    const change = { json: { currentPassword: PASSWORD, newPassword: 'another long password' } };
    expect((await other.send('POST', '/auth/password', change)).status).toBe(200);
    expect((await phone.refresh()).status).toBe(400);
    expect((await browser.send('GET', '/')).status).toBe(401);
    const home = (await other.send('GET', '/')).text;
    expect(home).toContain('Hello, ada@app.example');

    const [, csrf = ''] = /name="_csrf" value="([^"]+)"/.exec(home) ?? [];
    other.csrfToken = '';
    expect((await other.send('POST', '/logout', { form: { _csrf: 'wrong' } }, own)).status).toBe(403);
    const { cookie } = other;
    const out = await other.send('POST', '/logout', { form: { _csrf: csrf } }, own);
    expect([out.status, out.headers.get('Location'), other.cookie]).toEqual([303, '/login', '']);
    other.cookie = cookie;
    expect((await other.send('GET', '/')).status).toBe(401);
    await running.pop()?.stop();
    await schema.close();
  });

  it('graphql: a query, a mutation that wants a role, and a subscription that ends with its session', async () => {
    const url = await start('graphql/main.ts');
    const ask = async (by: Browser, query: string) => (await by.send('POST', '/graphql', { json: { query } })).body;
    expect(await ask(new Browser(url), '{ me }')).toMatchObject({ errors: [{ extensions: { code: 'not_authenticated' } }] });
    const browser = await signedIn(url);
    expect(await ask(browser, '{ me }')).toEqual({ data: { me: 'ada' } });
    expect(await ask(browser, 'mutation { closeBooks }')).toMatchObject({ errors: [{ extensions: { code: 'forbidden' } }] });

    class Socket extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, { headers: withCookie(browser, url) });
      }
    }
    const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: Socket, retryAttempts: 0 });
    let begun: (value: unknown) => void = () => undefined;
    const first = new Promise<unknown>((resolve) => (begun = resolve));
    const over = new Promise<unknown>((resolve) => {
      client.subscribe({ query: 'subscription { ticks }' }, { next: begun, error: resolve, complete: () => resolve('complete') });
    });
    expect(await first).toEqual({ data: { ticks: 1 } });
    expect((await browser.send('POST', '/auth/logout')).status).toBe(204);
    await over;
    await client.dispose();
  });

  it('live: a socket and a stream, both closed when the session ends', async () => {
    const url = await start('live/main.ts');
    expect((await SocketClient.refusal(url, '/live', {})).status).toBe(401);
    const browser = await signedIn(url);
    const socket = await SocketClient.open(url, '/live', withCookie(browser, url));
    expect(await socket.ask('whoami')).toEqual({ event: 'me', data: 'ada' });
    const stream = await OpenAnswer.to(`${url}/events`, withCookie(browser, url));
    expect([stream.status, await stream.until('ada')]).toEqual([200, true]);
    expect((await browser.send('POST', '/auth/logout')).status).toBe(204);
    expect((await socket.closed).code).toBe(4401);
    await stream.ended;
  });

  it('two-services: the second one knows the token of the first, and its end within a second', async () => {
    const port = String(await freePort());
    const issuer = await start('two-services/issuer.ts', { PORT: port });
    const reports = await start('two-services/reports.ts', { ISSUER: `http://localhost:${port}` });
    const client = new ApiClient(issuer);
    expect((await send(reports, 'GET', '/reports')).status).toBe(401);
    expect((await client.login('ada', PASSWORD)).status).toBe(200);
    expect((await client.at(reports).send('GET', '/reports')).status).toBe(403);
    expect((await client.login('ada', PASSWORD, { client_id: 'phone' })).status).toBe(200);
    expect((await client.at(reports).send('GET', '/reports')).body).toEqual({ readBy: 'ada', reports: [] });
    expect((await client.send('POST', '/auth/logout')).status).toBe(204);
    await until('the service knows of the end', async () => (await client.at(reports).send('GET', '/reports')).status === 401);
  });

  it('spa-and-api: no other page is let in', async () => {
    const pagePort = String(await freePort());
    const url = await start('spa-and-api/main.ts', { PAGE_PORT: pagePort });
    const login = (Origin: string) =>
      send(url, 'POST', '/auth/login', { headers: { Origin }, body: { json: { username: 'ada', password: PASSWORD } } });
    const own = await login(`http://localhost:${pagePort}`);
    expect([own.status, own.headers.get('Access-Control-Allow-Origin')]).toEqual([200, `http://localhost:${pagePort}`]);
    const foreign = await login('http://evil.example');
    expect([foreign.status, foreign.headers.get('Access-Control-Allow-Origin')]).toEqual([403, null]);
  });

  it('spa-and-api: logs in, reads, changes and logs out in Chromium, both ways', async () => {
    const pagePort = String(await freePort());
    await start('spa-and-api/main.ts', { PAGE_PORT: pagePort });
    const chrome = await launchChrome();
    try {
      const page = await chrome.newPage();
      await page.goto(`http://localhost:${pagePort}/`);
      for (const way of ['CookieClient', 'TokenClient']) {
        const before = await page.locator('li').count();
        await page.click(`button[data-with=${way}]`);
        await page.waitForFunction(`document.querySelectorAll('li').length === ${before + 4}`);
        const said = (await page.locator('li').allTextContents()).slice(before);
        expect(said).toEqual(['read: ada', 'changed: 200', 'logged out: logout', 'afterwards: 401']);
      }
    } finally {
      await chrome.close();
    }
  });

  it('is one of these', async () => {
    const names = (await readdir(EXAMPLES, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    const walked = await readFile(fileURLToPath(import.meta.url), 'utf8');
    expect(names.filter((name) => !walked.includes(`'${name}/`) && !walked.includes(`'${name}'`))).toEqual([]);
  });
});
