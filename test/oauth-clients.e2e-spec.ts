import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, customFetch, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { AuthorizationCode } from 'simple-oauth2';
import { ApiClient } from './support/clients.js';
import { signingKey, startHostApp, type HostApp } from './support/host-app.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const PASSWORD = 'correct horse';
const PUBLIC_URL = 'https://app.example';
const SECRET = 'gateway secret: 100 % long & odd';
const PLACES = IN_TURN.filter(({ storeName }) => storeName === 'memory' || storeName === 'redis');

const reports = await generateKeyPair('ES256', { extractable: true });
const rsa = await generateKeyPair('RS256', { modulusLength: 3_072, extractable: true });
const CLIENTS = [
  { id: 'mobile', scopes: ['read', 'write'] },
  { id: 'gateway', secret: SECRET, scopes: ['read'] },
  { id: 'reports', keys: [await exportJWK(reports.publicKey)], scopes: ['read'] },
];

/** With the clock of production, since these clients have that of this machine. */
describe.each(PLACES)('Clients of others, unchanged, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;

  beforeAll(async () => {
    opened = await openStore(storeName);
    const options = { publicUrl: PUBLIC_URL, clients: CLIENTS, limit: 'unlimited' } as const;
    host = await startHostApp({ adapter, ...opened, productionClock: true, options });
    host.accounts.add('ada', PASSWORD);
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  /** What stands between the clients and the server: a proxy that takes the public address off. */
  const throughProxy = (url: string | URL | Request, init?: RequestInit) =>
    fetch((url instanceof Request ? url.url : url.toString()).replace(PUBLIC_URL, host.url), init);

  /** The login is our own: OAuth has no grant that takes a password any more. */
  async function logIn(clientId: 'mobile' | 'gateway' | 'reports'): Promise<ApiClient> {
    const api = new ApiClient(host.url);
    const shown = { mobile: {}, gateway: { client_secret: SECRET }, reports: await assertion() }[clientId];
    expect((await api.login('ada', PASSWORD, { client_id: clientId, ...shown })).status).toBe(200);
    return api;
  }
  const assertion = async () => ({
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await new SignJWT({ jti: randomUUID(), iss: 'reports', sub: 'reports', aud: PUBLIC_URL })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('1 minute')
      .sign(reports.privateKey),
  });
  const statusOf = async (api: ApiClient, token: string) => (await api.send('GET', '/me', undefined, token)).status;

  it('a confidential client logs nobody in without its proof, and nothing is opened', async () => {
    const before = host.events.length;
    const spent = await assertion();
    const login = (more: object) => new ApiClient(host.url).login('ada', PASSWORD, more);
    expect((await login({ client_id: 'reports', ...spent })).status).toBe(200);
    for (const more of [
      { client_id: 'gateway' },
      { client_id: 'gateway', client_secret: `${SECRET}!` },
      { client_id: 'mobile', client_secret: SECRET },
      { client_id: 'reports' },
      { client_id: 'gateway', ...(await assertion()) },
      { client_id: 'reports', ...spent },
    ]) {
      const answer = await login(more);
      expect([more, answer.status, answer.body['code']]).toEqual([more, 401, 'invalid_client']);
    }
    const types = host.events.slice(before).map(({ type }) => type);
    expect(types.filter((type) => type === 'session.opened')).toHaveLength(1);
    expect(types.filter((type) => type === 'oauth_client.refused')).toHaveLength(6);
  });

  it('a client that is none learns nothing of a password', async () => {
    const before = host.events.length;
    const told = await Promise.all(
      [PASSWORD, 'wrong'].map(async (password) => {
        const { status, text } = await new ApiClient(host.url).login('ada', password, { client_id: 'nobody' });
        return [status, text];
      }),
    );
    expect(told[0]).toEqual(told[1]);
    expect(host.events.slice(before).map(({ type }) => type)).toEqual(['oauth_client.refused', 'oauth_client.refused']);
  });

  describe('openid-client', () => {
    const ways: readonly (readonly [string, 'mobile' | 'gateway' | 'reports', openid.ClientAuth])[] = [
      ['public', 'mobile', openid.None()],
      ['client_secret_basic', 'gateway', openid.ClientSecretBasic(SECRET)],
      ['client_secret_post', 'gateway', openid.ClientSecretPost(SECRET)],
      ['private_key_jwt', 'reports', openid.PrivateKeyJwt(reports.privateKey)],
    ];

    it.each(ways)('finds the endpoints, refreshes, works, introspects and revokes: %s', async (way, clientId, authentication) => {
      const config = await openid.discovery(new URL(PUBLIC_URL), clientId, undefined, authentication, {
        algorithm: 'oauth2',
        [openid.customFetch]: throughProxy,
      });
      const api = await logIn(clientId);
      // a public client may not introspect (RFC 7662 §2.1)
      const isActive = async (token: string) =>
        way === 'public' ? (await statusOf(api, token)) === 200 : (await openid.tokenIntrospection(config, token)).active;
      const tokens = await openid.refreshTokenGrant(config, api.refreshToken, { scope: 'read' });
      expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'read', expires_in: 300 });
      const answer = await openid.fetchProtectedResource(config, tokens.access_token, new URL(`${PUBLIC_URL}/me`), 'GET');
      expect(answer.status).toBe(200);
      const again = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
      expect(again.refresh_token).not.toBe(tokens.refresh_token);

      expect(await isActive(again.access_token)).toBe(true);
      await openid.tokenRevocation(config, again.refresh_token ?? '');
      expect(await statusOf(api, again.access_token)).toBe(401);
      await expect(openid.refreshTokenGrant(config, again.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      });
      expect(await isActive(again.access_token)).toBe(false);
    });
  });

  describe('simple-oauth2', () => {
    it.each(['header', 'body'] as const)('refreshes and revokes, with its secret in the %s', async (place) => {
      const api = await logIn('gateway');
      const client = new AuthorizationCode({
        client: { id: 'gateway', secret: SECRET },
        auth: { tokenHost: host.url, tokenPath: '/oauth/token', revokePath: '/oauth/revoke' },
        options: { authorizationMethod: place },
      });
      const held = client.createToken({ access_token: api.accessToken, refresh_token: api.refreshToken, expires_in: 300 });
      const refreshed = await held.refresh();
      expect(await statusOf(api, String(refreshed.token['access_token']))).toBe(200);
      await refreshed.revokeAll();
      expect(await statusOf(api, String(refreshed.token['access_token']))).toBe(401);
    });
  });

  describe('a service that only verifies', () => {
    it('oauth4webapi takes our access tokens for RFC 9068, and no other', async () => {
      const issuer = new URL(PUBLIC_URL);
      const proxied = { [oauth.customFetch]: throughProxy };
      const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...proxied });
      const server = await oauth.processDiscoveryResponse(issuer, discovered);
      const asked = (token: string) => new Request(`${PUBLIC_URL}/reports`, { headers: { Authorization: `Bearer ${token}` } });
      const api = await logIn('mobile');
      const claims = await oauth.validateJwtAccessToken(server, asked(api.accessToken), PUBLIC_URL, proxied);
      expect(claims).toMatchObject({ iss: PUBLIC_URL, aud: PUBLIC_URL, client_id: 'mobile', scope: 'read write' });
      const [header = '', payload = '', signature = ''] = api.accessToken.split('.');
      const stranger = Buffer.from(signature, 'base64url').reverse().toString('base64url');
      for (const [token, audience, message] of [
        [api.accessToken, 'https://other.example', /"aud"/],
        [`${header}.${payload}.${stranger}`, PUBLIC_URL, /signature/],
        [api.refreshToken, PUBLIC_URL, /JWT/],
      ] as const) {
        await expect(oauth.validateJwtAccessToken(server, asked(token), audience, proxied)).rejects.toThrow(message);
      }
    });

    it('jose follows the key set, and verifies', async () => {
      const keys = createRemoteJWKSet(new URL(`${PUBLIC_URL}/.well-known/jwks.json`), { [customFetch]: throughProxy });
      const api = await logIn('mobile');
      const { payload } = await jwtVerify(api.accessToken, keys, { issuer: PUBLIC_URL, audience: PUBLIC_URL, typ: 'at+jwt' });
      expect(payload['client_id']).toBe('mobile');
    });
  });
});

