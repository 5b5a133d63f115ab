import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { decodeJwt } from 'jose';
import {
  CurrentVisitor,
  minutes,
  seconds,
  SessionGuard,
  StoreUnavailableError,
  TokenGuard,
  VisitorGuard,
  type DpopOptions,
  type SessionModuleOptions,
  type Visitor,
} from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { TestAccounts } from './support/accounts.js';
import { BoundClient, sendLines } from './support/bound-client.js';
import { brokenProofs, brokenTokenProofs } from './support/broken-proofs.js';
import { ApiClient, Browser, send, textOf, type Answer } from './support/clients.js';
import { PUBLIC_URL, signingKey, startHostApp, type HostApp } from './support/host-app.js';
import { ProvingKey } from './support/proving-key.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const PASSWORD = 'correct horse';
const SECRET = 'a secret of the gateway';
const ALGORITHMS = 'ES256 Ed25519 EdDSA';
const key = ProvingKey.make();
const thiefsKey = ProvingKey.make();

@Controller('guarded')
class GuardedController {
  @Get('twice')
  @UseGuards(SessionGuard, TokenGuard)
  twice() {
    return {};
  }

  @Get('visitors')
  @UseGuards(VisitorGuard)
  visitors(@CurrentVisitor() visitor: Visitor) {
    return { sub: visitor.session?.userId };
  }
}

