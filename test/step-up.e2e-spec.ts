import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Controller, Get, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { decodeJwt } from 'jose';
import {
  Answers,
  CurrentSession,
  hours,
  minutes,
  RequireAcr,
  RequireRecentAuth,
  SessionGuard,
  SessionService,
  type Session,
} from 'nestjs-hybrid-session';
import { ApiClient, Browser, send, textOf, type Answer } from './support/clients.js';
import { PUBLIC_URL, signingKey, startHostApp, type HostApp } from './support/host-app.js';
import { IN_TURN, openStore, type OpenStore } from './support/stores.js';

const PASSWORD = 'correct horse';

@Controller('vault')
@UseGuards(SessionGuard)
class VaultController {
  constructor(
    private readonly sessions: SessionService,
    private readonly answers: Answers,
  ) {}

  @Get('balance')
  balance() {
    return { open: true };
  }

  @Post('pay')
  @RequireRecentAuth(minutes(2))
  pay() {
    return { open: true };
  }

  @Get('statement')
  @RequireRecentAuth(minutes(2))
  statement() {
    return { open: true };
  }

  @Get('keys')
  @RequireAcr('aal2', 'aal3')
  keys() {
    return { open: true };
  }

  @Post('empty')
  @RequireRecentAuth(minutes(2))
  @RequireAcr('aal2')
  empty() {
    return { open: true };
  }

  /** Stands for a second factor, whose check is the host's affair. */
  @Post('second-factor')
  @HttpCode(200)
  async secondFactor(@CurrentSession() session: Session, @Res({ passthrough: true }) response: unknown) {
    const fence = await this.sessions.fence(session.userId);
    const issued = await this.sessions.reauthenticate(session, fence, { amr: ['pwd', 'otp'], acr: 'aal2' });
    return this.answers.issued(issued, response);
  }
}

