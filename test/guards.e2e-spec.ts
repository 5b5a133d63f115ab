import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Controller, Get, Module, Post, UseGuards, type INestApplication } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  CookieGuard,
  CurrentUser,
  MemorySessionStore,
  Public,
  SessionModule,
  SessionService,
  type AuthenticatedUser,
} from 'nestjs-hybrid-session';
import { TestAccounts } from './support/accounts.js';
import { Browser, send, textOf } from './support/clients.js';
import { ADAPTERS, signingKey } from './support/host-app.js';

/** Counts what a request costs. */
class CountingStore extends MemorySessionStore {
  reads = 0;

  override find(ids: readonly string[]) {
    this.reads += 1;
    return super.find(ids);
  }
}

@Controller()
class RoutesController {
  @Get('open')
  @Public()
  open() {
    return { open: true };
  }

  @Get('closed')
  closed(@CurrentUser() user: AuthenticatedUser) {
    return user;
  }

  @Post('cookie')
  @UseGuards(CookieGuard)
  cookie() {
    return { cookie: true };
  }

  @Post('write')
  write() {
    return { written: true };
  }
}

describe.each(ADAPTERS)('A global guard, on %s', (adapter) => {
  let app: INestApplication;
  let url: string;
  let browser: Browser;
  const store = new CountingStore();
  const accounts = new TestAccounts();
  const userId = accounts.add('ada', 'correct horse', ['clerk']);

  beforeAll(async () => {
    const key = await signingKey();
    @Module({
      imports: [
        SessionModule.forRootAsync({
          guard: true,
          useFactory: () => ({
            publicUrl: 'http://localhost',
            keys: [randomBytes(32).toString('base64url')],
            signingKeys: [key],
            store,
            accounts,
            revocation: { within: 60_000 },
          }),
        }),
      ],
      controllers: [RoutesController],
    })
    class HostModule {}
    const testing = await Test.createTestingModule({ imports: [HostModule] }).compile();
    app =
      adapter === 'express'
        ? testing.createNestApplication()
        : testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.listen(0, '127.0.0.1');
    url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    browser = new Browser(url);
    expect((await browser.login('ada', 'correct horse')).status).toBe(200);
  });
  afterAll(() => app.close());

  const costOf = async (request: () => Promise<{ status: number }>) => {
    const before = store.reads;
    const { status } = await request();
    return [status, store.reads - before];
  };

  it('guards every route but the public ones, which cost no look at the store', async () => {
    expect(await costOf(() => send(url, 'GET', '/closed'))).toEqual([401, 0]);
    expect(await costOf(() => browser.send('GET', '/open'))).toEqual([200, 0]);
    expect(await costOf(() => browser.send('GET', '/closed'))).toEqual([200, 1]);
  });

  it('answers what only reads from a copy within the bound, and asks the store for what may change something', async () => {
    await browser.send('GET', '/closed');
    expect(await costOf(() => browser.send('GET', '/closed'))).toEqual([200, 0]);
    expect(await costOf(() => browser.send('POST', '/write'))).toEqual([201, 1]);
  });

  it('and the guard of the route share one look at the store', async () => {
    expect(await costOf(() => browser.send('POST', '/cookie'))).toEqual([201, 1]);
    const token = textOf(await browser.send('POST', '/auth/session/token'), 'access_token');
    const bearer = { headers: { Authorization: `Bearer ${token}` } };
    expect((await send(url, 'POST', '/cookie', bearer)).status).toBe(401);
    expect((await send(url, 'GET', '/closed', bearer)).status).toBe(200);
  });

  it('asks unsafe requests for the CSRF token without a word in the route', async () => {
    expect((await browser.send('POST', '/write')).status).toBe(201);
    const headers = { Cookie: `__Host-sid=${browser.cookie}` };
    expect((await send(url, 'POST', '/write', { headers })).status).toBe(403);
  });

  it('a refusal that needs no look at the store takes none', async () => {
    for (const cookie of ['x', 'nhs_c_0000.x.0.x', `${browser.cookie}=`, browser.cookie.toUpperCase()]) {
      expect(await costOf(() => send(url, 'GET', '/closed', { headers: { Cookie: `__Host-sid=${cookie}` } }))).toEqual([401, 0]);
    }
    expect(await costOf(() => send(url, 'GET', '/closed', { headers: { Authorization: 'Bearer a.b.c' } }))).toEqual([401, 0]);
  });

  it('lets the next request see other rights', async () => {
    const sessions = app.get(SessionService);
    expect((await browser.send('GET', '/closed')).body).toMatchObject({ id: userId, username: 'ada', roles: ['clerk'] });
    expect(await sessions.setPrincipal(userId, { username: 'ada', roles: ['admin'], tenant: 'acme' })).toBe(1);
    expect((await browser.send('GET', '/closed')).body).toMatchObject({ roles: ['admin'], tenant: 'acme' });
  });
});
