import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import {
  CookieGuard,
  MemorySessionStore,
  minutes,
  RequireRecentAuth,
  RequireRoles,
  RequireScopes,
  SessionGuard,
} from 'nestjs-hybrid-session';
import { ApiClient, Browser, send, textOf, type Answer } from './support/clients.js';
import { ADAPTERS, PUBLIC_URL, startHostApp, type HostApp } from './support/host-app.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const PASSWORD = 'correct horse';
const SCOPES = ['orders.read', 'orders.write', 'stock.read'];

@Controller('office')
@UseGuards(SessionGuard)
@RequireRoles('admin')
class OfficeController {
  @Get('ledger')
  ledger() {
    return { open: true };
  }

  @Post('ledger')
  @RequireRoles('clerk', 'admin')
  write() {
    return { open: true };
  }

  @Post('safe')
  @RequireRecentAuth(minutes(2))
  safe() {
    return { open: true };
  }
}

@Controller('orders')
@UseGuards(SessionGuard)
class OrdersController {
  @Get()
  @RequireScopes('orders.read')
  list() {
    return { open: true };
  }

  @Post()
  @RequireScopes('orders.read', 'orders.write')
  add() {
    return { open: true };
  }

  @Get('page')
  @UseGuards(CookieGuard)
  @RequireScopes('orders.read')
  page() {
    return { open: true };
  }
}

const statusAndCode = ({ status, body }: Answer) => [status, body['code']];
const challengeOf = (answer: Answer) => answer.headers.get('www-authenticate');

describe.each(IN_TURN)('Roles that change, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  let names = 0;

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: opened.store, controllers: [OfficeController] });
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  /** A person with a browser, its page's token, another browser and an app. */
  async function signIn(roles: readonly string[]) {
    const username = `user-${names++}`;
    const userId = host.accounts.add(username, PASSWORD, roles);
    const [browser, other, api] = [new Browser(host.url), new Browser(host.url), new ApiClient(host.url)];
    for (const one of [browser, other, api]) expect((await one.login(username, PASSWORD)).status).toBe(200);
    const page = api.at(host.url);
    page.accessToken = textOf(await browser.send('POST', '/auth/session/token'), 'access_token');
    const everything = [browser, other, api, page];
    const statuses = async () => {
      const answers = await Promise.all(everything.map((one) => one.send('GET', '/office/ledger')));
      return answers.map(({ status }) => status);
    };
    return { username, userId, browser, api, statuses };
  }

  it('are taken at the next request of every session, by cookie and by token alike, and given back as soon', async () => {
    const { userId, browser, api, statuses } = await signIn(['admin']);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    expect(await host.sessions.setPrincipal(userId, host.accounts.setRoles(userId, ['user']))).toBe(3);
    expect(await statuses()).toEqual([403, 403, 403, 403]);
    expect((await api.refresh()).status).toBe(200);
    expect((await api.send('GET', '/office/ledger')).status).toBe(403);
    for (const one of [browser, api]) expect((await one.send('GET', '/me')).body['roles']).toEqual(['user']);
    expect(await host.sessions.setPrincipal(userId, host.accounts.setRoles(userId, ['user', 'admin']))).toBe(3);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });

  it('are not brought in by a login that had read the older ones', async () => {
    const { username, userId } = await signIn(['admin']);
    host.accounts.afterVerify = async () => {
      host.accounts.afterVerify = undefined; // the login is caught right after it was told that its user is an administrator
      await host.sessions.setPrincipal(userId, host.accounts.setRoles(userId, ['user']));
    };
    const late = new Browser(host.url);
    expect((await late.login(username, PASSWORD)).status).toBe(200); // it began again, from the check of the password
    expect((await late.send('GET', '/office/ledger')).status).toBe(403);
    const roles = (await host.sessions.list(userId)).map(({ principal }) => principal.roles);
    expect(roles).toEqual([['user'], ['user'], ['user'], ['user']]);
  });

  it('are the newest, when many changes are told at the same time', async () => {
    const { userId } = await signIn(['admin']);
    const changes = Array.from({ length: 8 }, (_, nth) => host.accounts.setRoles(userId, [`role${nth}`]));
    await Promise.all(changes.toReversed().map((principal) => host.sessions.setPrincipal(userId, principal)));
    const roles = (await host.sessions.list(userId)).map(({ principal }) => principal.roles);
    expect(roles).toEqual([['role7'], ['role7'], ['role7']]);
  });
});