describe('Access tokens of every algorithm', () => {
  const jwk = async (algorithm: 'Ed25519' | 'ES256' | 'RS256') => {
    if (algorithm === 'Ed25519') return signingKey(randomUUID());
    return { ...(await exportJWK(algorithm === 'ES256' ? reports.privateKey : rsa.privateKey)), kid: randomUUID() };
  };

  it.each(['Ed25519', 'ES256', 'RS256'] as const)('are RFC 9068 to oauth4webapi: %s', async (algorithm) => {
    const opened = await openStore('memory');
    const options = { publicUrl: PUBLIC_URL, signingKeys: [await jwk(algorithm)] };
    const host = await startHostApp({ adapter: 'fastify', ...opened, productionClock: true, options });
    try {
      host.accounts.add('ada', PASSWORD);
      const api = new ApiClient(host.url);
      await api.login('ada', PASSWORD);
      const server = { issuer: PUBLIC_URL, jwks_uri: `${PUBLIC_URL}/.well-known/jwks.json` };
      const proxied = { [oauth.customFetch]: (url: string) => fetch(url.replace(PUBLIC_URL, host.url)) };
      const asked = new Request(`${PUBLIC_URL}/reports`, { headers: { Authorization: `Bearer ${api.accessToken}` } });
      const claims = await oauth.validateJwtAccessToken(server, asked, PUBLIC_URL, proxied);
      expect(claims.sub).toEqual(expect.any(String));
    } finally {
      await host.close();
    }
  });
});
