import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How much of what a server prints is kept for the error that says why it did not start. */
const TAIL = 2_000;

/** A folder of a server's own, which nobody but its account may look into. */
export async function ownFolder(name, { uid, gid } = {}) {
  const folder = await mkdtemp(join(tmpdir(), `nhs-${name}-`));
  if (uid !== undefined) await chown(folder, uid, gid);
  return folder;
}

/** A real server of a test's own, in a folder of its own and bound to loopback. Each kind of server says how it is started. */
export class PrivateServer {
  /**
   * @param {object} how
   * @param {string} how.name for messages
   * @param {string | undefined} how.program its file
   * @param {readonly string[]} how.words of its command line
   * @param {RegExp} how.ready what it prints when it can be asked
   * @param {string} how.folder of its own
   * @param {{ uid?: number, gid?: number }} [how.account] whom it runs as
   */
  constructor(how) {
    this.how = how;
  }

  /** Starts it, again with the data that it left, and waits until it can be asked. */
  async start() {
    const { name, program, words, ready, folder, account } = this.how;
    if (!program) throw new Error(`The tests need ${name}, which is not installed: the list in services.mjs says how to get it.`);
    const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...account });
    this.child = child;
    this.gone = new Promise((resolve) => child.once('close', resolve)); // its output ends with the last process that shares it
    await new Promise((resolve, reject) => {
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          said = `${said}${chunk}`.slice(-TAIL);
          if (ready.test(said)) resolve(undefined);
        });
      }
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${name} ended at start with code ${code}:\n${said}`)));
    });
  }

  /** The ids of its processes. */
  get processes() {
    return [this.child.pid, ...childrenOf(this.child.pid)];
  }

  /** Stops it from answering, with all connections open, until it is resumed. When this returns none of its threads runs any more. */
  hang() {
    this.signal('SIGSTOP');
    for (const pid of this.processes) standStillUntil(() => isStopped(pid));
  }

  /** Lets it go on. */
  resume() {
    this.signal('SIGCONT');
  }

  /** Ends it as a crash of the machine would: all of its processes at once. Its data stay. */
  async kill() {
    this.signal('SIGSTOP'); // so that it neither notices what happens to its processes nor starts new ones
    for (const pid of childrenOf(this.child.pid)) process.kill(pid, 'SIGKILL');
    this.child.kill('SIGKILL');
    await this.gone;
  }

  /** Ends it, and removes its data. */
  async discard() {
    if (this.child?.exitCode === null && this.child.signalCode === null) await this.kill();
    await rm(this.how.folder, { recursive: true, force: true });
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.child.kill(signal); // first: it is the one that starts the others
    for (const pid of childrenOf(this.child.pid)) signalUnlessEnded(pid, signal);
  }
}

/** A process of the list may have ended since: a connection that was closed during a hang is, as soon as the server goes on. */
function signalUnlessEnded(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** A signal that was sent has yet to reach every thread. */
function isStopped(pid) {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true; // it has ended, or the system tells otherwise
  return readdirSync(tasks).every((task) => {
    try {
      return /\) [TZX]/.test(readFileSync(`${tasks}/${task}/stat`, 'utf8'));
    } catch {
      return true; // a thread that has ended
    }
  });
}

/** Milliseconds after which it is a fault that something has not come about. */
const PATIENCE = 10_000;

function standStillUntil(isSo) {
  const giveUpAt = performance.now() + PATIENCE;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error('A server could not be stopped.');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

/** PostgreSQL serves each connection by a process of its own, in a process group of its own. */
function childrenOf(pid) {
  const file = `/proc/${pid}/task/${pid}/children`;
  const list = existsSync(file)
    ? readFileSync(file, 'utf8')
    : spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }).stdout;
  return (list ?? '').split(/\s+/).filter(Boolean).map(Number);
}