describe.each(ADAPTERS)('What a route demands, on %s', (adapter) => {
  let host: HostApp;
  let browser: Browser;
  let api: ApiClient;
  let narrow: ApiClient;
  let userId: string;

  beforeAll(async () => {
    host = await startHostApp({
      adapter,
      store: new MemorySessionStore(),
      controllers: [OfficeController, OrdersController],
      options: {
        limit: 'unlimited',
        clients: [
          { id: 'shop', scopes: SCOPES },
          { id: 'stock', scopes: ['stock.read'] },
        ],
      },
    });
    userId = host.accounts.add('ada', PASSWORD, ['clerk']);
  });
  afterAll(() => host.close());
  beforeEach(async () => {
    [browser, api, narrow] = [new Browser(host.url), new ApiClient(host.url), new ApiClient(host.url)];
    await browser.login('ada', PASSWORD);
    await api.login('ada', PASSWORD, { client_id: 'shop' });
    await narrow.login('ada', PASSWORD, { client_id: 'stock' });
    host.events.length = 0;
  });

  it('a role that is not held is 403 forbidden, without a word of which it is; one of several will do', async () => {
    for (const one of [browser, api]) {
      const refused = await one.send('GET', '/office/ledger');
      expect(statusAndCode(refused)).toEqual([403, 'forbidden']);
      expect(refused.text).not.toMatch(/admin/);
      expect(challengeOf(refused)).toBeNull();
      expect(refused.headers.getSetCookie()).toEqual([]);
      expect((await one.send('POST', '/office/ledger')).status).toBe(201);
      expect((await one.send('GET', '/me')).status).toBe(200);
    }
  });

  it('nobody is asked for a password who would be refused all the same', async () => {
    host.clock.advance(minutes(3));
    expect(statusAndCode(await browser.send('POST', '/office/safe'))).toEqual([403, 'forbidden']);
  });

  it('a scope that the session was not granted is 403 insufficient_scope, with a challenge for tokens (RFC 6750 §3.1)', async () => {
    const refused = await narrow.send('POST', '/orders');
    expect(statusAndCode(refused)).toEqual([403, 'insufficient_scope']);
    expect(refused.body['scope']).toBe('orders.read orders.write');
    expect(challengeOf(refused)).toBe(
      `Bearer realm="${PUBLIC_URL}", error="insufficient_scope", ` +
        'error_description="This needs the scope orders.read orders.write: the session was not granted all of it.", ' +
        'scope="orders.read orders.write"',
    );
    expect((await api.send('POST', '/orders')).status).toBe(201);
  });

  it('a cookie without that scope is refused as well, as a problem alone', async () => {
    for (const path of ['/orders', '/orders/page']) {
      const refused = await browser.send('GET', path);
      expect(statusAndCode(refused)).toEqual([403, 'insufficient_scope']);
      expect(refused.body['scope']).toBe('orders.read');
      expect(challengeOf(refused)).toBeNull();
    }
  });

  it('a token that was asked for with less has less, though its session has more; and no token has more', async () => {
    const refresh = (one: ApiClient, more: Record<string, string>) => one.refresh(one.refreshToken, more);
    expect((await refresh(api, { client_id: 'shop', scope: 'orders.read' })).body['scope']).toBe('orders.read');
    expect((await api.send('GET', '/orders')).status).toBe(200);
    expect((await api.send('POST', '/orders')).status).toBe(403);
    const wider = await refresh(narrow, { client_id: 'stock', scope: 'stock.read orders.read' });
    expect(wider.body['error']).toBe('invalid_scope');
    expect((await refresh(api, { client_id: 'shop' })).status).toBe(200);
    expect((await api.send('POST', '/orders')).status).toBe(201);
  });

  it('each refusal is told once, with its cause and the route', async () => {
    await browser.send('GET', '/office/ledger');
    await narrow.send('GET', '/orders');
    await api.send('GET', '/orders');
    const told = { type: 'access.refused', at: host.clock.now(), userId, address: '127.0.0.1', sessionId: expect.any(String) };
    expect(host.events).toEqual([
      { ...told, cause: 'role', resource: 'OfficeController.ledger' },
      { ...told, cause: 'scope', resource: 'OrdersController.list' },
    ]);
  });

  it('who holds no good credential does not learn what a route demands', async () => {
    const answers = [
      await send(host.url, 'GET', '/office/ledger'),
      await send(host.url, 'GET', '/orders'),
      await api.send('GET', '/orders', undefined, 'a.b.c'),
      await send(host.url, 'GET', '/orders', { headers: { Cookie: '__Host-sid=x' } }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(`${answer.text} ${challengeOf(answer)}`).not.toMatch(/scope|orders\.|admin|forbidden/);
    }
  });
});

describe('@RequireRoles and @RequireScopes', () => {
  it.each([[], ['']])('refuse at start to demand nothing: %j', (...names) => {
    expect(() => RequireRoles(...names)).toThrow(TypeError);
    expect(() => RequireScopes(...names)).toThrow(TypeError);
  });

  it.each(['a b', '"', 'a\\b', 'a\r\nX: y', 'ü'])('refuse at start a scope that no challenge can carry: %j', (scope) => {
    expect(() => RequireScopes('fine', scope)).toThrow(TypeError);
  });
});
