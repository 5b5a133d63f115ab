import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { minutes } from 'nestjs-hybrid-session';
import { ApiClient, Browser, send, textOf, type Answer } from './support/clients.js';
import { PUBLIC_URL, signingKey, startHostApp, type HostApp } from './support/host-app.js';
import { MATRIX, openStore, type OpenStore } from './support/stores.js';

const reports = await generateKeyPair('Ed25519').then(async ({ publicKey, privateKey }) => ({
  jwk: await exportJWK(publicKey),
  privateKey,
}));
const clients = [
  { id: 'mobile', scopes: ['read', 'write'] },
  { id: 'gateway', secret: 'gateway secret: long', scopes: ['read'] },
  { id: 'other' },
  { id: 'reports', keys: [reports.jwk], scopes: ['read'] },
];
const basic = (id: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});
const gateway = basic('gateway', 'gateway secret: long');

describe.each(MATRIX)('OAuth surface, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  let userId: string;

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: opened.store, options: { clients, limit: 'unlimited' } });
    userId = host.accounts.add('ada', 'correct horse');
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  const signIn = async (clientId = 'mobile') => {
    const api = new ApiClient(host.url);
    const answer = await api.login('ada', 'correct horse', { client_id: clientId, device: 'Pixel' });
    expect(answer.status).toBe(200);
    return { api, answer };
  };
  const introspect = (token: string, headers: Record<string, string> = gateway) =>
    send(host.url, 'POST', '/oauth/introspect', { headers, body: { form: { token } } });
  const errorOf = (answer: Answer) => [answer.status, answer.body['error']];

  it('the token answer has the form of RFC 6749 §5.1 and is never stored by caches', async () => {
    const { answer, api } = await signIn();
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'read write' });
    const refreshed = await api.refresh(api.refreshToken, { client_id: 'mobile' });
    expect(refreshed.headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(refreshed.body).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type']);
  });

  it('an access token is RFC 9068, and verifies offline against the published keys', async () => {
    const { api } = await signIn();
    expect(decodeProtectedHeader(api.accessToken)).toEqual({ alg: 'Ed25519', typ: 'at+jwt', kid: 'test-key' });
    const keys = createRemoteJWKSet(new URL(`${host.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(api.accessToken, keys, {
      issuer: PUBLIC_URL,
      audience: PUBLIC_URL,
      typ: 'at+jwt',
      currentDate: new Date(host.clock.now()),
    });
    expect(payload).toMatchObject({ sub: userId, client_id: 'mobile', gen: 0, acr: 'aal1', amr: ['pwd'], scope: 'read write' });
    expect(payload['auth_time']).toBe(host.clock.now() / 1000);
  });

  it('the keys are public, cacheable for a finite time, and known by their ETag', async () => {
    const answer = await send(host.url, 'GET', '/.well-known/jwks.json');
    expect(answer.headers.get('cache-control')).toMatch(/max-age=\d+/);
    const [key] = JSON.parse(answer.text).keys as Record<string, unknown>[];
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const etag = answer.headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await send(host.url, 'GET', '/.well-known/jwks.json', { headers: { 'If-None-Match': known } });
      expect([again.status, again.text]).toEqual([304, '']);
    }
    const other = await send(host.url, 'GET', '/.well-known/jwks.json', { headers: { 'If-None-Match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('the metadata names the issuer to the letter, and only endpoints that are there', async () => {
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      const { body } = await send(host.url, 'GET', path);
      expect(body['issuer']).toBe(PUBLIC_URL);
      for (const name of ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint']) {
        const endpoint = String(body[name]).replace(PUBLIC_URL, '');
        expect((await send(host.url, 'POST', endpoint, { body: { form: {} } })).status).not.toBe(404);
      }
    }
  });

  it.each([
    ['missing grant', {}, 'invalid_request'],
    ['unknown grant', { grant_type: 'authorization_code', code: 'x' }, 'unsupported_grant_type'],
    ['password grant', { grant_type: 'password', username: 'ada', password: 'correct horse' }, 'unsupported_grant_type'],
    ['missing token', { grant_type: 'refresh_token' }, 'invalid_request'],
    ['empty token', { grant_type: 'refresh_token', refresh_token: '' }, 'invalid_request'],
  ])('the token endpoint refuses: %s', async (_name, form, error) => {
    const answer = await send(host.url, 'POST', '/oauth/token', { body: { form } });
    expect(errorOf(answer)).toEqual([400, error]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('the token endpoint takes a form alone, each parameter once', async () => {
    const { api } = await signIn('other');
    const form = { grant_type: 'refresh_token', refresh_token: api.refreshToken, client_id: 'other' };
    expect(errorOf(await send(host.url, 'POST', '/oauth/token', { body: { json: form } }))).toEqual([400, 'invalid_request']);
    const twice = await fetch(`${host.url}/oauth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `${new URLSearchParams(form).toString()}&refresh_token=${api.refreshToken}`,
    });
    expect([twice.status, await twice.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    const inUrl = `/oauth/token?${new URLSearchParams(form).toString()}`;
    expect((await send(host.url, 'POST', inUrl, { body: { form: {} } })).status).toBe(400);
    expect((await send(host.url, 'GET', inUrl)).status).toBe(404);
    expect((await api.refresh(api.refreshToken, { client_id: 'other' })).status).toBe(200);
  });

  it('a refresh token is its client’s alone: another client, no client and a wrong secret change nothing', async () => {
    const { api } = await signIn('mobile');
    expect(errorOf(await api.refresh(api.refreshToken, { client_id: 'other' }))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await api.refresh(api.refreshToken))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await api.refresh(api.refreshToken, { client_id: 'nobody' }))).toEqual([401, 'invalid_client']);
    expect(errorOf(await api.refresh(api.refreshToken, { client_id: 'mobile', client_secret: 'x' }))).toEqual([
      401,
      'invalid_client',
    ]);
    expect((await api.refresh(api.refreshToken, { client_id: 'mobile' })).status).toBe(200);
  });

  it('scope may only narrow, for the access token alone', async () => {
    const { api } = await signIn();
    const narrow = await api.refresh(api.refreshToken, { client_id: 'mobile', scope: 'read' });
    expect([narrow.status, narrow.body['scope']]).toEqual([200, 'read']);
    expect(decodeJwt(api.accessToken)['scope']).toBe('read');
    expect(errorOf(await api.refresh(api.refreshToken, { client_id: 'mobile', scope: 'read admin' }))).toEqual([
      400,
      'invalid_scope',
    ]);
    expect((await api.refresh(api.refreshToken, { client_id: 'mobile' })).body['scope']).toBe('read write');
  });

  it('introspection asks for a client with a secret', async () => {
    const { api } = await signIn();
    for (const headers of [{}, basic('gateway', 'wrong'), basic('nobody', 'x'), basic('mobile', '')]) {
      const answer = await introspect(api.accessToken, headers);
      expect(errorOf(answer)).toEqual([401, 'invalid_client']);
      expect(answer.headers.get('www-authenticate')?.slice(0, 6)).toBe('Authorization' in headers ? 'Basic ' : undefined);
    }
    const both = await send(host.url, 'POST', '/oauth/introspect', {
      headers: gateway,
      body: { form: { token: api.accessToken, client_id: 'gateway', client_secret: 'gateway secret: long' } },
    });
    expect(errorOf(both)).toEqual([400, 'invalid_request']);
  });

  it('a client that signs (private_key_jwt) refreshes, introspects and revokes, each with an assertion of its own', async () => {
    const { api } = await signIn();
    const assertion = async (more: Record<string, unknown> = {}, aud = PUBLIC_URL) => ({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT({ jti: randomUUID(), ...more })
        .setProtectedHeader({ alg: 'Ed25519' })
        .setIssuer('reports')
        .setSubject('reports')
        .setAudience(aud)
        .setExpirationTime(host.clock.now() / 1000 + 60)
        .sign(reports.privateKey),
    });
    const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
      send(host.url, 'POST', `/oauth/${path}`, { headers, body: { form: { token: api.accessToken, ...form } } });
    const once = await assertion();
    expect((await post('introspect', { ...once, client_id: 'reports' })).body).toMatchObject({
      active: true,
      client_id: 'mobile',
    });
    expect(errorOf(await post('introspect', once))).toEqual([401, 'invalid_client']);
    expect(errorOf(await post('introspect', await assertion({}, `${PUBLIC_URL}/oauth/token`)))).toEqual([401, 'invalid_client']);
    expect(errorOf(await post('introspect', { ...(await assertion()), client_id: 'mobile' }))).toEqual([401, 'invalid_client']);
    expect(errorOf(await post('introspect', { ...(await assertion()), client_assertion_type: 'saml' }))).toEqual([
      400,
      'invalid_request',
    ]);
    expect(errorOf(await post('introspect', await assertion(), gateway))).toEqual([400, 'invalid_request']);
    expect(errorOf(await post('introspect', { client_id: 'reports' }))).toEqual([401, 'invalid_client']);
    expect(
      errorOf(await post('token', { grant_type: 'refresh_token', refresh_token: api.refreshToken, ...(await assertion()) })),
    ).toEqual(
      [400, 'invalid_grant'], // it is the client of another
    );
    expect((await post('revoke', await assertion())).status).toBe(200);
    expect((await api.send('GET', '/me')).status).toBe(200); // and what is another's it cannot revoke
  });

  it('introspection says active for what would be accepted now, and nothing more than active:false otherwise', async () => {
    const { api } = await signIn();
    const access = await introspect(api.accessToken);
    expect(access.body).toMatchObject({ active: true, sub: userId, client_id: 'mobile', token_type: 'Bearer', username: 'ada' });
    expect((await introspect(api.refreshToken)).body).toMatchObject({ active: true, sub: userId, client_id: 'mobile' });
    const cookie = new Browser(host.url);
    await cookie.login('ada', 'correct horse');
    const ended = (await signIn()).api;
    await ended.send('POST', '/auth/logout');
    for (const token of ['x', cookie.cookie, ended.accessToken, ended.refreshToken, `${api.accessToken}=`]) {
      expect((await introspect(token)).text).toBe('{"active":false}');
    }
  });

  it('introspection of an access token counts as its first use; of a spent refresh token as nothing', async () => {
    const { api } = await signIn();
    const spent = api.refreshToken;
    await api.refresh(spent, { client_id: 'mobile' });
    expect((await introspect(spent)).body['active']).toBe(true);
    expect((await introspect(api.accessToken)).body['active']).toBe(true);
    await host.sessions.settled();
    host.clock.advance(minutes(1));
    expect((await introspect(spent)).text).toBe('{"active":false}');
    expect(
      (await send(host.url, 'POST', '/oauth/revoke', { body: { form: { token: spent, client_id: 'mobile' } } })).status,
    ).toBe(200);
    expect((await api.send('GET', '/me')).status).toBe(200);
  });

  it('revocation is 200 for anything, and ends nothing of another client', async () => {
    const { api } = await signIn();
    const harmless: Record<string, string>[] = [
      { token: 'x' },
      { token: api.refreshToken, client_id: 'other' },
      { token: api.refreshToken },
    ];
    for (const form of harmless) {
      const answer = await send(host.url, 'POST', '/oauth/revoke', { body: { form } });
      expect([answer.status, answer.text]).toEqual([200, '{}']);
    }
    expect((await api.send('GET', '/me')).status).toBe(200);
    const hinted = { token: api.refreshToken, client_id: 'mobile', token_type_hint: 'access_token' };
    expect((await send(host.url, 'POST', '/oauth/revoke', { body: { form: hinted } })).status).toBe(200);
    expect((await api.send('GET', '/me')).status).toBe(401);
    expect(errorOf(await send(host.url, 'POST', '/oauth/revoke', { body: { form: {} } }))).toEqual([400, 'invalid_request']);
  });

  it('other spellings and foreign signatures of an access token are refused', async () => {
    const { api } = await signIn();
    const token = api.accessToken;
    const [header = '', payload = '', signature = ''] = token.split('.');
    const spare = signature.slice(0, -1) + String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1);
    const { privateKey } = await generateKeyPair('Ed25519', { extractable: true });
    const foreign = new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: 'Ed25519', typ: 'at+jwt', kid: 'test-key' });
    const own = await exportJWK(privateKey);
    const embedded = new SignJWT(decodeJwt(token)).setProtectedHeader({
      alg: 'Ed25519',
      typ: 'at+jwt',
      kid: 'test-key',
      jwk: own,
    });
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: 'test-key' })).toString('base64url');
    const forged = [
      `${token}=`,
      `${token}.`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}=.${signature}`,
      `${header}.${payload}.${spare}`,
      `${header}.${payload}.`,
      `${none}.${payload}.`,
      await foreign.sign(privateKey),
      await embedded.sign(privateKey),
    ];
    for (const one of forged) expect((await api.send('GET', '/me', undefined, one)).status).toBe(401);
    expect((await api.send('GET', '/me')).status).toBe(200);
    host.clock.advance(minutes(5));
    expect((await api.send('GET', '/me')).status).toBe(401);
  });

  it('a user’s session list covers API devices under the name they gave themselves', async () => {
    const { api } = await signIn();
    const list = JSON.parse((await api.send('GET', '/auth/sessions')).text) as Record<string, unknown>[];
    const current = list.find((one) => one['current'] === true);
    expect(current).toMatchObject({ channel: 'api', device: 'Pixel', clientId: 'mobile', ip: '127.0.0.1' });
    expect(textOf(await api.send('GET', '/me'), 'sid')).toBe(current?.['id']);
  });
});

describe('Signing keys', () => {
  it('rotate without an outage: tokens of the older key verify while it is in the ring', async () => {
    const opened = await openStore('memory');
    const [older, newer] = [await signingKey('older'), await signingKey('newer')];
    const keys = [Buffer.alloc(32, 7).toString('base64url')];
    const before = await startHostApp({ adapter: 'express', store: opened.store, options: { keys, signingKeys: [older] } });
    const after = await startHostApp({ adapter: 'fastify', store: opened.store, options: { keys, signingKeys: [newer, older] } });
    const dropped = await startHostApp({ adapter: 'fastify', store: opened.store, options: { keys, signingKeys: [newer] } });
    before.accounts.add('ada', 'correct horse');
    const api = new ApiClient(before.url);
    await api.login('ada', 'correct horse');
    expect((await api.at(after.url).send('GET', '/me')).status).toBe(200);
    expect((await api.at(dropped.url).send('GET', '/me')).status).toBe(401);
    const there = api.at(after.url);
    expect((await there.refresh()).status).toBe(200);
    expect(decodeProtectedHeader(there.accessToken).kid).toBe('newer');
    for (const host of [before, after, dropped]) await host.close();
  });
});
