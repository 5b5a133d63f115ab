import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { UseFilters, UseGuards } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  CookieGuard,
  CurrentUser,
  LiveSessions,
  MemoryCounters,
  MemorySessionStore,
  RequireRoles,
  SessionErrorFilter,
  SessionGuard,
  SessionSocketAdapter,
  StoreUnavailableError,
  minutes,
  type AuthenticatedUser,
} from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { until } from './support/app-process.js';
import { ApiClient, Browser } from './support/clients.js';
import { DeafSocket } from './support/deaf-socket.js';
import { PUBLIC_URL } from './support/host-app.js';
import { MEETINGS, startPair, type Pair } from './support/live-hosts.js';
import { SocketClient } from './support/socket-client.js';

@WebSocketGateway({ path: '/live' })
@UseGuards(SessionGuard)
@UseFilters(SessionErrorFilter)
class LiveGateway {
  @SubscribeMessage('whoami')
  whoami(@CurrentUser() user: AuthenticatedUser) {
    return { event: 'me', data: user.username };
  }

  @SubscribeMessage('rule')
  @RequireRoles('ruler')
  rule() {
    return { event: 'ruled', data: true };
  }

  @SubscribeMessage('browse')
  @UseGuards(CookieGuard)
  browse() {
    return { event: 'browsed', data: true };
  }
}

@WebSocketGateway({ path: '/news', sessions: 'optional' })
@UseFilters(SessionErrorFilter)
class NewsGateway {
  @SubscribeMessage('latest')
  latest() {
    return { event: 'news', data: 'none' };
  }

  @SubscribeMessage('mine')
  @UseGuards(SessionGuard)
  mine(@CurrentUser() user: AuthenticatedUser) {
    return { event: 'me', data: user.username };
  }
}

/** Can be away. */
class AwayStore extends MemorySessionStore {
  isAway = false;

  override async find(ids: readonly string[]) {
    if (this.isAway) throw new StoreUnavailableError();
    return super.find(ids);
  }
}

/** Guarded by the door of its server alone. */
@WebSocketGateway({ path: '/plain' })
class PlainGateway {
  readonly got: unknown[] = [];

  @SubscribeMessage('tell')
  tell(@MessageBody() what: unknown) {
    this.got.push(what);
  }
}

/** Beside one that wants a session: in either order the server that they share is shut to strangers. */
@WebSocketGateway({ path: '/shared', sessions: 'optional' })
class FirstGateway {}

@WebSocketGateway({ path: 'shared/' })
class SecondGateway {}

