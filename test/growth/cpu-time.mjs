import { readdirSync, readFileSync } from 'node:fs';

/**
 * How long the threads of these processes have run on a CPU, in nanoseconds, by the scheduler of Linux. Unlike the time on the
 * clock it does not grow when other programs want the machine too. Elsewhere it is not told: `undefined`.
 */
export function cpuTime(processes) {
  if (process.platform !== 'linux') return undefined;
  return processes.flatMap(threadsOf).reduce((sum, thread) => sum + timeOf(thread), 0);
}

function threadsOf(pid) {
  const folder = `/proc/${pid}/task`;
  return (unlessGone(() => readdirSync(folder)) ?? []).map((thread) => `${folder}/${thread}/schedstat`);
}

function timeOf(file) {
  return Number(unlessGone(() => readFileSync(file, 'utf8'))?.split(' ', 1)[0] ?? 0);
}

/** A process or thread that has just ended tells nothing any more. */
export function unlessGone(read) {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(error.code)) return undefined;
    throw error;
  }
}