describe.each(IN_TURN)('Step-up, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  let userId: string;
  let browser: Browser;
  let app: ApiClient;

  beforeAll(async () => {
    opened = await openStore(storeName);
    const options = { acrValues: ['aal1', 'aal2'], limit: 'unlimited' as const };
    host = await startHostApp({ adapter, store: opened.store, controllers: [VaultController], options });
    userId = host.accounts.add('ada', PASSWORD);
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });
  beforeEach(async () => {
    browser = new Browser(host.url);
    app = new ApiClient(host.url);
    await browser.login('ada', PASSWORD);
    await app.login('ada', PASSWORD);
  });

  const password = { json: { password: PASSWORD } };
  const sidOf = ({ body }: Answer) => body['sid'];
  const challengeOf = (answer: Answer) => answer.headers.get('www-authenticate');
  const problemOf = ({ status, body }: Answer) => ({
    status,
    code: body['code'],
    max_age: body['max_age'],
    acr_values: body['acr_values'],
  });
  const insufficient = { status: 401, code: 'insufficient_user_authentication', max_age: undefined, acr_values: undefined };

  it('a session is asked to prove itself again when that is too long ago, by cookie and by token alike', async () => {
    host.clock.advance(minutes(2));
    expect((await browser.send('POST', '/vault/pay')).status).toBe(201);
    expect((await app.send('POST', '/vault/pay')).status).toBe(201);
    host.clock.advance(1);
    const [byCookie, byToken] = [await browser.send('POST', '/vault/pay'), await app.send('POST', '/vault/pay')];
    for (const answer of [byCookie, byToken]) expect(problemOf(answer)).toEqual({ ...insufficient, max_age: 120 });
    expect(challengeOf(byCookie)).toBeNull();
    expect(challengeOf(byToken)).toBe(
      `Bearer realm="${PUBLIC_URL}", error="insufficient_user_authentication", ` +
        'error_description="This needs an authentication not older than 120 s: re-authenticate and try again.", max_age="120"',
    );
    expect(byCookie.headers.getSetCookie()).toEqual([]);
    expect((await browser.send('GET', '/vault/balance')).status).toBe(200); // the session itself is as good as before
  });

  it('a re-authentication opens the way, with a new secret; the old one is dead at once (browser)', async () => {
    host.clock.advance(minutes(3));
    const old = new Browser(host.url);
    [old.cookie, old.csrfToken] = [browser.cookie, browser.csrfToken];
    const oldToken = textOf(await browser.send('POST', '/auth/session/token'), 'access_token');
    expect((await browser.send('POST', '/auth/reauthenticate', password)).status).toBe(200);
    expect((await browser.send('POST', '/vault/pay')).status).toBe(201);
    expect((await old.send('GET', '/vault/balance')).status).toBe(401);
    expect((await app.send('GET', '/vault/balance', undefined, oldToken)).status).toBe(401);
    const mixed = browser.at(host.url);
    mixed.csrfToken = old.csrfToken;
    expect((await mixed.send('POST', '/vault/pay')).status).toBe(403);
  });

  it('a re-authentication opens the way, with new tokens; the old ones are dead at once (api)', async () => {
    host.clock.advance(minutes(3));
    const old = app.at(host.url);
    app.keep(await app.send('POST', '/auth/reauthenticate', password));
    expect((await app.send('POST', '/vault/pay')).status).toBe(201);
    expect((await old.send('GET', '/vault/balance')).status).toBe(401);
    const refused = await old.refresh();
    expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_grant']);
    expect((await app.refresh()).status).toBe(200); // replaced on purpose is no theft
  });

  it('a wrong password opens nothing, and leaves the session as it was', async () => {
    host.clock.advance(minutes(3));
    const wrong = { json: { password: 'wrong' } };
    expect((await browser.send('POST', '/auth/reauthenticate', wrong)).status).toBe(401);
    expect((await browser.send('POST', '/vault/pay')).status).toBe(401);
    expect((await browser.send('GET', '/vault/balance')).status).toBe(200);
  });

  it('no refresh makes an authentication younger', async () => {
    const loggedInAt = decodeJwt(app.accessToken)['auth_time'];
    for (let i = 0; i < 3; i += 1) {
      host.clock.advance(minutes(1));
      expect((await app.refresh()).status).toBe(200);
      expect(decodeJwt(app.accessToken)).toMatchObject({ auth_time: loggedInAt, acr: 'aal1' });
    }
    expect((await app.send('POST', '/vault/pay')).status).toBe(401);
    app.keep(await app.send('POST', '/auth/reauthenticate', password));
    expect(decodeJwt(app.accessToken)['auth_time']).toBe(Number(loggedInAt) + 180);
  });

  it('a route can ask for a class of authentication, the preferred first', async () => {
    const [byCookie, byToken] = [await browser.send('GET', '/vault/keys'), await app.send('GET', '/vault/keys')];
    for (const answer of [byCookie, byToken]) expect(problemOf(answer)).toEqual({ ...insufficient, acr_values: 'aal2 aal3' });
    expect(challengeOf(byCookie)).toBeNull();
    expect(challengeOf(byToken)).toMatch(/error="insufficient_user_authentication", .*, acr_values="aal2 aal3"$/);
    await browser.send('POST', '/vault/second-factor');
    app.keep(await app.send('POST', '/vault/second-factor'));
    expect((await browser.send('GET', '/vault/keys')).status).toBe(200);
    expect((await app.send('GET', '/vault/keys')).status).toBe(200);
    expect(decodeJwt(app.accessToken)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp'] });
    expect((await app.refresh()).status).toBe(200);
    expect((await app.send('GET', '/vault/keys')).status).toBe(200);
  });

  it('a password alone does not keep the class that a second factor gave', async () => {
    app.keep(await app.send('POST', '/vault/second-factor'));
    app.keep(await app.send('POST', '/auth/reauthenticate', password));
    expect((await app.send('GET', '/vault/keys')).status).toBe(401);
  });

  it('a route can ask for both, and names both whichever is missing', async () => {
    const both = { ...insufficient, max_age: 120, acr_values: 'aal2' };
    expect(problemOf(await app.send('POST', '/vault/empty'))).toEqual(both);
    app.keep(await app.send('POST', '/vault/second-factor'));
    expect((await app.send('POST', '/vault/empty')).status).toBe(201);
    host.clock.advance(minutes(2) + 1);
    const late = await app.send('POST', '/vault/empty');
    expect(problemOf(late)).toEqual(both);
    expect(challengeOf(late)).toMatch(/, acr_values="aal2", max_age="120"$/);
  });

  it('every refusal is told once, with the demand that was not met and the route', async () => {
    host.clock.advance(minutes(3));
    host.events.length = 0;
    await browser.send('POST', '/vault/pay');
    await app.send('GET', '/vault/keys');
    await app.send('POST', '/vault/empty'); // neither recent nor of the class: a new proof of the same kind would not help
    await app.send('GET', '/vault/balance');
    const [web, api] = [sidOf(await browser.send('GET', '/me')), sidOf(await app.send('GET', '/me'))];
    const refused = { type: 'access.refused', at: host.clock.now(), userId, address: '127.0.0.1' };
    expect(host.events).toEqual([
      { ...refused, sessionId: web, cause: 'recency', resource: 'VaultController.pay' },
      { ...refused, sessionId: api, cause: 'acr', resource: 'VaultController.keys' },
      { ...refused, sessionId: api, cause: 'acr', resource: 'VaultController.empty' },
    ]);
  });

  it('who holds no good credential does not learn what a route demands', async () => {
    const dead = app.at(host.url);
    await app.send('POST', '/auth/logout');
    const answers = [
      await dead.send('POST', '/vault/empty'),
      await dead.send('POST', '/vault/empty', undefined, 'a.b.c'),
      await send(host.url, 'POST', '/vault/empty'),
      await send(host.url, 'POST', '/vault/empty', { headers: { Cookie: '__Host-sid=x' } }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(`${answer.text} ${challengeOf(answer)}`).not.toMatch(/insufficient|acr_values|max_age|aal2/);
    }
  });

  describe('where what only reads may be answered from a copy, and no news of the end comes', () => {
    let instances: readonly [HostApp, HostApp];

    beforeAll(async () => {
      const deaf = jest.spyOn(opened.store, 'changes').mockResolvedValue({ close: async () => undefined });
      const keys = [randomBytes(32).toString('base64url')];
      const options = { keys, signingKeys: [await signingKey()], revocation: { within: hours(1) }, acrValues: ['aal1', 'aal2'] };
      const { clock, accounts } = host;
      const given = { adapter, store: opened.store, clock, accounts, controllers: [VaultController], options };
      instances = [await startHostApp(given), await startHostApp(given)];
      deaf.mockRestore();
    });
    afterAll(async () => {
      for (const instance of instances) await instance.close();
    });

    it.each(['/vault/statement', '/vault/keys'])(
      'a session that has ended elsewhere is refused at once at GET %s',
      async (path) => {
        const [one, two] = instances;
        const [web, api] = [new Browser(one.url), new ApiClient(one.url)];
        await web.login('ada', PASSWORD);
        await api.login('ada', PASSWORD);
        for (const client of [web, api]) {
          const proven = await client.send('POST', '/vault/second-factor');
          if (client === api) api.keep(proven);
          const there = client.at(two.url);
          for (const read of [path, '/vault/balance']) expect((await there.send('GET', read)).status).toBe(200);
          await one.sessions.revoke(textOf(await client.send('GET', '/me'), 'sid'));
          expect((await there.send('GET', '/vault/balance')).status).toBe(200); // the copy
          const refused = await there.send('GET', path);
          expect([refused.status, refused.body['code']]).toEqual([401, client === web ? 'invalid_session' : 'invalid_token']);
        }
      },
    );
  });

  it('the metadata says which classes can be reached', async () => {
    const { body } = await send(host.url, 'GET', '/.well-known/oauth-authorization-server');
    expect(body['acr_values_supported']).toEqual(['aal1', 'aal2']);
  });
});

describe('@RequireAcr', () => {
  it.each([[], [''], ['aal2', 'a b'], ['"'], ['aal2\r\nX: y']])(
    'refuses at start what no challenge can carry: %j',
    (...values) => {
      expect(() => RequireAcr(...values)).toThrow(TypeError);
    },
  );
});
