// Lets a process kill itself at a chosen step. A step is whatever it writes to the outside: a command to Redis, a statement to the
// database, an answer to whoever asked. Between two of them nothing that it does can be seen from outside. Imported first of all.
import { Socket } from 'node:net';

const write = Reflect.get(Socket.prototype, 'write');

let point;
let steps = [];

/** From now on notes steps, and dies `before` the nth of that name, or `after` it has been written and before it is answered. */
export function arm(given) {
  point = given;
  steps = [];
}

/** Notes no more. Answers what the steps were. */
export function disarm() {
  point = undefined;
  return steps;
}

Socket.prototype.write = function (chunk, ...rest) {
  const name = point && nameOf(chunk);
  if (!name) return write.call(this, chunk, ...rest);
  steps.push(name);
  if (name !== point.step || steps.filter((one) => one === name).length !== point.nth) return write.call(this, chunk, ...rest);
  if (point.when === 'before') die();
  return write.call(
    this,
    chunk,
    rest.find((one) => typeof one === 'string'),
    die,
  ); // an encoding, where there is one
};

/** As a machine that loses its power: nothing is closed, said or cleaned up. */
function die() {
  process.kill(process.pid, 'SIGKILL');
}

/** A word for a step, without anything of what it carries; none for what only goes on with the one before it (PostgreSQL's Bind, Execute and Sync). */
function nameOf(chunk) {
  const text = Buffer.isBuffer(chunk) ? chunk.toString('latin1') : String(chunk);
  if (text.startsWith('HTTP/')) return 'answer';
  const command = /^\*\d+\r\n\$\d+\r\n(\w+)/.exec(text)?.[1];
  if (command === 'TIME') return undefined; // the clock is looked at now and then, whatever else is done
  if (command) return `redis ${command}`;
  const statement =
    /(START TRANSACTION|COMMIT|ROLLBACK|SELECT pg_notify|SELECT|INSERT INTO "?\w+|UPDATE "?\w+|DELETE FROM "?\w+|WITH)/.exec(
      text,
    )?.[1];
  return statement && `sql ${statement.replace('"', '')}`;
}
