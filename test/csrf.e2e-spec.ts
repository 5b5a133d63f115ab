import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Delete, Get, Logger, Param, Patch, Post, Put, RequestMethod, UseGuards } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { CsrfExempt, MemorySessionStore, SESSION_CONTROLLERS, SessionGuard } from 'nestjs-hybrid-session';
import {
  drawn,
  everyLogin,
  everyOrigin,
  everyToken,
  OWN,
  PARTNER,
  verdictOf,
  verdictWithoutToken,
  type Case,
  type Verdict,
} from './csrf/matrix.js';
import { MatrixClient, type Outcome } from './csrf/matrix-client.js';
import { Browser, send, type Answer } from './support/clients.js';
import { ADAPTERS, startHostApp, type HostApp } from './support/host-app.js';

const REASON = 'Beacons carry no header, and only count.';
const SEED = 20_261_001;
const DRAWN = 1_000;

/** Which requests came through to a handler that changes something. */
const changed = new Set<string>();

@Controller('things')
@UseGuards(SessionGuard)
class ThingsController {
  @Get(':id')
  read(@Param('id') id: string) {
    return { id };
  }

  @Post(':id')
  make(@Param('id') id: string) {
    changed.add(id);
  }

  @Put(':id')
  replace(@Param('id') id: string) {
    changed.add(id);
  }

  @Patch(':id')
  change(@Param('id') id: string) {
    changed.add(id);
  }

  @Delete(':id')
  remove(@Param('id') id: string) {
    changed.add(id);
  }
}

@Controller('beacons')
@UseGuards(SessionGuard)
class BeaconsController {
  @Post(':id')
  @CsrfExempt(REASON)
  count(@Param('id') id: string) {
    changed.add(id);
  }
}

/** Routes of the library that take no session: what keeps other sites away from them is said at each. */
const WITHOUT_SESSION = [
  'POST /auth/login', // the rules for requests without a token, below
  'POST /auth/logout', // checks by itself, since without a live session it is no error
  'POST /auth/token', // JSON alone, and the answer is for whoever may read it
  'POST /oauth/token', // what is asked for stands in the form: no cookie is looked at
  'POST /oauth/revoke',
  'POST /oauth/global-token-revocation',
  'POST /oauth/signals/poll/:stream',
  'POST /oauth/signals/verification',
  'POST /oauth/introspect',
];

/** Every unsafe route that the library mounts, as its decorators say. */
const UNSAFE_ROUTES = SESSION_CONTROLLERS.flatMap((controller) => {
  const reflector = new Reflector();
  return new MetadataScanner().getAllMethodNames(controller.prototype).flatMap((name) => {
    const handler: unknown = controller.prototype[name];
    if (typeof handler !== 'function') return [];
    const method = RequestMethod[reflector.get<RequestMethod>(METHOD_METADATA, handler)];
    const path = `/${reflector.get<string>(PATH_METADATA, controller)}/${reflector.get<string>(PATH_METADATA, handler)}`;
    return method === undefined || method === 'GET' ? [] : [`${method} ${path}`];
  });
});

