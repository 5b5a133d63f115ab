/** Each connection sends again as soon as it was answered: as much as the server can do. */
export class FullPace {
  /** @param {{ seconds: number, onEnd: () => void }} given for how long to send; `onEnd`: all are answered */
  constructor({ seconds, onEnd }) {
    Object.assign(this, { seconds, onEnd });
  }

  begin(connections) {
    this.end = performance.now() + this.seconds * 1_000;
    this.open = connections.length;
    for (const connection of connections) connection.send(performance.now());
  }

  /** A connection was answered. */
  free(connection) {
    const now = performance.now();
    if (now < this.end) return connection.send(now);
    this.open -= 1;
    if (this.open === 0) this.onEnd();
  }
}

/**
 * So many requests a second, however slow the answers are: each millisecond those that fell due in it, on whichever connections are
 * free. One that has to wait for a connection is as late as that, and is not left out.
 */
export class SteadyPace {
  #due = [];
  #fallenDue = 0;

  constructor({ seconds, onEnd, perSecond }) {
    Object.assign(this, { seconds, onEnd, perSecond });
  }

  begin(connections) {
    [this.begun, this.count, this.idle] = [performance.now(), connections.length, [...connections]];
    this.end = this.begun + this.seconds * 1_000;
    this.timer = setInterval(() => this.#tick(), 1);
  }

  free(connection) {
    this.idle.push(connection);
    this.#send();
  }

  #tick() {
    const now = performance.now();
    const untilNow = Math.floor(((Math.min(now, this.end) - this.begun) * this.perSecond) / 1_000);
    for (; this.#fallenDue < untilNow; this.#fallenDue += 1) this.#due.push(now);
    this.#send();
    if (now < this.end || this.idle.length < this.count) return;
    clearInterval(this.timer);
    this.onEnd();
  }

  /** The connection that was idle for longest first: so all sessions take part. */
  #send() {
    while (this.#due.length > 0 && this.idle.length > 0) this.idle.shift().send(this.#due.shift());
  }
}
