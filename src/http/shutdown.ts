import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';

// Milliseconds that requests under way get to finish.
const PATIENCE = 10_000;
const SWEEP = 100;

/** Stops taking requests, lets those under way finish, and closes what the application holds open. */
async function drain(app: INestApplication<Server>): Promise<void> {
  const server = app.getHttpServer();
  // A connection kept alive by its client would hold the server open for ever.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP);
  const deadline = setTimeout(() => server.closeAllConnections(), PATIENCE);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(deadline);
  }
}

/** Ends the process cleanly on SIGTERM and SIGINT; a second signal ends it at once. */
export function stopOnSignals(app: INestApplication<Server>): void {
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    drain(app).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`The shutdown failed: ${error instanceof Error ? error.stack : 'unknown error'}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
