import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UseFilters, UseGuards } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import {
  CurrentUser,
  LiveSessions,
  RequireRoles,
  SessionErrorFilter,
  SessionGuard,
  SessionSocketAdapter,
  type AuthenticatedUser,
} from 'nestjs-hybrid-session';
import { io, type Socket } from 'socket.io-client';
import { until } from './support/app-process.js';
import { ApiClient, Browser } from './support/clients.js';
import { PUBLIC_URL } from './support/host-app.js';
import { MEETINGS, startPair, type Pair } from './support/live-hosts.js';

@WebSocketGateway({ namespace: '/live', connectionStateRecovery: {} })
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
}

@WebSocketGateway({ namespace: '/news', sessions: 'optional', connectionStateRecovery: {} })
class NewsGateway {
  @SubscribeMessage('latest')
  latest() {
    return { event: 'news', data: 'none' };
  }
}

/** A namespace of socket.io, as a host adds a middleware to it. */
interface Namespace {
  use(middleware: (socket: object, through: (error?: Error) => void) => void): unknown;
}

@WebSocketGateway({ namespace: '/slow' })
class SlowGateway {
  @WebSocketServer() namespace!: Namespace;
}

@WebSocketGateway({ namespace: '/refusing' })
class RefusingGateway {
  @WebSocketServer() namespace!: Namespace;
}

describe.each(MEETINGS)('A gateway of socket.io, on $adapter with $meeting', (meeting) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair(meeting, {
      providers: [LiveGateway, NewsGateway, SlowGateway, RefusingGateway],
      prepare: (app) => void app.useWebSocketAdapter(new SessionSocketAdapter(app, new IoAdapter(app))),
    });
  });
  afterAll(() => pair.close());

  const browser = async () => {
    const page = new Browser(pair.one.url);
    expect((await page.login('ada', 'ada-password')).status).toBe(200);
    return page;
  };
  const withCookie = ({ cookie }: Browser) => ({ extraHeaders: { Cookie: `__Host-sid=${cookie}`, Origin: PUBLIC_URL } });
  const connect = (given: object, path = '/live') =>
    io(pair.two.url + path, { transports: ['websocket'], reconnection: false, forceNew: true, ...given });
  const next = (socket: Socket, event: string) => new Promise<unknown>((resolve) => socket.once(event, resolve));
  const ask = async (socket: Socket, event: string, answer: string) => {
    const coming = next(socket, answer);
    socket.emit(event, {});
    return coming;
  };

  it('opens to the cookie, and to an access token that the client sends after the handshake', async () => {
    const phone = new ApiClient(pair.one.url);
    await phone.login('ada', 'ada-password');
    for (const given of [withCookie(await browser()), { auth: { token: phone.accessToken } }]) {
      const socket = connect(given);
      expect(await ask(socket, 'whoami', 'me')).toBe('ada');
      socket.close();
    }
  });

  it('opens to nobody else, also by polling, and says why', async () => {
    const { cookie } = await browser();
    const foreign = { extraHeaders: { Cookie: `__Host-sid=${cookie}`, Origin: 'https://evil.example' } };
    const refusals = [{}, { auth: { token: 'none' } }, foreign, { transports: ['polling'] }].map((given) =>
      next(connect(given), 'connect_error'),
    );
    const codes = (await Promise.all(refusals)).map((error) => (error as { readonly data?: unknown }).data);
    expect(codes).toMatchObject([
      { code: 'not_authenticated' },
      { code: 'invalid_token' },
      { code: 'origin_refused' },
      { code: 'not_authenticated' },
    ]);
  });

  it('closes at every instance when the session ends at one, after saying so', async () => {
    const page = await browser();
    const [socket, other] = [connect(withCookie(page)), connect(withCookie(await browser()))];
    await Promise.all([next(socket, 'connect'), next(other, 'connect')]);
    const [told, gone] = [next(socket, 'session_end'), next(socket, 'disconnect')];
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    expect([await told, await gone]).toEqual([{ why: 'session_over' }, 'io server disconnect']);
    expect(await ask(other, 'whoami', 'me')).toBe('ada');
    other.close();
  });

  it('judges again whoever comes back by connection state recovery', async () => {
    const page = await browser();
    const socket = connect(withCookie(page));
    expect(await ask(socket, 'whoami', 'me')).toBe('ada');
    const breakOff = async () => {
      const gone = next(socket, 'disconnect');
      socket.io.engine.close();
      await gone;
    };
    const comeBack = async () => {
      const outcome = Promise.race([next(socket, 'connect'), next(socket, 'connect_error')]);
      socket.connect();
      return outcome;
    };
    await breakOff();
    expect([await comeBack(), socket.recovered]).toEqual([undefined, true]);
    await breakOff();
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    expect(await comeBack()).toMatchObject({ data: { code: 'invalid_session' } });
    socket.close();
  });

  it('lets nobody through whose session ends while another middleware waits', async () => {
    const { namespace } = pair.two.app.get(SlowGateway);
    let begun: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const isWaiting = new Promise<void>((resolve) => (begun = resolve));
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    namespace.use((_socket, through) => {
      begun();
      void mayGoOn.then(() => through());
    });
    const page = await browser();
    const socket = connect(withCookie(page), '/slow');
    const gone = next(socket, 'disconnect');
    await isWaiting;
    const live = pair.two.app.get(LiveSessions);
    const { size } = live;
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    await until('the end is known', async () => live.size === size - 1);
    goOn();
    expect(await gone).toBe('io server disconnect');
  });

  it('keeps no socket in mind that another middleware refused, once its connection is gone', async () => {
    const { namespace } = pair.two.app.get(RefusingGateway);
    namespace.use((_socket, through) => through(new Error('no room')));
    const live = pair.two.app.get(LiveSessions);
    const { size } = live;
    const socket = connect(withCookie(await browser()), '/refusing');
    expect(await next(socket, 'connect_error')).toMatchObject({ message: 'no room' });
    expect(live.size).toBe(size + 1);
    socket.close();
    await until('it is forgotten', async () => live.size === size);
  });

  it('refuses a message that asks for more than the session has, and goes on', async () => {
    const socket = connect(withCookie(await browser()));
    expect(await ask(socket, 'rule', 'exception')).toMatchObject({ status: 'error', code: 'forbidden' });
    expect(await ask(socket, 'whoami', 'me')).toBe('ada');
    socket.close();
  });

  it('lets anybody in where sessions are optional', async () => {
    const socket = connect({}, '/news');
    expect(await ask(socket, 'latest', 'news')).toBe('none');
    socket.close();
  });
});
