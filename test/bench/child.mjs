import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of this folder's that is asked and answers. What it prints is seen. */
export class Child {
  /**
   * @param {string} file beside this one
   * @param {readonly string[]} words of its command line
   * @param {{ cores?: import('./cores.mjs').Cores, place?: 'server' | 'others', flags?: readonly string[] }} how
   */
  constructor(file, words = [], { cores, place = 'server', flags = [] } = {}) {
    this.file = file;
    const env = { PATH: process.env.PATH, NODE_ENV: 'production' };
    this.process = fork(fileURLToPath(new URL(file, import.meta.url)), words, { env, execArgv: [...flags] });
    cores?.pin([this.process.pid], place);
    this.ended = once(this.process, 'exit').then(([code]) =>
      Promise.reject(new Error(`The process of ${file} ended with code ${code}.`)),
    );
    this.ended.catch(() => undefined); // said by whoever waits for it
  }

  /** What it says next. */
  async says() {
    const [message] = await Promise.race([once(this.process, 'message'), this.ended]);
    if (message.fault) throw new Error(message.fault);
    return message;
  }

  /** Asks, and answers with what it says. */
  ask(question) {
    const answer = this.says();
    this.process.send(question);
    return answer;
  }

  async close() {
    if (this.process.connected) this.process.disconnect();
    await this.ended.catch(() => undefined);
  }
}
