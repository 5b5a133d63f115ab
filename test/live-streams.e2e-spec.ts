import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Sse, UseGuards } from '@nestjs/common';
import { CurrentUser, EndsWithSession, LiveSessions, SessionGuard, type AuthenticatedUser } from 'nestjs-hybrid-session';
import { concat, NEVER, of } from 'rxjs';
import { until } from './support/app-process.js';
import { ApiClient, Browser } from './support/clients.js';
import { MEETINGS, startPair, type Pair } from './support/live-hosts.js';
import { OpenAnswer } from './support/open-answer.js';

@Controller()
@UseGuards(SessionGuard)
class StreamsController {
  @Sse('events')
  events(@CurrentUser() user: AuthenticatedUser) {
    return concat(of({ data: user.username }), NEVER);
  }

  @Get('export')
  @EndsWithSession()
  async export(): Promise<never> {
    return new Promise(() => {});
  }

  @Get('short')
  short() {
    return { done: true };
  }
}

describe.each(MEETINGS)('An answer that lasts, on $adapter with $meeting', (meeting) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair(meeting, { controllers: [StreamsController] });
  });
  afterAll(() => pair.close());

  const browser = async () => {
    const page = new Browser(pair.one.url);
    expect((await page.login('ada', 'ada-password')).status).toBe(200);
    return page;
  };
  const listen = (headers: Record<string, string>, path = '/events') => OpenAnswer.to(pair.two.url + path, headers);
  const withCookie = ({ cookie }: Browser) => ({ Cookie: `__Host-sid=${cookie}` });
  const open = () => pair.two.app.get(LiveSessions).size;

  it('streams events to whoever is signed in, and to nobody else', async () => {
    const stream = await listen(withCookie(await browser()));
    expect([stream.status, await stream.until('ada')]).toEqual([200, true]);
    stream.abort();
    const refused = await listen({});
    expect([refused.status, refused.type]).toEqual([401, 'application/problem+json; charset=utf-8']);
  });

  it('breaks off at every instance when the session ends at one, and the browser that comes again is refused', async () => {
    const page = await browser();
    const phone = new ApiClient(pair.one.url);
    await phone.login('ada', 'ada-password');
    const streams = [
      await listen(withCookie(page)),
      await listen({ Authorization: `Bearer ${phone.accessToken}` }),
      await listen(withCookie(await browser())),
    ];
    await Promise.all(streams.map((stream) => stream.until('ada')));
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    await streams[0]?.ended;
    expect((await phone.send('POST', '/auth/logout')).status).toBe(204);
    await streams[1]?.ended;
    expect(streams[2]?.hasEnded).toBe(false);
    streams[2]?.abort();
    expect((await listen(withCookie(page))).status).toBe(401);
  });

  it('breaks off also what is no stream of events, where the route says so', async () => {
    const page = await browser();
    const answer = listen(withCookie(page), '/export').catch((error: unknown) => error);
    await until('it is asked for', async () => open() === 1);
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    expect(await answer).toMatchObject({ message: 'socket hang up' });
  });

  it('is forgotten when its client goes, and short answers are not kept in mind at all', async () => {
    const page = await browser();
    const stream = await listen(withCookie(page));
    await stream.until('ada');
    expect(open()).toBe(1);
    stream.abort();
    await until('it is forgotten', async () => open() === 0);
    const { text } = await page.at(pair.two.url).send('GET', '/short');
    expect([text, open()]).toEqual(['{"done":true}', 0]);
  });

  it('holds up no stop of the instance', async () => {
    const own = await startPair(meeting, { controllers: [StreamsController] });
    const page = new Browser(own.one.url);
    await page.login('ada', 'ada-password');
    const stream = await OpenAnswer.to(`${own.one.url}/events`, withCookie(page));
    await stream.until('ada');
    await own.close();
    await stream.ended;
    expect(stream.hasEnded).toBe(true);
  });
});