describe.each(MEETINGS)('A WebSocket gateway, on $adapter with $meeting', (meeting) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair(meeting, {
      providers: [LiveGateway, NewsGateway, PlainGateway, FirstGateway, SecondGateway],
      prepare: (app) => void app.useWebSocketAdapter(new SessionSocketAdapter(app, new WsAdapter(app))),
    });
  });
  afterAll(() => pair.close());

  const browser = async (name = 'ada') => {
    const one = new Browser(pair.one.url);
    expect((await one.login(name, `${name}-password`)).status).toBe(200);
    return one;
  };
  const app = async (name = 'ada') => {
    const one = new ApiClient(pair.one.url);
    expect((await one.login(name, `${name}-password`)).status).toBe(200);
    return one;
  };
  /** At the other instance than the one that the login was at. */
  const connect = (headers: Record<string, string>, path = '/live') => SocketClient.open(pair.two.url, path, headers);
  const withCookie = ({ cookie }: Browser) => ({ Cookie: `__Host-sid=${cookie}`, Origin: PUBLIC_URL });
  const withToken = ({ accessToken }: ApiClient) => ({ Authorization: `Bearer ${accessToken}` });

  it('opens to the cookie of a page of ours, and to an access token, and knows who it is', async () => {
    for (const headers of [withCookie(await browser()), withToken(await app())]) {
      const socket = await connect(headers);
      expect(await socket.ask('whoami')).toEqual({ event: 'me', data: 'ada' });
      await socket.close();
    }
  });

  it('opens to nobody else, and says by the status why', async () => {
    const { cookie } = await browser();
    const own = `__Host-sid=${cookie}`;
    const { accessToken } = await app();
    const statuses = await Promise.all([
      SocketClient.refusal(pair.two.url, '/live', {}),
      SocketClient.refusal(pair.two.url, '/live', { Cookie: `${own}x`, Origin: PUBLIC_URL }),
      SocketClient.refusal(pair.two.url, '/live', { Authorization: 'Bearer none' }),
      SocketClient.refusal(pair.two.url, `/live?access_token=${accessToken}`, {}),
      SocketClient.refusal(pair.two.url, '/live', { Cookie: own, Origin: 'https://evil.example' }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 401, 403]);
    expect(statuses[0]?.headers['www-authenticate']).toContain('Bearer realm=');
    expect(statuses[2]?.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('closes at every instance when the session ends at one', async () => {
    const [page, phone, other] = [await browser(), await app(), await browser('bob')];
    const sockets = [await connect(withCookie(page)), await connect(withToken(phone)), await connect(withCookie(other))];
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    expect(await sockets[0]?.closed).toEqual({ code: 4401, reason: 'session_over' });
    expect((await phone.send('POST', '/auth/logout-all')).status).toBe(200);
    expect(await sockets[1]?.closed).toEqual({ code: 4401, reason: 'session_over' });
    expect(await sockets[2]?.ask('whoami')).toEqual({ event: 'me', data: 'bob' });
    await sockets[2]?.close();
  });

  it('closes at a new password: the session that changed it connects again with its new cookie, the others do not', async () => {
    const [mine, lost] = [await browser('cleo'), await browser('cleo')];
    const [first, second] = [await connect(withCookie(mine)), await connect(withCookie(lost))];
    const change = { json: { currentPassword: 'cleo-password', newPassword: 'another-password' } };
    expect((await mine.send('POST', '/auth/password', change)).status).toBe(200);
    expect(await first.closed).toEqual({ code: 4403, reason: 'session_changed' });
    expect(await second.closed).toEqual({ code: 4401, reason: 'session_over' });
    const again = await connect(withCookie(mine));
    expect(await again.ask('whoami')).toEqual({ event: 'me', data: 'cleo' });
    await again.close();
    expect((await SocketClient.refusal(pair.two.url, '/live', withCookie(lost))).status).toBe(401);
  });

  it('closes when the roles of the user change, who is then what he is now', async () => {
    const dora = await browser('dora');
    const socket = await connect(withCookie(dora));
    expect(await socket.ask('rule')).toMatchObject({ event: 'exception', data: { status: 'error', code: 'forbidden' } });
    const { userId } = await pair.one.sessions.authenticateCookie(dora.cookie, { address: '', userAgent: '' });
    await pair.one.sessions.setPrincipal(userId, { username: 'dora', roles: ['ruler'] });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'session_changed' });
    const again = await connect(withCookie(dora));
    expect(await again.ask('rule')).toEqual({ event: 'ruled', data: true });
    await again.close();
  });

  it('tells the audit trail of each message that somebody sends in the place of a user', async () => {
    const own = await pair.one.sessions.authenticateCookie((await browser()).cookie, { address: '', userAgent: '' });
    const [userId, principal, client] = ['dora', { username: 'dora', roles: [] }, { address: '', userAgent: '' }];
    const fence = await pair.one.sessions.fence(userId);
    const { token } = await pair.one.sessions.impersonate(own, { userId, principal, fence, client });
    const socket = await connect({ Authorization: `Bearer ${token}` });
    for (const _ of [1, 2]) expect(await socket.ask('whoami')).toEqual({ event: 'me', data: 'dora' });
    await socket.close();
    const acted = pair.two.events.flatMap((event) => (event.type === 'impersonation.acted' ? [event.resource] : []));
    expect(acted).toEqual(['LiveGateway.whoami', 'LiveGateway.whoami']);
  });

  it('asks of each message what it asks of a request: CookieGuard takes no token', async () => {
    const [page, phone] = [await connect(withCookie(await browser())), await connect(withToken(await app()))];
    expect(await page.ask('browse')).toEqual({ event: 'browsed', data: true });
    expect(await phone.ask('browse')).toMatchObject({ event: 'exception', data: { code: 'not_authenticated' } });
    await Promise.all([page.close(), phone.close()]);
  });

  it('lets anybody in where sessions are optional, but to nothing that is guarded; a bad credential stays one', async () => {
    const [nobody, user] = [await connect({}, '/news'), await connect(withCookie(await browser()), '/news')];
    expect(await nobody.ask('latest')).toEqual({ event: 'news', data: 'none' });
    expect(await nobody.ask('mine')).toMatchObject({ event: 'exception', data: { code: 'not_authenticated' } });
    expect(await user.ask('mine')).toEqual({ event: 'me', data: 'ada' });
    await Promise.all([nobody.close(), user.close()]);
    expect((await SocketClient.refusal(pair.two.url, '/news', { Authorization: 'Bearer none' })).status).toBe(401);
  });

  it('hands over nothing more from a socket whose session has ended, and gives up one that answers no closing handshake', async () => {
    const page = await browser();
    const deaf = await DeafSocket.open(pair.two.url, '/plain', withCookie(page));
    const { got } = pair.two.app.get(PlainGateway);
    const before = got.length;
    deaf.send({ event: 'tell', data: 'before' });
    await until('it is heard', async () => got.length === before + 1);
    const live = pair.two.app.get(LiveSessions);
    const { size } = live;
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    await until('the end is known', async () => live.size === size - 1);
    deaf.send({ event: 'tell', data: 'after' });
    await deaf.closed;
    expect(got.slice(before)).toEqual(['before']);
  });

  it('keeps no socket in mind whose client is gone before it is let in', async () => {
    const page = await browser();
    const live = pair.two.app.get(LiveSessions);
    const { size } = live;
    const sessions = jest.spyOn(pair.two.sessions, 'authenticateCookie');
    for (let round = 0; round < 20; round++) {
      const socket = SocketClient.unopened(pair.two.url, '/live', withCookie(page));
      await until('it is judged', async () => sessions.mock.calls.length > round);
      socket.terminate();
    }
    await Promise.allSettled(sessions.mock.results.map(({ value }) => value as Promise<unknown>));
    await until('all are forgotten', async () => live.size === size);
    expect(sessions.mock.calls.length).toBe(20);
    sessions.mockRestore();
  });

  it('is shut to strangers if one of the gateways on its server is', async () => {
    expect((await SocketClient.refusal(pair.two.url, '/shared', {})).status).toBe(401);
    const other = await startPair(meeting, {
      providers: [SecondGateway, FirstGateway],
      prepare: (host) => void host.useWebSocketAdapter(new SessionSocketAdapter(host, new WsAdapter(host))),
    });
    expect((await SocketClient.refusal(other.one.url, '/shared', {})).status).toBe(401);
    await other.close();
  });

  it('closes with the access token that opened it: whoever holds the session connects again with the next', async () => {
    const clock = new FakeClock();
    const own = await startPair(meeting, {
      providers: [LiveGateway],
      clock,
      productionClock: false,
      options: { liveWithin: 1_000 },
      prepare: (host) => void host.useWebSocketAdapter(new SessionSocketAdapter(host, new WsAdapter(host))),
    });
    const short = new ApiClient(own.one.url);
    expect((await short.login('ada', 'ada-password')).status).toBe(200);
    const socket = await SocketClient.open(own.one.url, '/live', withToken(short));
    clock.advance(minutes(10));
    expect(await socket.closed).toEqual({ code: 4403, reason: 'token_expired' });
    await short.refresh();
    const again = await SocketClient.open(own.one.url, '/live', withToken(short));
    expect(await again.ask('whoami')).toEqual({ event: 'me', data: 'ada' });
    await again.close();
    await own.close();
  });

  it('forgets a socket that its client has closed', async () => {
    const { size } = pair.two.app.get(LiveSessions);
    const socket = await connect(withCookie(await browser()));
    expect(pair.two.app.get(LiveSessions).size).toBe(size + 1);
    await socket.close();
    await until('it is forgotten', async () => pair.two.app.get(LiveSessions).size === size);
  });

  it('says 503 to a handshake while the store is away, and keeps the sockets it has for as long as the bound allows', async () => {
    const store = new AwayStore();
    const own = await startPair(meeting, {
      providers: [LiveGateway],
      store,
      counters: new MemoryCounters(),
      options: { liveWithin: 1_000 },
      prepare: (host) => void host.useWebSocketAdapter(new SessionSocketAdapter(host, new WsAdapter(host))),
    });
    const page = new Browser(own.one.url);
    await page.login('ada', 'ada-password');
    const socket = await SocketClient.open(own.one.url, '/live', withCookie(page));
    store.isAway = true;
    const refused = await SocketClient.refusal(own.one.url, '/live', withCookie(page));
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(await socket.closed).toEqual({ code: 1013, reason: 'store_unavailable' });
    store.isAway = false;
    await own.close();
  });

  it('tells its sockets to come again when the instance stops', async () => {
    const own = await startPair(meeting, {
      providers: [LiveGateway],
      prepare: (host) => void host.useWebSocketAdapter(new SessionSocketAdapter(host, new WsAdapter(host))),
    });
    const page = new Browser(own.one.url);
    await page.login('ada', 'ada-password');
    const socket = await SocketClient.open(own.one.url, '/live', withCookie(page));
    await own.close();
    expect(await socket.closed).toEqual({ code: 1001, reason: 'going_away' });
  });
});
