import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, Browser, send } from './support/clients.js';
import { PUBLIC_URL, startHostApp, type HostApp } from './support/host-app.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const SECRET = 'a secret of the identity provider';
const basic = (id: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}`,
});
const PROVIDER = basic('provider', SECRET);
const clients = [{ id: 'provider', secret: SECRET, mayRevokeUsers: true }, { id: 'gateway', secret: SECRET }, { id: 'mobile' }];

describe.each(IN_TURN)('Global Token Revocation, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: opened.store, options: { clients, limit: 'unlimited' } });
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  let users = 0;
  /** A user with a browser and an app. */
  const person = async () => {
    const name = `user-${(users += 1)}@mail.example`;
    const userId = host.accounts.add(name, 'correct horse');
    const [browser, api] = [new Browser(host.url), new ApiClient(host.url)];
    await browser.login(name, 'correct horse');
    await api.login(name, 'correct horse', { client_id: 'mobile' });
    const alive = async () => [(await browser.send('GET', '/me')).status, (await api.send('GET', '/me')).status];
    return { name, userId, api, alive };
  };
  const revoke = (body: unknown, headers: Record<string, string> = PROVIDER) =>
    send(host.url, 'POST', '/oauth/global-token-revocation', { headers, body: { json: body } });

  it.each(['opaque', 'iss_sub', 'email'] as const)('ends every credential of the user, and nobody else’s: %s', async (format) => {
    const [ada, bob] = [await person(), await person()];
    const subject = {
      opaque: { format, id: ada.userId },
      iss_sub: { format, iss: PUBLIC_URL, sub: ada.userId },
      email: { format, email: ada.name },
    }[format];
    const answer = await revoke({ sub_id: subject });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await ada.alive()).toEqual([401, 401]);
    expect((await ada.api.refresh(ada.api.refreshToken, { client_id: 'mobile' })).body['error']).toBe('invalid_grant');
    expect(await bob.alive()).toEqual([200, 200]);
    expect(host.events).toContainEqual(
      expect.objectContaining({ type: 'oauth_client.revoked_user', clientId: 'provider', userId: ada.userId, count: 2 }),
    );
    const ended = host.events.filter((event) => event.type === 'session.ended' && event.userId === ada.userId);
    expect(ended).toEqual(Array(2).fill(expect.objectContaining({ reason: 'revoked' })));
  });

  it('is for clients that are registered for it, and prove who they are', async () => {
    const ada = await person();
    const body = { sub_id: { format: 'opaque', id: ada.userId } };
    for (const [headers, more, status, error] of [
      [{}, {}, 401, 'invalid_client'],
      [basic('provider', `${SECRET}!`), {}, 401, 'invalid_client'],
      [basic('gateway', SECRET), {}, 403, 'forbidden'],
      [{}, { client_id: 'mobile' }, 401, 'invalid_client'],
      [{}, { client_id: 'provider' }, 401, 'invalid_client'],
      [{ Authorization: `Bearer ${ada.api.accessToken}` }, {}, 401, 'invalid_client'],
    ] as const) {
      const answer = await revoke({ ...body, ...more }, headers);
      expect([headers, more, answer.status, answer.body['error']]).toEqual([headers, more, status, error]);
    }
    expect(await ada.alive()).toEqual([200, 200]);
  });

  it('says what is wrong with a subject, and ends nothing', async () => {
    const ada = await person();
    for (const [subject, status] of [
      [undefined, 400],
      ['opaque', 400],
      [[], 400],
      [{ id: ada.userId }, 400],
      [{ format: 'opaque' }, 400],
      [{ format: 'opaque', id: { $ne: '' } }, 400],
      [{ format: 'opaque', id: 'x'.repeat(256) }, 400],
      [{ format: 'opaque', id: 'x'.repeat(255) }, 204],
      [{ format: 'phone_number', phone_number: '+12065550100' }, 400],
      [{ format: 'iss_sub', iss: 'https://other.example', sub: ada.userId }, 404],
      [{ format: 'email', email: 'nobody@mail.example' }, 404],
    ] as const) {
      const answer = await revoke({ sub_id: subject });
      expect([subject, answer.status]).toEqual([subject, status]);
    }
    expect((await send(host.url, 'POST', '/oauth/global-token-revocation', { headers: PROVIDER })).status).toBe(400);
    expect(await ada.alive()).toEqual([200, 200]);
  });

  it('is in the metadata', async () => {
    const { body } = await send(host.url, 'GET', '/.well-known/oauth-authorization-server');
    expect(body['global_token_revocation_endpoint']).toBe(`${PUBLIC_URL}/oauth/global-token-revocation`);
  });
});