describe.each(IN_TURN)('Tokens bound to a key, on $adapter with $storeName', ({ adapter, storeName }) => {
  const clock = new FakeClock();
  const accounts = new TestAccounts();
  let opened: OpenStore;
  let shared: Pick<SessionModuleOptions, 'keys' | 'signingKeys'>;
  let host: HostApp;
  let app: BoundClient;

  beforeAll(async () => {
    opened = await openStore(storeName);
    shared = { keys: [randomBytes(32).toString('base64url')], signingKeys: [await signingKey()] };
    accounts.add('ada', PASSWORD);
    host = await start();
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });
  beforeEach(async () => {
    app = new BoundClient(host.url, PUBLIC_URL, clock, key);
    await app.login('ada', PASSWORD);
    host.events.length = 0;
  });

  /** One more instance of the same application, over the same stores. */
  const start = (
    dpop: DpopOptions = {},
    { counters = opened.counters, ...more }: { counters?: OpenStore['counters'] } & Partial<SessionModuleOptions> = {},
  ) => {
    const clients = [{ id: 'mobile' }, { id: 'bound', dpopBound: true }, { id: 'gateway', secret: SECRET }];
    const options = { ...shared, clients, limit: 'unlimited' as const, dpop, ...more };
    const controllers = [GuardedController];
    return startHostApp({ adapter, store: opened.store, counters, clock, accounts, controllers, options });
  };
  const introspect = (token: string) =>
    send(host.url, 'POST', '/oauth/introspect', { body: { form: { token, client_id: 'gateway', client_secret: SECRET } } });
  const errorOf = ({ status, body }: Answer) => [status, body['code'] ?? body['error']];
  const challengeOf = ({ headers }: Answer) => headers.get('www-authenticate');
  const told = () => host.events.flatMap((event) => (event.type === 'dpop.refused' ? [event.cause] : []));
  const sidOf = (client: { readonly accessToken: string }) => decodeJwt(client.accessToken)['sid'];

  describe('the honest way', () => {
    it('a login with a proof binds both tokens, which are good with proofs by the same key, through refreshes', async () => {
      expect(decodeJwt(app.accessToken)['cnf']).toEqual({ jkt: key.thumbprint });
      for (let round = 0; round < 3; round++) {
        expect((await app.send('GET', '/api/me?round=1')).status).toBe(200);
        const refreshed = await app.refresh();
        expect(refreshed.body).toMatchObject({ token_type: 'DPoP', expires_in: 300 });
        expect(decodeJwt(app.accessToken)['cnf']).toEqual({ jkt: key.thumbprint });
      }
      expect((await app.send('PATCH', '/me', { body: { json: {} } })).status).toBe(200);
      expect(told()).toEqual([]);
    });

    it.each(['Ed25519', 'EdDSA'] as const)('and so does one with a key for %s', async (algorithm) => {
      const other = app.as(ProvingKey.make(algorithm));
      expect((await other.login('ada', PASSWORD)).body['token_type']).toBe('DPoP');
      expect((await other.send('GET', '/me')).status).toBe(200);
      expect((await other.refresh()).status).toBe(200);
    });

    it('a step-up is asked for under the DPoP scheme, and a re-authentication keeps the key', async () => {
      clock.advance(minutes(4));
      clock.advance(minutes(7));
      await app.refresh();
      const asked = await app.send('POST', '/sensitive');
      expect(asked.status).toBe(401);
      expect(challengeOf(asked)).toMatch(
        new RegExp(
          `^DPoP realm="${PUBLIC_URL}", algs="${ALGORITHMS}", error="insufficient_user_authentication", .*max_age="600"$`,
        ),
      );
      const before = app.as();
      const proven = await app.send('POST', '/auth/reauthenticate', { body: { json: { password: PASSWORD } } });
      expect([proven.status, proven.body['token_type']]).toEqual([200, 'DPoP']);
      expect((await app.send('POST', '/sensitive')).status).toBe(201);
      expect((await before.send('GET', '/me')).status).toBe(401);
      expect((await app.as(thiefsKey).refresh()).status).toBe(400);
      expect((await app.refresh()).body['token_type']).toBe('DPoP');
    });

    it('a change of password keeps the key', async () => {
      const change = { json: { currentPassword: PASSWORD, newPassword: PASSWORD } };
      const changed = await app.send('POST', '/auth/password', { body: change });
      expect([changed.status, changed.body['token_type']]).toEqual([200, 'DPoP']);
      expect((await app.send('GET', '/me')).status).toBe(200);
      expect((await app.send('GET', '/me', { scheme: 'Bearer' })).status).toBe(401);
    });

    it('lists sessions, logs out, and logs out everywhere', async () => {
      const other = app.as();
      await other.login('ada', PASSWORD);
      expect((await app.send('GET', '/auth/sessions')).status).toBe(200);
      expect((await app.send('POST', '/auth/logout')).status).toBe(204);
      expect(errorOf(await app.send('GET', '/me'))).toEqual([401, 'invalid_token']);
      expect(errorOf(await app.refresh())).toEqual([400, 'invalid_grant']);
      expect((await other.send('POST', '/auth/logout-all')).status).toBe(200);
      expect((await other.send('GET', '/me')).status).toBe(401);
    });

    it('logs out with a token that has expired, as long as the proof is new', async () => {
      clock.advance(minutes(6));
      expect(errorOf(await app.send('GET', '/me'))).toEqual([401, 'invalid_token']);
      expect((await app.as(thiefsKey).send('POST', '/auth/logout')).status).toBe(401);
      expect((await app.send('POST', '/auth/logout')).status).toBe(204);
      expect(errorOf(await app.refresh())).toEqual([400, 'invalid_grant']);
    });

    it('introspection names the key, of either token', async () => {
      const bound = { active: true, token_type: 'DPoP', cnf: { jkt: key.thumbprint } };
      expect((await introspect(app.accessToken)).body).toMatchObject(bound);
      expect((await introspect(app.refreshToken)).body).toMatchObject(bound);
    });

    it('revocation asks for no proof (RFC 7009)', async () => {
      expect((await send(host.url, 'POST', '/oauth/revoke', { body: { form: { token: app.refreshToken } } })).status).toBe(200);
      expect((await app.send('GET', '/me')).status).toBe(401);
    });

    it('two guards on one route take one proof, and visitors are told from users', async () => {
      expect((await app.send('GET', '/guarded/twice')).status).toBe(200);
      expect((await app.send('GET', '/guarded/visitors')).body['sub']).toBe(decodeJwt(app.accessToken).sub);
      expect((await app.as(thiefsKey).send('GET', '/guarded/visitors')).status).toBe(401);
      expect((await app.send('GET', '/guarded/visitors', { scheme: 'Bearer' })).status).toBe(401);
    });

    it('50 requests at the same time pass, each with a proof of its own', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => app.send('GET', '/me')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    });

    it('the metadata and the challenge name the algorithms', async () => {
      const { body } = await send(host.url, 'GET', '/.well-known/oauth-authorization-server');
      expect(body['dpop_signing_alg_values_supported']).toEqual(ALGORITHMS.split(' '));
      const challenge = challengeOf(await send(host.url, 'GET', '/me'));
      expect(challenge).toBe(`Bearer realm="${PUBLIC_URL}", DPoP realm="${PUBLIC_URL}", algs="${ALGORITHMS}"`);
    });
  });

  describe('a proof that is broken in one thing', () => {
    const lines = (proofs: readonly string[]) => proofs.map((proof) => ['DPoP', proof] as const);
    const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
    const json = ['Content-Type', 'application/json'] as const;
    const resource = (proofs: readonly string[]) =>
      sendLines(host.url, 'GET', '/api/me', [['Authorization', `DPoP ${app.accessToken}`], ...lines(proofs)]);
    const refresh = (proofs: readonly string[]) => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: app.refreshToken }).toString();
      return sendLines(host.url, 'POST', '/oauth/token', [form, ...lines(proofs)], body);
    };
    const login = (proofs: readonly string[]) =>
      sendLines(
        host.url,
        'POST',
        '/auth/token',
        [json, ...lines(proofs)],
        JSON.stringify({ username: 'ada', password: PASSWORD }),
      );

    // What is wrong with a proof is no matter of the store: beside memory and Redis one breach of each check is enough.
    const isWhole = storeName === 'memory' || storeName === 'redis';
    const table = brokenProofs(key, thiefsKey);
    const firstOf = (check: number) => table.find((broken) => broken.check === check);
    it.each(table.filter((broken) => isWhole || broken === firstOf(broken.check)))(
      '$name, opens, refreshes and begins nothing (check $check)',
      async ({ cause, make }) => {
        const about = app.subject('GET', '/api/me', app.accessToken);
        const used = await resource(make(about));
        expect([used.status, used.challenge]).toEqual([
          401,
          expect.stringMatching(new RegExp(`^DPoP realm="[^"]*", algs="${ALGORITHMS}", error="invalid_dpop_proof", `)),
        ]);
        expect(told()).toEqual([cause]);
        expect((await resource([key.prove(about)])).status).toBe(200);

        const refreshed = await refresh(make(app.subject('POST', '/oauth/token')));
        expect([refreshed.status, refreshed.text]).toEqual([400, expect.stringContaining('"error":"invalid_dpop_proof"')]);
        const begun = await login(make(app.subject('POST', '/auth/token')));
        expect([begun.status, begun.text]).toEqual([400, expect.stringContaining('"code":"invalid_dpop_proof"')]);
        expect(told()).toEqual([cause, cause, cause]);
        // why is for the audit trail, never for the answer
        for (const { text } of [used, refreshed, begun]) expect(text).not.toContain(`"${cause}"`);

        expect((await login([app.proof('POST', '/auth/token')])).status).toBe(200);
        expect((await refresh([app.proof('POST', '/oauth/token')])).status).toBe(200);
        const types = new Set(host.events.map(({ type }) => type));
        expect(types).toEqual(
          new Set(['dpop.refused', 'login.succeeded', 'login.new_device', 'session.opened', 'refresh.rotated']),
        );
      },
    );

    it.each(brokenTokenProofs(key, thiefsKey))('$name, opens nothing (check $check)', async ({ cause, make }) => {
      const about = app.subject('GET', '/api/me', app.accessToken);
      const used = await resource(make(about));
      const error = cause === 'key' ? 'invalid_token' : 'invalid_dpop_proof';
      expect([used.status, used.challenge]).toEqual([401, expect.stringContaining(`error="${error}"`)]);
      expect(told()).toEqual([cause]);
      expect((await resource([key.prove(about)])).status).toBe(200);
    });

    it('none at all, opens nothing', async () => {
      const used = await resource([]);
      expect([used.status, used.challenge]).toEqual([401, expect.stringContaining('error="invalid_dpop_proof"')]);
      expect(told()).toEqual(['missing']);
    });

    it('used before, is refused by every instance, wherever it was used first', async () => {
      const two = await start();
      const [at, proof] = [app.as(key, two.url), app.proof('GET', '/me', app.accessToken)];
      expect((await app.send('GET', '/me', { proof })).status).toBe(200);
      expect(errorOf(await at.send('GET', '/me', { proof }))).toEqual([401, 'invalid_dpop_proof']);
      expect(errorOf(await app.send('GET', '/me?again', { proof }))).toEqual([401, 'invalid_dpop_proof']);
      expect((await at.send('GET', '/me')).status).toBe(200);

      const grant = app.proof('POST', '/oauth/token');
      expect((await app.refresh(app.refreshToken, grant)).status).toBe(200);
      expect(errorOf(await at.refresh(app.refreshToken, grant))).toEqual([400, 'invalid_dpop_proof']);

      const entry = app.proof('POST', '/auth/token');
      expect((await at.login('ada', PASSWORD, {}, entry)).status).toBe(200);
      expect(errorOf(await app.login('ada', PASSWORD, {}, entry))).toEqual([400, 'invalid_dpop_proof']);
      expect(
        [...two.events, ...host.events].filter((event) => event.type === 'dpop.refused' && event.cause === 'replay'),
      ).toHaveLength(4);
      expect((await app.refresh()).status).toBe(200);
      await two.close();
    });

    it('used before, is refused also where a copy of the session answers', async () => {
      const two = await start({}, { revocation: { within: minutes(1) } });
      const at = app.as(key, two.url);
      const proof = at.proof('GET', '/me', at.accessToken);
      expect((await at.send('GET', '/me', { proof })).status).toBe(200);
      expect(errorOf(await at.send('GET', '/me', { proof }))).toEqual([401, 'invalid_dpop_proof']);
      expect(errorOf(await at.as(thiefsKey).send('GET', '/me'))).toEqual([401, 'invalid_token']);
      expect(errorOf(await at.send('GET', '/me', { scheme: 'Bearer' }))).toEqual([401, 'invalid_token']);
      expect((await at.send('GET', '/me')).status).toBe(200);
      await two.close();
    });

    it('used by many at the same time, passes once', async () => {
      const proof = app.proof('GET', '/me', app.accessToken);
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.send('GET', '/me', { proof })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    });

    it('by its time alone, is refused from a minute after, and from some seconds before', async () => {
      const about = (now: number) => ({ ...app.subject('GET', '/me', app.accessToken), now });
      const cases: readonly (readonly [offset: number, status: number])[] = [
        [-seconds(60), 200],
        [-seconds(61), 401],
        [seconds(5), 200],
        [seconds(6), 401],
      ];
      for (const [offset, status] of cases) {
        const proof = key.prove(about(clock.now() + offset));
        expect([offset, (await app.send('GET', '/me', { proof })).status]).toEqual([offset, status]);
      }
      expect(told()).toEqual(['iat', 'iat']);
    });
  });

  describe('a thief', () => {
    it('gets nothing by a bound token as a bearer token, on any route', async () => {
      const bearer = { Authorization: `Bearer ${app.accessToken}` };
      for (const [method, path] of [
        ['GET', '/me'],
        ['GET', '/api/me'],
        ['GET', '/auth/sessions'],
        ['POST', '/auth/logout'],
        ['POST', '/auth/logout-all'],
        ['POST', '/auth/reauthenticate'],
      ] as const) {
        const proof = { ...bearer, DPoP: app.proof(method, path, app.accessToken) };
        for (const headers of [bearer, proof]) {
          const answer = await send(host.url, method, path, { headers, ...(method === 'POST' ? { body: { json: {} } } : {}) });
          expect(errorOf(answer)).toEqual([401, 'invalid_token']);
          expect(challengeOf(answer)).toMatch(/^Bearer realm="[^"]*", error="invalid_token", /);
        }
      }
      expect(new Set(told())).toEqual(new Set(['bearer']));
      expect((await app.send('GET', '/me')).status).toBe(200);
    });

    it('gets nothing by a key of his own, and changes nothing', async () => {
      const thief = app.as(thiefsKey);
      expect(errorOf(await thief.send('GET', '/me'))).toEqual([401, 'invalid_token']);
      expect(errorOf(await thief.send('POST', '/auth/logout'))).toEqual([401, 'invalid_token']);
      expect(errorOf(await thief.refresh())).toEqual([400, 'invalid_grant']);
      expect(errorOf(await thief.refresh(app.refreshToken, null))).toEqual([400, 'invalid_grant']);
      expect(told()).toEqual(['key', 'key', 'key', 'missing']);
      expect(host.events.map(({ type }) => type)).toEqual(Array.from({ length: 4 }, () => 'dpop.refused'));
      expect((await app.refresh()).status).toBe(200);
      expect((await app.send('GET', '/me')).status).toBe(200);
    });

    it('with the predecessor of a refresh token cannot end the session of its owner', async () => {
      const predecessor = app.refreshToken;
      await app.refresh();
      await app.send('GET', '/me');
      clock.advance(minutes(1));
      const thief = app.as(thiefsKey);
      expect(errorOf(await thief.refresh(predecessor))).toEqual([400, 'invalid_grant']);
      expect(errorOf(await thief.refresh(predecessor, null))).toEqual([400, 'invalid_grant']);
      expect((await app.refresh()).status).toBe(200);
      expect(errorOf(await app.refresh(predecessor))).toEqual([400, 'invalid_grant']); // by the key itself it is reuse
      expect(host.events.map(({ type }) => type)).toContain('refresh.reused');
    });

    it('learns nothing of a token by a proof that is broken', async () => {
      const broken = key.prove(app.subject('POST', '/oauth/token'), { signedBy: thiefsKey });
      const [dead, live] = [await app.refresh('guess', broken), await app.refresh(app.refreshToken, broken)];
      expect([dead.status, dead.text]).toEqual([live.status, live.text]);
    });

    it('uses up no proof of the owner with a jti that he has seen', async () => {
      const jti = 'seen on the way';
      const own = key.prove(app.subject('GET', '/me', app.accessToken), { claims: { jti } });
      const thief = app.as(thiefsKey);
      await thief.login('ada', PASSWORD);
      const copy = thiefsKey.prove(thief.subject('GET', '/me', thief.accessToken), { claims: { jti } });
      expect((await thief.send('GET', '/me', { proof: copy })).status).toBe(200);
      expect((await app.send('GET', '/me', { proof: own })).status).toBe(200);
    });
  });

  describe('beside bearer tokens', () => {
    it('a token that is bound to no key is refused under the DPoP scheme, also by who brings a good proof', async () => {
      const plain = new ApiClient(host.url);
      expect((await plain.login('ada', PASSWORD)).body['token_type']).toBe('Bearer');
      const answer = await app.send('GET', '/me', { token: plain.accessToken });
      expect(errorOf(answer)).toEqual([401, 'invalid_token']);
      expect(challengeOf(answer)).toMatch(/^DPoP realm="[^"]*", algs="[^"]*", error="invalid_token", /);
      expect(told()).toEqual(['unbound']);
      expect((await plain.send('GET', '/me')).status).toBe(200);
    });

    it('a session that was opened without a key stays so, whatever comes with a refresh', async () => {
      const plain = new ApiClient(host.url);
      await plain.login('ada', PASSWORD);
      const refreshed = await app.as().refresh(plain.refreshToken);
      expect([refreshed.status, refreshed.body['token_type']]).toEqual([200, 'Bearer']);
      expect(decodeJwt(textOf(refreshed, 'access_token'))).not.toHaveProperty('cnf');
      const broken = key.prove(app.subject('POST', '/oauth/token'), { signedBy: thiefsKey });
      expect(errorOf(await app.as().refresh(plain.refreshToken, broken))).toEqual([400, 'invalid_dpop_proof']);
    });

    it('both schemes in one request are refused, in one header or in two', async () => {
      const dpop = `DPoP ${app.accessToken}`;
      const proof = () => ['DPoP', app.proof('GET', '/me', app.accessToken)] as const;
      for (const values of [
        [`Bearer ${app.accessToken}`, dpop],
        [dpop, 'Bearer x'],
        [`${dpop}, Bearer x`],
        ['Bearer x, DPoP y'],
        [dpop, dpop],
      ]) {
        const headers = values.map((value) => ['Authorization', value] as const);
        const { status, challenge } = await sendLines(host.url, 'GET', '/me', [...headers, proof()]);
        expect([status, challenge]).toEqual([400, expect.stringContaining('error="invalid_request"')]);
      }
      const [alone] = [await sendLines(host.url, 'GET', '/me', [['Authorization', dpop], proof()])];
      expect(alone?.status).toBe(200);
    });

    it('the name of the scheme may be written in any case', async () => {
      expect((await app.send('GET', '/me', { scheme: 'dpop' })).status).toBe(200);
      expect((await app.send('GET', '/me', { scheme: 'bEARER' })).status).toBe(401);
    });
  });

  describe('tokens of a page', () => {
    it('are bound to the key of a proof, and only they: the cookie is as it was', async () => {
      const browser = new Browser(host.url);
      await browser.login('ada', PASSWORD);
      const headers = { DPoP: app.proof('POST', '/auth/session/token') };
      const minted = await browser.send('POST', '/auth/session/token', undefined, headers);
      expect([minted.status, minted.body['token_type']]).toEqual([200, 'DPoP']);
      const token = textOf(minted, 'access_token');
      expect((await app.send('GET', '/me', { token })).status).toBe(200);
      expect(errorOf(await app.send('GET', '/me', { token, scheme: 'Bearer' }))).toEqual([401, 'invalid_token']);
      expect(errorOf(await app.as(thiefsKey).send('GET', '/me', { token }))).toEqual([401, 'invalid_token']);
      expect((await introspect(token)).body).toMatchObject({ token_type: 'DPoP', cnf: { jkt: key.thumbprint } });
      expect(errorOf(await browser.send('POST', '/auth/session/token', undefined, headers))).toEqual([400, 'invalid_dpop_proof']);
      const plain = textOf(await browser.send('POST', '/auth/session/token'), 'access_token');
      expect((await send(host.url, 'GET', '/me', { headers: { Authorization: `Bearer ${plain}` } })).status).toBe(200);
    });
  });

  it('while the memory of proofs is away, nothing passes, and it is no fault of the client', async () => {
    const away: typeof opened.counters = Object.create(opened.counters, {
      hit: { value: () => Promise.reject(new StoreUnavailableError()) },
    });
    const two = await start({}, { counters: away });
    const at = app.as(key, two.url);
    for (const answer of [await at.send('GET', '/me'), await at.login('ada', PASSWORD), await at.refresh()]) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect((await app.refresh()).status).toBe(200);
    await two.close();
  });

  describe('where proofs need a nonce', () => {
    let strict: HostApp;
    beforeAll(async () => {
      strict = await start({ nonces: true });
    });
    afterAll(() => strict.close());
    const nonceOf = ({ headers }: Answer) => headers.get('dpop-nonce');

    it('one is given with the refusal of a proof that has none, and with every good answer', async () => {
      const at = new BoundClient(strict.url, PUBLIC_URL, clock, key);
      const first = await at.login('ada', PASSWORD);
      expect(errorOf(first)).toEqual([400, 'use_dpop_nonce']);
      expect(nonceOf(first)).toMatch(/^[\w.-]+$/);
      for (const answer of [await at.login('ada', PASSWORD), await at.send('GET', '/me'), await at.refresh()]) {
        expect([answer.status, nonceOf(answer)]).toEqual([200, nonceOf(first)]);
      }
      at.nonce = undefined;
      const used = await at.send('GET', '/me');
      expect([errorOf(used), nonceOf(used)]).toEqual([[401, 'use_dpop_nonce'], nonceOf(first)]);
      expect(challengeOf(used)).toMatch(/^DPoP realm="[^"]*", algs="[^"]*", error="use_dpop_nonce", /);
      at.nonce = undefined;
      const refreshed = await at.refresh();
      expect([errorOf(refreshed), nonceOf(refreshed)]).toEqual([[400, 'use_dpop_nonce'], nonceOf(first)]);
      expect((await at.refresh()).status).toBe(200);
    });

    it('a login that lacks one is told so before its password is looked at', async () => {
      const at = new BoundClient(strict.url, PUBLIC_URL, clock, key);
      strict.events.length = 0;
      expect(errorOf(await at.login('ada', 'wrong'))).toEqual([400, 'use_dpop_nonce']);
      expect(strict.events.map(({ type }) => type)).toEqual(['dpop.refused']);
      expect(errorOf(await at.login('ada', 'wrong'))).toEqual([401, 'invalid_credentials']);
    });

    it('one is good for one to two minutes, on every instance with the same keys, and no other is', async () => {
      const other = await start({ nonces: true });
      const at = new BoundClient(strict.url, PUBLIC_URL, clock, key);
      await at.login('ada', PASSWORD);
      await at.login('ada', PASSWORD);
      const nonce = at.nonce;
      const there = at.as(key, other.url);
      const withNonce = async (one: string | undefined) => {
        there.nonce = one;
        return errorOf(await there.send('GET', '/me'));
      };
      expect(await withNonce(nonce)).toEqual([200, undefined]);
      clock.advance(minutes(1));
      expect(await withNonce(nonce)).toEqual([200, undefined]);
      const [, last = ''] = /(.)$/.exec(nonce ?? '') ?? [];
      for (const forged of [`${nonce}A`, nonce?.replace(/.$/, last === 'A' ? 'E' : 'A')]) {
        expect(await withNonce(forged)).toEqual([401, 'use_dpop_nonce']);
      }
      clock.advance(minutes(1));
      expect(await withNonce(nonce)).toEqual([401, 'use_dpop_nonce']);
      await other.close();
    });

    it('a proof with one is still good once, and for one thing', async () => {
      const at = new BoundClient(strict.url, PUBLIC_URL, clock, key);
      await at.login('ada', PASSWORD);
      await at.login('ada', PASSWORD);
      const proof = at.proof('GET', '/me', at.accessToken);
      expect((await at.send('GET', '/me', { proof })).status).toBe(200);
      expect(errorOf(await at.send('GET', '/me', { proof }))).toEqual([401, 'invalid_dpop_proof']);
      for (const { make } of [...brokenProofs(key, thiefsKey), ...brokenTokenProofs(key, thiefsKey)].filter(
        ({ check, name }) => check > 1 && (check !== 11 || name.startsWith('an end')),
      )) {
        const [broken] = make(at.subject('GET', '/me', at.accessToken));
        expect((await at.send('GET', '/me', { proof: broken })).status).toBe(401);
      }
    });

    it('bearer tokens and cookies hear nothing of it', async () => {
      const [plain, browser] = [new ApiClient(strict.url), new Browser(strict.url)];
      for (const answer of [await plain.login('ada', PASSWORD), await plain.send('GET', '/me'), await plain.refresh()]) {
        expect([answer.status, nonceOf(answer)]).toEqual([200, null]);
      }
      for (const answer of [await browser.login('ada', PASSWORD), await browser.send('GET', '/me')]) {
        expect([answer.status, nonceOf(answer)]).toEqual([200, null]);
      }
    });
  });

  describe('the option `dpop`', () => {
    it('off: proofs are not looked at, nothing is bound, and what was bound is not let in', async () => {
      const off = await start({ mode: 'off' });
      const at = app.as(key, off.url);
      expect(errorOf(await at.send('GET', '/me'))).toEqual([401, 'invalid_token']);
      expect(errorOf(await at.send('GET', '/me', { scheme: 'Bearer' }))).toEqual([401, 'invalid_token']);
      expect(errorOf(await at.refresh())).toEqual([400, 'invalid_grant']);
      expect((await at.login('ada', PASSWORD)).body['token_type']).toBe('Bearer');
      expect((await at.send('GET', '/me', { scheme: 'Bearer' })).status).toBe(200);
      expect(errorOf(await at.send('GET', '/me'))).toEqual([401, 'invalid_token']);
      const { body } = await send(off.url, 'GET', '/.well-known/oauth-authorization-server');
      expect(body).not.toHaveProperty('dpop_signing_alg_values_supported');
      expect(challengeOf(await send(off.url, 'GET', '/me'))).toBe(`Bearer realm="${PUBLIC_URL}"`);
      await off.close();
    });

    it('required: only bound tokens are issued and taken, cookies as before', async () => {
      const required = await start({ mode: 'required' });
      const [plain, before] = [new ApiClient(required.url), new ApiClient(host.url)];
      expect(errorOf(await plain.login('ada', PASSWORD))).toEqual([400, 'invalid_dpop_proof']);
      await before.login('ada', PASSWORD);
      expect(errorOf(await before.at(required.url).send('GET', '/me'))).toEqual([401, 'invalid_token']);
      expect(errorOf(await before.at(required.url).refresh())).toEqual([400, 'invalid_grant']);
      const at = app.as(key, required.url);
      expect((await at.send('GET', '/me')).status).toBe(200);
      expect((await at.refresh()).status).toBe(200);
      expect((await at.login('ada', PASSWORD)).status).toBe(200);
      const browser = new Browser(required.url);
      await browser.login('ada', PASSWORD);
      expect((await browser.send('GET', '/me')).status).toBe(200);
      expect(errorOf(await browser.send('POST', '/auth/session/token'))).toEqual([400, 'invalid_dpop_proof']);
      const causes = required.events.flatMap((event) => (event.type === 'dpop.refused' ? [event.cause] : []));
      expect(causes).toEqual(['missing', 'unbound', 'unbound', 'missing']);
      await required.close();
    });

    it('required of a single client: of that one alone', async () => {
      const plain = new ApiClient(host.url);
      expect(errorOf(await plain.login('ada', PASSWORD, { client_id: 'bound' }))).toEqual([400, 'invalid_dpop_proof']);
      expect((await plain.login('ada', PASSWORD, { client_id: 'mobile' })).status).toBe(200);
      const at = app.as();
      expect((await at.login('ada', PASSWORD, { client_id: 'bound' })).body['token_type']).toBe('DPoP');
      expect((await at.send('GET', '/me')).status).toBe(200);
      expect((await at.refresh(at.refreshToken, at.proof('POST', '/oauth/token'), { client_id: 'bound' })).status).toBe(200);
    });

    it('origins: a proof may name any of them, and none that is not named', async () => {
      const two = await start({ origins: ['https://api.example'] });
      const at = new BoundClient(two.url, 'https://api.example', clock, key);
      expect((await at.login('ada', PASSWORD)).status).toBe(200);
      expect((await at.send('GET', '/me')).status).toBe(200);
      expect((await at.as(key, host.url).send('GET', '/me')).status).toBe(401);
      await two.close();
    });
  });

  it('each session keeps the key that it was opened with', async () => {
    const other = app.as(thiefsKey);
    await other.login('ada', PASSWORD);
    expect(sidOf(other)).not.toBe(sidOf(app));
    expect((await other.send('GET', '/me')).status).toBe(200);
    expect((await app.send('GET', '/me')).status).toBe(200);
    expect((await other.as(key).send('GET', '/me')).status).toBe(401);
  });
});
