import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { CoreUnderTest } from '../../../spec/core-under-test.js';
import type { Session } from '../../core/session.js';
import { Gatekeeper } from '../guards/gatekeeper.js';
import { peerOf } from './address-of.js';
import { HandshakeRequest } from './handshake.js';
import type { LiveSocket } from './live-socket.js';
import { LiveSockets } from './live-sockets.js';

/** Lets in whoever comes, after something else has happened. */
class Doorman extends Gatekeeper {
  readonly challenger = { realm: '', algorithms: [] };
  readonly recentAuthentication = 0;
  readonly revocation = 'strict';
  readonly addressOf = peerOf;
  readonly emit = () => undefined;

  constructor(
    readonly clock: CoreUnderTest['clock'],
    private readonly session: Session,
    private readonly meanwhile: () => void,
  ) {
    super();
  }

  override async authenticate(): Promise<Session> {
    this.meanwhile();
    return this.session;
  }

  override kindOf() {
    return 'cookie' as const;
  }

  override recheckOf() {
    return async () => this.session;
  }
}

describe('A socket that is let in', () => {
  it('is kept in mind until its client goes, also when that was before it was let in', async () => {
    const app = await CoreUnderTest.start();
    const session = await app.cookie((await app.browser()).cookie);
    let go: () => void = () => undefined;
    const socket: LiveSocket = {
      request: new HandshakeRequest(Object.assign(new IncomingMessage(new Socket()), { headers: {} })),
      hasEnded: false,
      close: () => undefined,
      onClose: (listener) => void (go = listener),
    };
    const stays = new LiveSockets(new Doorman(app.clock, session, () => undefined), app.live);
    await stays.admit(socket);
    expect(app.live.size).toBe(1);
    go();
    expect(app.live.size).toBe(0);

    const goes = new LiveSockets(new Doorman(app.clock, session, () => go()), app.live);
    await goes.admit(socket);
    expect(app.live.size).toBe(0);
  });
});
