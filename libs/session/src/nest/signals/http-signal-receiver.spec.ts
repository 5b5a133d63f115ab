import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpSignalReceiver } from './http-signal-receiver.js';

const DEADLINE = 300;
const LONG = 1_000_000;

describe('a delivery over HTTP', () => {
  let servers: Server[];
  beforeEach(() => {
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  const deliver = (url: string, signal = new AbortController().signal, deadline = LONG) =>
    new HttpSignalReceiver(deadline).deliver('a.b.c', { url }, signal);
  const answering = (status: number, body = '') => serve((_, response) => void response.writeHead(status).end(body));

  it.each([
    [202, '', 'accepted'],
    [202, 'thanks', 'accepted'],
    [200, '', 'accepted'],
    [204, '', 'accepted'],
    [200, '<html>log in please</html>', 'failed'],
    [201, '', 'failed'],
    [400, '{"err":"invalid_request"}', 'refused'],
    [400, '{"err":"invalid_state","description":"x"}', 'refused'],
    [400, '{"err":"authentication_failed"}', 'failed'],
    [400, '{"err":"invalid_key"}', 'failed'],
    [400, 'no', 'failed'],
    [401, '', 'failed'],
    [429, '', 'failed'],
    [500, '', 'failed'],
  ])('that is answered with %i "%s" is %s', async (status, body, outcome) => {
    expect(await deliver(await answering(status, body))).toMatchObject({ outcome });
  });

  it('repeats nothing of what a receiver says but the codes that are known', async () => {
    const answers = await Promise.all(
      ['{"err":"access_denied"}', '{"err":"a_secret"}', 'a secret'].map(async (body) => deliver(await answering(400, body))),
    );
    expect(answers).toEqual([
      { outcome: 'failed', why: 'The receiver answers 400: access_denied.' },
      { outcome: 'failed', why: 'The receiver answers 400.' },
      { outcome: 'failed', why: 'The receiver answers 400.' },
    ]);
  });

  it('is not taken elsewhere', async () => {
    const seen: string[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(202).end();
    });
    const url = await serve((_, response) => void response.writeHead(307, { location: `${elsewhere}stolen` }).end());
    expect([await deliver(url), seen]).toEqual([{ outcome: 'failed', why: 'The receiver answers 307.' }, []]);
  });

  it('reads little of an answer that never ends', async () => {
    const url = await serve((_, response) => {
      response.writeHead(400);
      const more = () => {
        while (response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    expect(await deliver(url)).toEqual({ outcome: 'failed', why: 'The receiver answers 400.' });
  });

  it('is given up when a receiver hangs, before its answer or in the middle of it', async () => {
    const silent = await serve(() => undefined);
    const halting = await serve((_, response) => void response.writeHead(200).write('x'));
    for (const url of [silent, halting])
      expect(await deliver(url, undefined, DEADLINE)).toEqual({
        outcome: 'failed',
        why: 'The receiver cannot be reached (TimeoutError).',
      });
  });

  it('is broken off when it is told so', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    expect(await deliver(url, stop.signal)).toEqual({
      outcome: 'failed',
      why: 'The receiver cannot be reached (AbortError).',
    });
  });

  it('that reaches nobody says why', async () => {
    const url = await answering(202);
    const [server] = servers.splice(0);
    await new Promise((resolve) => server?.close(resolve));
    expect(await deliver(url)).toEqual({ outcome: 'failed', why: 'The receiver cannot be reached (ECONNREFUSED).' });
  });
});
