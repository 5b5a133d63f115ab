import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findProgram } from '../support/programs.mjs';

/** The CPUs of this machine: the first is the server's under test, the others are everybody else's. */
export class Cores {
  #places = coresOf();

  /** Keeps all threads of these processes, and whatever they start, on their CPUs. */
  pin(pids, place) {
    if (!this.#places) return;
    for (const pid of pids) {
      const { status } = spawnSync('taskset', ['-a', '-c', '-p', this.#places[place], String(pid)], { stdio: 'ignore' });
      if (status !== 0) this.#places = undefined; // not allowed here
    }
  }

  /** In words, for the conditions. */
  get inWords() {
    if (!this.#places) return 'Processes are not pinned to CPUs (no taskset, or a single CPU).';
    return `The server is pinned to CPU ${this.#places.server}, stores and load generator to CPU ${this.#places.others} (taskset).`;
  }
}

function coresOf() {
  if (process.platform !== 'linux' || !findProgram('taskset')) return undefined;
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const [server, ...others] = list.split(',').flatMap((span) => {
    const [first, last = first] = span.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
  return others.length === 0 ? undefined : { server: String(server), others: others.join() };
}
