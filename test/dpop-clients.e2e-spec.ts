import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { TokenClient, type LoggedOutReason } from 'nestjs-hybrid-session-client';
import { DpopKey } from 'nestjs-hybrid-session-client/dpop';
import * as oauth from 'oauth4webapi';
import { send, textOf } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { LossyHttpProxy } from './support/lossy-http-proxy.js';
import { MATRIX, openStore, type OpenStore } from './support/stores.js';
import { SteppedClock } from './support/stepped-clock.js';

const PASSWORD = 'correct horse';
const LIFETIME = 300_000;
const EXPIRIES = 30;
const PUBLIC_URL = 'https://app.example';
/** Each adapter with and without nonces, the stores in turn: they only hold which proofs were used, as dpop shows for each of them. */
const PLACES = MATRIX.filter(({ storeName }) => storeName === 'memory' || storeName === 'redis').map((place, at) => ({
  ...place,
  nonces: at === 0 || at === 3,
}));

/** With the clock of production: these clients take the time of their proofs from their own device. */
describe.each(PLACES)(
  'Clients with a DPoP key, on $adapter with $storeName, nonces: $nonces',
  ({ adapter, storeName, nonces }) => {
    let opened: OpenStore;
    let host: HostApp;

    beforeAll(async () => {
      opened = await openStore(storeName);
      const options = {
        publicUrl: PUBLIC_URL,
        clients: [{ id: 'mobile' }],
        dpop: { mode: 'required', nonces },
      } as const;
      host = await startHostApp({ adapter, ...opened, productionClock: true, options });
      host.accounts.add('ada', PASSWORD);
    });
    afterAll(async () => {
      await host.close();
      await opened.close();
    });

    /** What stands between the clients and the server: a proxy that takes the public address off. */
    const through = (base: () => string) => (url: string | URL | Request, init?: RequestInit) =>
      fetch((url instanceof Request ? url.url : url.toString()).replace(PUBLIC_URL, base()), init);
    const throughProxy = through(() => host.url);

    it('our own logs in, works, refreshes, proves the password again, changes it and logs out', async () => {
      const clock = new SteppedClock();
      const client = new TokenClient({ url: PUBLIC_URL, clock, fetch: throughProxy, dpop: DpopKey.generate() });
      const ends: LoggedOutReason[] = [];
      client.onLoggedOut((reason) => void ends.push(reason));
      await client.login({ username: 'ada', password: PASSWORD });
      for (let expiry = 0; expiry < 3; expiry++) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => client.fetch('/api/me?page=2')));
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
        clock.step(LIFETIME);
      }
      await client.reauthenticate(PASSWORD);
      expect((await client.fetch('/sensitive', { method: 'POST' })).status).toBe(201);
      await client.changePassword(PASSWORD, PASSWORD);
      expect((await client.fetch('/me', { method: 'PATCH' })).status).toBe(200);
      await client.logout();
      expect(ends).toEqual(['logout']);
      expect((await client.fetch('/api/me')).status).toBe(401);
      const of = (type: string) => host.events.filter((event) => event.type === type);
      expect([of('refresh.rotated').length, of('refresh.reused').length]).toEqual([3, 0]);
      // a request that lacks the nonce is told so, and nothing else is refused
      expect(new Set(of('dpop.refused').map((event) => 'cause' in event && event.cause))).toEqual(
        new Set(nonces ? ['nonce'] : []),
      );
    });

    it('P4: our own is not logged out by a network that loses, delays and doubles', async () => {
      const proxy = await LossyHttpProxy.open(() => host.url);
      const clock = new SteppedClock();
      const lossy = through(() => `http://127.0.0.1:${proxy.port}`);
      const client = new TokenClient({ url: PUBLIC_URL, clock, fetch: lossy, timeout: 100_000, dpop: DpopKey.generate() });
      const ends: LoggedOutReason[] = [];
      client.onLoggedOut((reason) => void ends.push(reason));
      await client.login({ username: 'ada', password: PASSWORD });
      host.events.length = 0;
      proxy.isLossy = true;
      for (let expiry = 0; expiry < EXPIRIES; expiry++) {
        clock.step(LIFETIME);
        await Promise.allSettled(Array.from({ length: 10 }, () => client.fetch('/api/me'))); // what is lost is the caller's to repeat
      }
      proxy.isLossy = false;
      expect((await client.fetch('/api/me')).status).toBe(200);
      expect(ends).toEqual([]);
      const of = (type: string) => host.events.filter((event) => event.type === type).length;
      expect([of('refresh.rotated'), of('refresh.reused')]).toEqual([EXPIRIES, 0]);
      expect(proxy.lost).toBeGreaterThan(0);
      proxy.close();
    });

    it('oauth4webapi refreshes and works, unchanged', async () => {
      const proxied = { [oauth.customFetch]: throughProxy };
      const issuer = new URL(PUBLIC_URL);
      const server = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...proxied }),
      );
      expect(server.dpop_signing_alg_values_supported).toContain('ES256');
      const client: oauth.Client = { client_id: 'mobile' };
      const dpop = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
      const withNonce = async <T>(act: () => Promise<T>): Promise<T> => {
        try {
          return await act();
        } catch (error) {
          if (!nonces || !oauth.isDPoPNonceError(error)) throw error;
          return act();
        }
      };

      // The login is our own, so it makes the proof by hand, with the same key.
      const key = await oauth.generateKeyPair('ES256');
      const prover = await DpopKey.of(key);
      const bound = oauth.DPoP(client, key);
      const login = async (nonce?: string) => {
        const proof = await prover.prove({
          method: 'POST',
          url: new URL('/auth/token', PUBLIC_URL),
          ...(nonce ? { nonce } : {}),
        });
        const json = { username: 'ada', password: PASSWORD, client_id: 'mobile' };
        return send(host.url, 'POST', '/auth/token', { headers: { DPoP: proof }, body: { json } });
      };
      const first = await login();
      const granted = nonces ? await login(first.headers.get('dpop-nonce') ?? '') : first;
      let refreshToken = textOf(granted, 'refresh_token');

      for (let round = 0; round < 3; round++) {
        const tokens = await withNonce(async () => {
          const answer = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshToken, {
            DPoP: bound,
            ...proxied,
          });
          return oauth.processRefreshTokenResponse(server, client, answer);
        });
        expect(tokens.token_type).toBe('dpop');
        expect(decodeJwt(tokens.access_token)['cnf']).toEqual({ jkt: await bound.calculateThumbprint() });
        refreshToken = tokens.refresh_token ?? '';
        const url = new URL('/api/me?page=2', PUBLIC_URL);
        const ask = (handle: oauth.DPoPHandle) =>
          oauth.protectedResourceRequest(tokens.access_token, 'GET', url, undefined, undefined, { DPoP: handle, ...proxied });
        expect((await withNonce(() => ask(bound))).status).toBe(200);
        // and by another key the same library gets nothing
        await expect(withNonce(() => ask(dpop))).rejects.toMatchObject({ status: 401 });
      }
    });
  },
);
