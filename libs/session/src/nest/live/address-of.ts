import type { IncomingMessage } from 'node:http';

/** Finds where the handshake of a socket comes from: no HTTP framework has judged what a proxy says of it. */
export type AddressOf = (handshake: IncomingMessage) => string | undefined;

/** The peer of the connection: right where no proxy stands between. */
export const peerOf: AddressOf = ({ socket }) => socket.remoteAddress;
