import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can lose answers. */
export interface LossyProxy {
  readonly port: number;
  /** Lets the next request through, and breaks the connection when its answer comes back: closes it, or resets it as a crash does. */
  loseNextAnswer(how?: 'close' | 'reset'): void;
  /** How many answers were lost. */
  lost(): number;
  close(): void;
}

/** Opens a proxy to a server on this machine. */
export async function openLossyProxy(target: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  let losing: 'close' | 'reset' | undefined;
  let lost = 0;
  const proxy = createServer((client) => {
    const server = connect(target, '127.0.0.1');
    const end = () => [client, server].forEach((socket) => socket.destroy());
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.pipe(server);
    server.on('data', (answer) => {
      if (losing) {
        if (losing === 'reset') client.resetAndDestroy();
        losing = undefined;
        lost += 1;
        end();
      } else {
        client.write(answer);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return {
    port: address.port,
    loseNextAnswer: (how = 'close') => {
      losing = how;
    },
    lost: () => lost,
    close: () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
