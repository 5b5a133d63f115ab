import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWK } from 'jose';
import { MemorySessionStore } from 'nestjs-hybrid-session';
import { ApiClient, Browser, send } from './support/clients.js';
import { forgeries, signedBy, type Forgery, type Workshop } from './support/forgeries.js';
import { freePort } from './support/free-port.mjs';
import { startResourceServer, type ResourceServer } from './support/resource-server.js';
import { ADAPTERS, startHostApp, type HostApp } from './support/host-app.js';

const GATEWAY = { id: 'gateway', secret: 'gateway secret: long' };
const BASIC = { Authorization: `Basic ${Buffer.from(`gateway:${encodeURIComponent(GATEWAY.secret)}`).toString('base64')}` };

/** Whether HTTP can carry the text in a header at all: what it cannot is presented by form alone. */
const fitsHeader = (token: string) => /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/.test(token);

async function ringKey(algorithm: 'Ed25519' | 'ES256' | 'RS256', kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: 3_072 });
  return { ...(await exportJWK(privateKey)), kid };
}

describe.each(ADAPTERS)('A forged access token, on %s', (adapter) => {
  let host: HostApp;
  let shop: Workshop;
  let all: readonly Forgery[];
  let trap: Server;
  let hits = 0;
  let service: ResourceServer;
  const api = () => new ApiClient(host.url);

  beforeAll(async () => {
    trap = createServer((_, response) => {
      hits += 1;
      response.end('{"keys":[]}');
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const address = trap.address();
    if (address === null || typeof address === 'string') throw new Error('The trap has no port.');
    const keys = { ed: await ringKey('Ed25519', 'ed'), ec: await ringKey('ES256', 'ec'), rsa: await ringKey('RS256', 'rsa') };
    const options = { signingKeys: [keys.ed, keys.ec, keys.rsa], clients: [GATEWAY, { id: 'mobile', scopes: ['read'] }] };
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    host = await startHostApp({ adapter, store: new MemorySessionStore(), port, options: { publicUrl, ...options } });
    service = await startResourceServer(adapter, { issuer: publicUrl, client: GATEWAY, clock: host.clock });
    for (const name of ['ada', 'bob']) host.accounts.add(name, 'correct horse');
    const [mine, other] = [api(), api()];
    await mine.login('ada', 'correct horse', { client_id: 'mobile' });
    await other.login('bob', 'correct horse', { client_id: 'mobile' });
    shop = {
      header: { ...decodeProtectedHeader(mine.accessToken) },
      claims: { ...decodeJwt(mine.accessToken) },
      genuine: mine.accessToken,
      keys,
      trap: `http://127.0.0.1:${address.port}`,
      otherSession: String(decodeJwt(other.accessToken)['sid']),
    };
    const [browser, gone] = [new Browser(host.url), api()];
    await browser.login('ada', 'correct horse');
    await gone.login('ada', 'correct horse', { client_id: 'mobile' });
    await gone.send('POST', '/auth/logout');
    all = [
      ...forgeries(shop),
      { name: 'a refresh token', token: mine.refreshToken },
      { name: 'a cookie', token: browser.cookie },
      { name: 'a CSRF token', token: browser.csrfToken },
      { name: 'a session id', token: String(shop.claims['sid']) },
      { name: 'a genuine token of a session that was ended', token: gone.accessToken },
    ];
  });
  afterAll(async () => {
    await service.close();
    await host.close();
    trap.close();
  });

  const introspect = (token: string) =>
    send(host.url, 'POST', '/oauth/introspect', { headers: BASIC, body: { form: { token } } });
  const present = (token: string) => send(host.url, 'GET', '/api/me', { headers: { Authorization: `Bearer ${token}` } });
  const presentElsewhere = (token: string) =>
    send(service.url, 'GET', '/reports', { headers: { Authorization: `Bearer ${token}` } });

  it('what is forged is forged well: with nothing changed, each way of signing is accepted', async () => {
    for (const [alg, kid] of [['Ed25519', 'ed'] as const, ['ES256', 'ec'] as const, ['RS256', 'rsa'] as const]) {
      // One of the two s of ES256 is refused, and which one a signature has is chance: so until it is the other.
      let status = 0;
      for (let attempt = 0; status !== 200 && attempt < 64; attempt += 1) {
        ({ status } = await present(signedBy(shop, { ...shop.header, alg, kid }, shop.claims, alg)));
      }
      expect([alg, status]).toEqual([alg, 200]);
    }
  });

  it('is one of more than 300, each of its own name', () => {
    expect(all.length).toBeGreaterThan(300);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(({ token }) => token)).has(shop.genuine)).toBe(false);
  });

  it.each([
    ['of the application', present],
    ['of a service that only verifies', presentElsewhere],
  ] as const)('opens no route %s: 401 with one code for all, and its challenge', async (_, presented) => {
    expect((await presented(shop.genuine)).status).toBe(200);
    const mistakes: string[] = [];
    for (const { name, token } of all.filter((forgery) => fitsHeader(forgery.token))) {
      const { status, body, headers } = await presented(token);
      const challenge = headers.get('www-authenticate') ?? '';
      const isRefused = status === 401 && body['code'] === 'invalid_token' && challenge.includes('error="invalid_token"');
      if (!isRefused) mistakes.push(`${name}: ${status} ${JSON.stringify(body)} ${challenge}`);
    }
    expect(mistakes).toEqual([]);
  });

  it('is not active, and as little a token to be revoked: its session lives on', async () => {
    const mistakes: string[] = [];
    const isToken = /^(a refresh token|a cookie|a genuine token)/; // good for other things, or for nothing any more
    for (const { name, token } of all.filter((forgery) => !isToken.test(forgery.name))) {
      const { status, body } = await introspect(token);
      const isInactive = status === 200 && JSON.stringify(body) === '{"active":false}';
      if (!isInactive && status !== 400) mistakes.push(`introspection of ${name}: ${status} ${JSON.stringify(body)}`);
      const revoked = await send(host.url, 'POST', '/oauth/revoke', { body: { form: { token, client_id: 'mobile' } } });
      if (revoked.status !== 200 && revoked.status !== 400) mistakes.push(`revocation of ${name}: ${revoked.status}`);
    }
    expect(mistakes).toEqual([]);
    expect((await present(shop.genuine)).status).toBe(200);
  });

  it('makes the server ask nobody: no URL in a token is followed', async () => {
    expect(all.filter(({ token }) => textOf(token).includes(shop.trap)).length).toBeGreaterThan(5);
    expect(hits).toBe(0);
    await fetch(`${shop.trap}/jwks.json`); // the trap does catch whoever follows one
    expect(hits).toBe(1);
  });
});

/** What a token says, in its header and its claims, as far as that can be read. */
function textOf(token: string): string {
  const [header = '', claims = ''] = token.split('.');
  return [header, claims].map((part) => Buffer.from(part, 'base64url').toString()).join(' ');
}