describe.each(ADAPTERS)('CSRF and origin, on %s', (adapter) => {
  let host: HostApp;
  let browser: Browser;
  let client: MatrixClient;
  let userId: string;
  let said: jest.SpiedFunction<Logger['warn']>;

  beforeAll(async () => {
    said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    host = await startHostApp({
      adapter,
      store: new MemorySessionStore(),
      controllers: [ThingsController, BeaconsController],
      options: { publicUrl: OWN, trustedOrigins: [PARTNER], limit: 'unlimited' },
    });
    userId = host.accounts.add('ada', 'correct horse');
    browser = await signedIn();
    const other = await signedIn();
    const older = browser.csrfToken;
    // Both, so that the token of the other session is of the same generation, and differs in nothing but the session.
    for (const one of [browser, other])
      expect((await one.send('POST', '/auth/reauthenticate', { json: { password: 'correct horse' } })).status).toBe(200);
    const tokens = { right: browser.csrfToken, older, others: other.csrfToken };
    client = new MatrixClient(host.url, browser.cookie, tokens);
  });
  afterAll(async () => {
    await client.close();
    await host.close();
    said.mockRestore();
  });

  const signedIn = async () => {
    const one = new Browser(host.url);
    expect((await one.login('ada', 'correct horse')).status).toBe(200);
    return one;
  };

  /** Sends every request to a route; answers with those whose fate is not the one that the rules state, and with every fate there was. */
  async function judged(cases: readonly Case[], path: string, rule: typeof verdictOf) {
    changed.clear();
    const outcomes = await client.sendAll(cases, (i) => `${path}/${i}`);
    const fates = cases.map((one, i) => ({
      expected: rule(one, adapter),
      came: fateOf(outcomes[i], changed.has(String(i))),
      one,
    }));
    return { strays: fates.filter(({ expected, came }) => came !== expected), fates: new Set(fates.map(({ came }) => came)) };
  }

  const unread = adapter === 'fastify' ? ['unread'] : [];

  it('an unsafe request is judged by its Origin, else by Sec-Fetch-Site, else by Referer: every combination of them', async () => {
    const { strays, fates } = await judged(everyOrigin(), '/things', verdictOf);
    expect(strays).toEqual([]);
    expect(fates).toEqual(new Set(['passes', 'origin_refused']));
  });

  it('the token counts in the header, and in a form field from our own pages: every content type, every token, in every place', async () => {
    const { strays, fates } = await judged(everyToken(), '/things', verdictOf);
    expect(strays).toEqual([]);
    expect(fates).toEqual(new Set(['passes', 'origin_refused', 'csrf_refused', ...unread]));
  });

  it('the rules hold for requests drawn from the whole matrix, whatever method they pretend to have', async () => {
    const { strays, fates } = await judged(drawn(DRAWN, SEED), '/things', verdictOf);
    expect(strays).toEqual([]);
    expect(fates).toEqual(new Set(['read', 'passes', 'origin_refused', 'csrf_refused', ...unread]));
  });

  it('a route with @CsrfExempt needs no token, but an origin as a login does, and each start says which it is and why', async () => {
    const cases = drawn(DRAWN, SEED).flatMap((one) => (one.method === 'POST' ? [one] : []));
    const { strays, fates } = await judged(cases, '/beacons', verdictWithoutToken);
    expect(strays).toEqual([]);
    expect(fates).toEqual(new Set(['passes', 'origin_refused', ...unread]));
    expect(said.mock.calls.map(([line]) => line)).toContain(`No CSRF token is asked for by BeaconsController.count: ${REASON}`);
    expect(() => CsrfExempt(' ')).toThrow('say why');
  });

  it('another site can log nobody in: no session is opened, and no cookie set', async () => {
    const cases = everyLogin();
    const stranger = new MatrixClient(host.url, '', { right: '', older: '', others: '' });
    const before = (await host.sessions.list(userId)).length;
    const outcomes = await stranger.sendAll(cases, () => '/auth/login', { username: 'ada', password: 'correct horse' });
    await stranger.close();
    const fates = cases.map((one, i) => {
      const { status, code, setsCookie } = outcomes[i] ?? { status: 0, code: undefined, setsCookie: false };
      const came = setsCookie ? (status === (one.content.isForm ? 303 : 200) ? 'passes' : status) : (code ?? status);
      return { expected: verdictWithoutToken(one, adapter), came, one };
    });
    expect(fates.filter(({ expected, came }) => came !== expected)).toEqual([]);
    const opened = fates.filter(({ came }) => came === 'passes').length;
    expect(opened).toBeGreaterThan(0);
    expect((await host.sessions.list(userId)).length).toBe(before + opened);
  });

  it('every unsafe route of the library asks for the token, and refuses another site that has it', async () => {
    const one = await signedIn();
    const routes = UNSAFE_ROUTES.filter((route) => !WITHOUT_SESSION.includes(route) || route === 'POST /auth/logout');
    expect(UNSAFE_ROUTES).toEqual(expect.arrayContaining(WITHOUT_SESSION));
    expect(routes.length).toBeGreaterThan(5);
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      const refused = async (headers: Record<string, string>) => {
        const answer = await send(host.url, method, path, { headers: { Cookie: `__Host-sid=${one.cookie}`, ...headers } });
        return [route, answer.status, answer.body['code'], answer.headers.get('set-cookie')];
      };
      expect(await refused({})).toEqual([route, 403, 'csrf_refused', null]);
      const stolen = { 'X-CSRF-Token': one.csrfToken };
      expect(await refused({ ...stolen, Origin: 'https://evil.example' })).toEqual([route, 403, 'origin_refused', null]);
      expect(await refused({ ...stolen, 'Sec-Fetch-Site': 'same-site' })).toEqual([route, 403, 'origin_refused', null]);
    }
    expect((await one.send('GET', '/me')).status).toBe(200);
  });

  it('another site logs nobody out: without the cookie that SameSite kept back, it has none cleared, nor what the site stored', async () => {
    const toldBy = ({ status, body, headers }: Answer) => ({
      status,
      code: body['code'],
      cookies: headers.getSetCookie(),
      clears: headers.get('clear-site-data'),
    });
    const foreign: readonly Record<string, string>[] = [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Referer: 'https://evil.example/page' },
    ];
    for (const headers of foreign) {
      // As a form sends it, or a script.
      for (const body of [undefined, { form: { a: 'b' } }]) {
        const answer = await send(host.url, 'POST', '/auth/logout', { headers, ...(body ? { body } : {}) });
        expect([headers, toldBy(answer)]).toEqual([headers, { status: 403, code: 'origin_refused', cookies: [], clears: null }]);
      }
    }
    const own = await send(host.url, 'POST', '/auth/logout', { headers: { Origin: OWN } });
    expect(toldBy(own)).toEqual({
      status: 204,
      code: undefined,
      cookies: [expect.stringMatching(/^__Host-sid=; Max-Age=0;/)],
      clears: '"cache","storage"',
    });
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])(
    '%s changes nothing on any route of the library, whatever method it pretends to have',
    async (method) => {
      const one = await signedIn();
      const before = await host.sessions.list(userId);
      for (const path of new Set(UNSAFE_ROUTES.map((route) => route.split(' ')[1] ?? ''))) {
        for (const pretended of ['POST', 'DELETE']) {
          const headers = { 'X-HTTP-Method-Override': pretended, 'X-HTTP-Method': pretended, 'X-Method-Override': pretended };
          const answer = await one.send(method, `${path}?_method=${pretended}`, undefined, { ...headers, Origin: OWN });
          expect([path, answer.headers.get('set-cookie'), answer.headers.get('clear-site-data')]).toEqual([path, null, null]);
        }
      }
      expect((await one.send('GET', '/me')).status).toBe(200);
      expect((await host.sessions.list(userId)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    },
  );

  it('a cookie that a sibling host tossed in neither acts beside the own one, nor with a token of the own session', async () => {
    const [own, tossed] = [await signedIn(), await signedIn()];
    const patch = (cookies: readonly string[]) =>
      send(host.url, 'PATCH', '/things/tossed', {
        headers: { Cookie: cookies.map((value) => `__Host-sid=${value}`).join('; '), 'X-CSRF-Token': own.csrfToken, Origin: OWN },
      });
    changed.clear();
    expect((await patch([tossed.cookie, own.cookie])).status).toBe(401);
    expect((await patch([own.cookie, tossed.cookie])).status).toBe(401);
    expect((await patch([tossed.cookie])).body['code']).toBe('csrf_refused');
    expect(changed.size).toBe(0);
    expect((await patch([own.cookie])).status).toBe(200);
  });
});

/** What an answer, and what it left behind, amount to. */
function fateOf(outcome: Outcome | undefined, hasChanged: boolean): Verdict | 'a wrong answer' {
  const { status = 0, code } = outcome ?? {};
  if (hasChanged) return status === 200 || status === 201 ? 'passes' : 'a wrong answer';
  if (status === 415) return 'unread';
  if (status === 403 && (code === 'origin_refused' || code === 'csrf_refused')) return code;
  return status === 200 || status === 404 ? 'read' : 'a wrong answer';
}
