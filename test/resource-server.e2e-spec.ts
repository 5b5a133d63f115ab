import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { hours, minutes, SessionModule, type ResourceServerOptions, type SessionEvent } from 'nestjs-hybrid-session';
import { ApiClient, Browser, send, textOf } from './support/clients.js';
import { freePort } from './support/free-port.mjs';
import { signingKey, startHostApp, type HostApp } from './support/host-app.js';
import { ProvingKey } from './support/proving-key.js';
import { startResourceServer, type ResourceServer } from './support/resource-server.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const SERVICE = { id: 'reports', secret: 'the secret of the reports' };
const PASSWORD = 'correct horse';
const PLACES = IN_TURN.filter(({ storeName }) => storeName === 'memory' || storeName === 'redis');

describe.each(PLACES)(
  'A service that only verifies, on $adapter, of an application with $storeName',
  ({ adapter, storeName }) => {
    let opened: OpenStore;
    let host: HostApp;
    let service: ResourceServer;
    let lax: ResourceServer;
    let publicUrl: string;
    let events: SessionEvent[];
    let users = 0;

    beforeAll(async () => {
      opened = await openStore(storeName);
      const port = await freePort();
      publicUrl = `http://127.0.0.1:${port}`;
      const clients = [{ ...SERVICE }, { id: 'mobile', scopes: ['read', 'write'] }];
      const options = { publicUrl, clients, limit: 'unlimited', signingKeys: [await signingKey('one')] } as const;
      host = await startHostApp({ adapter, ...opened, port, options });
      events = [];
      const asked = {
        issuer: publicUrl,
        client: SERVICE,
        clock: host.clock,
        onEvent: (event: SessionEvent) => void events.push(event),
      };
      const own = 'https://reports.example';
      service = await startResourceServer(adapter, { ...asked, publicUrl: own });
      lax = await startResourceServer(adapter, { ...asked, publicUrl: own, within: minutes(5) });
    });
    beforeEach(() => {
      events.length = 0;
    });
    afterAll(async () => {
      await service.close();
      await lax.close();
      await host.close();
      await opened.close();
    });

    const person = async (roles: readonly string[] = ['user'], more: object = { client_id: 'mobile' }) => {
      const name = `user-${(users += 1)}`;
      const userId = host.accounts.add(name, PASSWORD, [...roles]);
      const api = new ApiClient(host.url);
      expect((await api.login(name, PASSWORD, more)).status).toBe(200);
      return { name, userId, api };
    };
    const ask = (path: string, token: string, at = service, method = 'GET', headers: Record<string, string> = {}) =>
      send(at.url, method, path, { headers: { Authorization: `Bearer ${token}`, ...headers } });
    const reports = async (token: string, at = service) => (await ask('/reports', token, at)).status;

    it('knows who asks, as the application does', async () => {
      const { name, userId, api } = await person(['user', 'auditor']);
      const { status, body, headers } = await ask('/reports', api.accessToken);
      const { sid } = decodeJwt(api.accessToken);
      const scope = ['read', 'write'];
      expect([status, body]).toEqual([
        200,
        { userId, username: name, roles: ['user', 'auditor'], scope, sid, clientId: 'mobile' },
      ]);
      expect(headers.get('cache-control')).toBe('no-store');
      expect((await ask('/reports/token', api.accessToken)).status).toBe(200);
    });

    it('demands what its routes say, with the challenges of the standards', async () => {
      const { api } = await person();
      await api.refresh(api.refreshToken, { client_id: 'mobile', scope: 'read' });
      const challenge = async (path: string, method = 'GET') => {
        const { status, headers } = await ask(path, api.accessToken, service, method);
        return [status, headers.get('www-authenticate')];
      };
      expect(await challenge('/reports', 'POST')).toEqual([403, expect.stringContaining('error="insufficient_scope"')]);
      expect((await ask('/reports/all', api.accessToken)).body['code']).toBe('forbidden');
      expect(await challenge('/reports/sealed')).toEqual([401, expect.stringContaining('acr_values="aal3"')]);
      expect(await challenge('/reports/secret')).toEqual([200, null]);
      const admin = await person(['admin']);
      expect((await ask('/reports/all', admin.api.accessToken)).status).toBe(200);
      host.clock.advance(minutes(11));
      await api.refresh(api.refreshToken, { client_id: 'mobile' });
      expect(await challenge('/reports/secret')).toEqual([401, expect.stringContaining('max_age="600"')]);
      expect(events.map(({ type }) => type)).toEqual(Array(4).fill('access.refused'));
    });

    it('P1: refuses at once what the application has ended, and rights that it has taken away', async () => {
      const { userId, api } = await person(['admin']);
      expect((await ask('/reports/all', api.accessToken)).status).toBe(200);
      await host.sessions.setPrincipal(userId, { username: 'renamed', roles: ['user'] });
      expect((await ask('/reports/all', api.accessToken)).status).toBe(403);
      await host.sessions.revokeAll(userId);
      const refused = await ask('/reports', api.accessToken);
      expect([refused.status, refused.body['code']]).toEqual([401, 'invalid_token']);
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(events.at(-1)).toMatchObject({ type: 'session.refused', cause: 'gone', userId });
    });

    it('with a bound, asks once for reads, and each time for what may change something', async () => {
      const { userId, api } = await person();
      expect(await reports(api.accessToken, lax)).toBe(200);
      await host.sessions.revokeAll(userId);
      expect(await reports(api.accessToken, lax)).toBe(200); // as long as the bound: token-verifier.spec
      expect((await ask('/reports', api.accessToken, lax, 'POST')).status).toBe(401);
      expect(await reports(api.accessToken, lax)).toBe(401); // now it knows
    });

    it('refuses tokens whose time is over, cookies, and requests with nothing', async () => {
      const { name, api } = await person();
      const browser = new Browser(host.url);
      await browser.login(name, PASSWORD);
      const cookie = await send(service.url, 'GET', '/reports', { headers: { Cookie: `__Host-sid=${browser.cookie}` } });
      expect([cookie.status, cookie.body['code']]).toEqual([401, 'not_authenticated']);
      const nothing = await send(service.url, 'GET', '/reports');
      expect(nothing.headers.get('www-authenticate')).toMatch(/^Bearer realm=.*, DPoP realm=/);
      host.clock.advance(hours(1));
      expect(await reports(api.accessToken)).toBe(401);
      await api.refresh(api.refreshToken, { client_id: 'mobile' });
      expect(await reports(api.accessToken)).toBe(200);
    });

    it('takes an issuer with a slash at its end, as the application does', async () => {
      const { api } = await person();
      const slashed = await startResourceServer(adapter, { issuer: `${publicUrl}/`, client: SERVICE, clock: host.clock });
      expect(await reports(api.accessToken, slashed)).toBe(200);
      await slashed.close();
    });

    it('takes no token that is for another service', async () => {
      const { api } = await person();
      const other = { issuer: publicUrl, client: SERVICE, clock: host.clock, audience: 'https://other.example' };
      const elsewhere = await startResourceServer(adapter, other);
      expect([await reports(api.accessToken), await reports(api.accessToken, elsewhere)]).toEqual([200, 401]);
      await elsewhere.close();
    });

    it('a token that is bound to a key is good with a proof for this service alone, and each proof once', async () => {
      const key = ProvingKey.make();
      const name = `user-${(users += 1)}`;
      host.accounts.add(name, PASSWORD);
      const proofFor = (method: string, url: string, accessToken?: string) =>
        key.prove({ method, url, now: host.clock.now(), accessToken });
      const login = await send(host.url, 'POST', '/auth/token', {
        headers: { DPoP: proofFor('POST', `${publicUrl}/auth/token`) },
        body: { json: { username: name, password: PASSWORD, client_id: 'mobile' } },
      });
      expect(login.body['token_type']).toBe('DPoP');
      const token = textOf(login, 'access_token');
      const asked = (proof: string) =>
        send(service.url, 'GET', '/reports', { headers: { Authorization: `DPoP ${token}`, DPoP: proof } });
      expect(await reports(token)).toBe(401);
      const proof = proofFor('GET', 'https://reports.example/reports', token);
      expect((await asked(proof)).status).toBe(200);
      expect((await asked(proof)).status).toBe(401);
      expect((await asked(proofFor('GET', `${publicUrl}/reports`, token))).status).toBe(401);
    });

    it('P7: while the application is away the answer is 503, and never that a token is not valid', async () => {
      const { api } = await person();
      const alone = await startResourceServer(adapter, {
        issuer: `http://127.0.0.1:${await freePort()}`,
        client: SERVICE,
        clock: host.clock,
      });
      const stranger = await startResourceServer(adapter, {
        issuer: publicUrl,
        client: { ...SERVICE, secret: 'of somebody else' },
        clock: host.clock,
      });
      for (const { url, close } of [alone, stranger]) {
        const { status, body, headers } = await send(url, 'GET', '/reports', {
          headers: { Authorization: `Bearer ${api.accessToken}` },
        });
        expect([status, body['code'], headers.has('retry-after')]).toEqual([503, 'store_unavailable', true]);
        expect((await send(url, 'GET', '/reports')).status).toBe(401); // whoever has none is told so all the same
        await close();
      }
    });
  },
);

describe('The options of a service that only verifies', () => {
  const sound = { issuer: 'https://app.example', client: SERVICE };
  const faulty: readonly (readonly [string, Partial<ResourceServerOptions>, string])[] = [
    ['no URL', { issuer: 'app.example' }, 'issuer "app.example" is not the URL of an application'],
    ['a password in it', { issuer: 'https://a:b@app.example' }, 'is not the URL of an application'],
    ['http in production', { issuer: 'http://app.example', production: true }, 'must be https in production'],
    ['no secret', { client: { id: 'reports', secret: '' } }, 'client has no id or no secret'],
    ['a bound that is none', { within: -1 }, 'within must be milliseconds'],
    ['too much forgiveness', { clockTolerance: hours(1) }, 'clockTolerance must be 0 to'],
  ];
  it.each(faulty)('are refused at boot, and the cure named: %s', (_, wrong, message) => {
    expect(() => SessionModule.forResourceServer({ ...sound, ...wrong })).toThrow(message);
  });
});
