import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
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
    expect(socket.completeWith({ close: (...why) => void closed.push(why), terminate: () => undefined })).toBe(false);
    expect(closed).toEqual([[4401, 'session_over']]);
  });

  it('is cut off after a second if its client does not answer the closing handshake', () => {
    jest.useFakeTimers();
    const done: string[] = [];
    const socket = new NativeLiveSocket(new HandshakeRequest(message()));
    socket.completeWith({ close: () => void done.push('close'), terminate: () => void done.push('terminate') });
    socket.close('session_changed');
    jest.advanceTimersByTime(999);
    expect(done).toEqual(['close']);
    jest.advanceTimersByTime(1);
    expect(done).toEqual(['close', 'terminate']);
    jest.useRealTimers();
  });

  it('is known by its client from then on, and of another client nothing is known', () => {
    const client = { close: () => undefined, terminate: () => undefined };
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
