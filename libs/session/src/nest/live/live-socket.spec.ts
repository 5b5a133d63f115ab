import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { authorizationIn, HandshakeRequest } from './handshake.js';
import { liveSocketOf, NativeLiveSocket } from './live-socket.js';

/** A handshake as Node's server has it. */
function message(headers: Record<string, string> = {}): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { headers, url: '/live' });
}

describe('A WebSocket from its handshake on', () => {
  it('is closed at once, and handed to nobody, when its session ended before there was a socket', () => {
    const closed: unknown[] = [];
    const socket = new NativeLiveSocket(new HandshakeRequest(message()));
    socket.close('session_over');
    expect(socket.completeWith({ close: (...why) => void closed.push(why) })).toBe(false);
    expect(closed).toEqual([[4401, 'session_over']]);
  });

  it('is known by its client from then on, and of another client nothing is known', () => {
    const client = { close: () => undefined };
    const socket = new NativeLiveSocket(new HandshakeRequest(message()));
    expect([socket.completeWith(client), liveSocketOf(client), liveSocketOf({})]).toEqual([true, socket, undefined]);
  });
});

describe('What a client sends instead of a header', () => {
  it('counts as that header, whichever of the usual names it has', () => {
    const texts = [{ token: 'abc' }, { authorization: 'DPoP abc' }, { Authorization: 'Bearer abc' }, { token: 1 }, 'abc', null];
    expect(texts.map(authorizationIn)).toEqual(['Bearer abc', 'DPoP abc', 'Bearer abc', undefined, undefined, undefined]);
  });

  it('never replaces the header of the handshake itself', () => {
    const { headers } = new HandshakeRequest(message({ authorization: 'Bearer first' }), 'Bearer second');
    expect(headers.authorization).toBe('Bearer first');
    expect(new HandshakeRequest(message(), 'Bearer second').headers.authorization).toBe('Bearer second');
  });
});
