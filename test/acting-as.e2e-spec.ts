import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { CurrentUser, RequireRoles, RequireScopes, SessionGuard, type AuthenticatedUser } from 'nestjs-hybrid-session';
import { actingAs } from 'nestjs-hybrid-session/testing';
import { send } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

@Controller('reports')
@UseGuards(SessionGuard)
class ReportsController {
  @Get()
  @RequireRoles('clerk')
  reports(@CurrentUser() user: AuthenticatedUser) {
    return user;
  }

  @Get('scoped')
  @RequireScopes('reports')
  scoped() {
    return { scoped: true };
  }
}

describe.each(IN_TURN)('a test acts as a user, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: opened.store, controllers: [ReportsController] });
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });
  const get = async (path: string, headers: Readonly<Record<string, string>>) => {
    const { status, body } = await send(host.url, 'GET', path, { headers });
    return [status, body];
  };

  it('in a browser: a cookie, and what unsafe requests need', async () => {
    const { session, headers } = await actingAs(host.app, { userId: 'ada' });
    expect(await get('/me', headers)).toEqual([200, { sub: 'ada', channel: 'browser', sid: session.id, roles: [] }]);
    const patch = (given: Readonly<Record<string, string>>) => send(host.url, 'PATCH', '/me', { headers: given });
    expect((await patch(headers)).status).toBe(200);
    expect((await patch({ Cookie: headers['Cookie'] ?? '' })).status).toBe(403);
  });

  it('with an access token, the roles and the scopes that the test wants', async () => {
    const user = { userId: 'bob', username: 'Bob', roles: ['clerk'] };
    const { headers } = await actingAs(host.app, user, { channel: 'api', scope: 'reports' });
    expect(await get('/reports', headers)).toEqual([200, { id: 'bob', username: 'Bob', roles: ['clerk'] }]);
    expect(await get('/reports/scoped', headers)).toEqual([200, { scoped: true }]);
    const plain = await actingAs(host.app, { userId: 'eve' }, { channel: 'api' });
    expect((await get('/reports', plain.headers))[0]).toBe(403);
    expect((await get('/reports/scoped', plain.headers))[0]).toBe(403);
  });

  it('in a session like any other, which ends like any other, and is of the same client as the requests of the test', async () => {
    const { session, headers } = await actingAs(host.app, { userId: 'carl' }, { userAgent: 'node' });
    expect((await host.sessions.list('carl')).map(({ id }) => id)).toEqual([session.id]);
    expect((await get('/me', headers))[0]).toBe(200);
    expect(host.events).not.toContainEqual(expect.objectContaining({ type: 'client.changed', userId: 'carl' }));
    await host.sessions.revokeAll('carl');
    expect((await get('/me', headers))[0]).toBe(401);
  });
});
