/**
 * Cuts a connection whose answer nobody waits for any more: it must not go back to the pool with a statement under way. TypeORM
 * hands out the driver's own connection; both node-postgres and mysql2 notice that their socket is gone, fail what is under way, and
 * drop the connection from the pool.
 */
export function breakOff(connection: unknown): void {
  const socket = member(member(connection, 'connection') ?? connection, 'stream');
  const destroy = member(socket, 'destroy');
  const on = member(connection, 'on');
  // mysql2 listens for the first error only, and a second one that nobody listens for would end the process.
  if (typeof on === 'function') Reflect.apply(on, connection, ['error', () => undefined]);
  if (typeof destroy === 'function')
    Reflect.apply(destroy, socket, [new Error('The session store gave up waiting for an answer.')]);
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
