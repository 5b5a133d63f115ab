import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { BACKENDS_IN_TURN } from '../support/backends.js';
import { ApiClient, Browser, textOf } from '../support/clients.js';
import { OpenAnswer } from '../support/open-answer.js';
import { startTwo, type TwoProcesses } from '../support/two-processes.js';

describe.each(BACKENDS_IN_TURN)('The stream of the console, two processes on $name, on $adapter', ({ adapter, backend }) => {
  let one: AppProcess;
  let two: AppProcess;
  let stop: TwoProcesses['stop'];

  beforeAll(async () => {
    ({ one, two, stop } = await startTwo(backend, { HTTP_ADAPTER: adapter, MAX_SESSIONS: '20' }));
  }, 60_000);
  afterAll(async () => {
    expect(await stop()).toEqual([0, 0]);
  });

  const operator = async () => {
    const browser = new Browser(one.url);
    expect((await browser.login('admin', 'admin-password')).status).toBe(200);
    return browser;
  };
  const listen = ({ cookie }: Browser, query = '', more: Record<string, string> = {}) =>
    OpenAnswer.to(`${two.url}/admin/live${query}`, { Cookie: `__Host-sid=${cookie}`, ...more });
  const logIn = async () => {
    const browser = new Browser(one.url);
    await browser.login('ada', 'ada-password');
    const me = await browser.send('GET', '/me');
    return { sid: textOf(me, 'sid'), userId: textOf(me, 'sub') };
  };

  it('tells at one what happened at the other, with people by their names', async () => {
    const stream = await listen(await operator());
    expect([stream.status, stream.type]).toEqual([200, 'text/event-stream']);
    await stream.until('event: pulse');
    const { sid, userId } = await logIn();
    expect(await stream.until(`"text":"${sid}","href":"/console/sessions/${sid}"`)).toBe(true);
    expect(await stream.until(`"text":"ada","href":"/console/people/${userId}"`)).toBe(true);
    stream.abort();
  });

  it('tells the figures of all instances when they have changed', async () => {
    const stream = await listen(await operator(), '?span=hour');
    await logIn();
    expect(await stream.until('event: figures')).toBe(true);
    expect(await stream.until('"title":"Active sessions","from":"all"')).toBe(true);
    stream.abort();
  });

  it('goes on where a browser that comes again has left it, and tells only what was asked for', async () => {
    const root = await operator();
    const [first, second] = [await logIn(), await logIn()];
    const all = await listen(root, '?after=0&type=session.opened');
    await all.until(second.sid);
    const place = all.idOf(first.sid);
    all.abort();
    const again = await listen(root, '?after=0&type=session.opened', { 'Last-Event-ID': place });
    expect(await again.until(second.sid)).toBe(true);
    expect(again.has(first.sid)).toBe(false);
    expect(again.has('login.succeeded')).toBe(false);
    again.abort();
  });

  it('ends at every instance when the session of the operator does, and that of nobody else; who comes again is refused', async () => {
    const [root, other] = [await operator(), await operator()];
    const [stream, lasting] = [await listen(root), await listen(other)];
    await Promise.all([stream.until('event: pulse'), lasting.until('event: pulse')]);
    expect((await root.send('POST', '/auth/logout')).status).toBe(204);
    await stream.ended;
    expect(lasting.hasEnded).toBe(false);
    lasting.abort();
    expect((await listen(root)).status).toBe(401);
    expect((await root.at(two.url).send('GET', '/admin/live/permission')).status).toBe(401);
  });

  it('is open ten times for a session at the most: the eleventh tells and ends the first, and that of nobody else', async () => {
    const [root, other] = [await operator(), await operator()];
    const lasting = await listen(other);
    const streams = [await listen(root)];
    while (streams.length < 11) {
      await streams.at(-1)?.until('event: pulse');
      streams.push(await listen(root));
    }
    const [first, ...more] = streams;
    expect(await first?.until('event: displaced')).toBe(true);
    await first?.ended;
    const { sid } = await logIn();
    for (const stream of [...more, lasting]) {
      expect(await stream.until(sid)).toBe(true);
      stream.abort();
    }
  });

  it('ends when the operator is none any more, and he is not let in again', async () => {
    const root = await operator();
    const json = { username: 'second', password: 'second-password', roles: ['admin'] };
    const id = textOf(await root.send('POST', '/admin/users', { json }), 'id');
    const second = new Browser(one.url);
    await second.login('second', 'second-password');
    const stream = await listen(second);
    await stream.until('event: pulse');
    expect((await root.send('PUT', `/admin/users/${id}/roles`, { json: { roles: ['user'] } })).status).toBe(200);
    await stream.ended;
    expect((await listen(second)).status).toBe(403);
  });

  it('is for administrators alone, also with a token, and is one act of reading in the audit trail', async () => {
    const app = new ApiClient(two.url);
    await app.login('ada', 'ada-password');
    expect((await app.send('GET', '/admin/live')).status).toBe(403);
    const root = await operator();
    const stream = await listen(root, '?type=admin.audit_read');
    expect(await stream.until('admin.audit_read')).toBe(true);
    await logIn();
    const seq = stream.idOf('admin.audit_read');
    const more = await root.send('GET', `/admin/audit?type=admin.audit_read&after=${seq}`);
    expect(JSON.parse(more.text)).toEqual([]);
    stream.abort();
    const wrong = await listen(root, '?type=nothing');
    expect(wrong.status).toBe(400);
  });
});
