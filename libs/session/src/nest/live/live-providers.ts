import { HandshakeRefusals } from './handshake-refusals.js';
import { LiveAnswers } from './live-answers.js';
import { LiveSockets } from './live-sockets.js';

/** What every module with session guards provides, beside a `Gatekeeper` and `LiveSessions`. */
export const LIVE = [LiveSockets, LiveAnswers, HandshakeRefusals];
