// How long the reference application takes to refuse a login, for names that exist and for names that do not: with its real
// argon2id, over loopback, one after the other in random order. `npm run measure:login-timing -- [rounds]`
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compare, median, smallestShiftTold } from './support/two-samples.mjs';
import { freePort } from './support/free-port.mjs';

const ROUNDS = Number(process.argv[2] ?? 500);
const WARM_UP = 20;
const NAMES = 10;

const folder = await mkdtemp(join(tmpdir(), 'nhs-timing-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const known = Array.from({ length: NAMES }, (_, i) => `known-${i}`);
const environment = {
  PATH: process.env.PATH,
  PORT: String(port),
  DATABASE_URL: `file:${join(folder, 'app.db')}`,
  SEED_USERS: known.map((name) => `${name}:password of ${name}:user`).join(','),
  LOGIN_LIMITER: 'off',
};
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const app = spawn(process.execPath, [main], { env: environment, cwd: folder, stdio: 'ignore' });
try {
  for (let tries = 0; ; tries += 1) {
    if (app.exitCode !== null || tries === 300) throw new Error('The application did not start: run npm run build first.');
    if (
      await fetch(`${url}/health/live`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      break;
    await wait(100);
  }
  const times = { known: [], unknown: [] };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const kinds = Math.random() < 0.5 ? ['known', 'unknown'] : ['unknown', 'known'];
    for (const kind of kinds) {
      const time = await refusal(`${kind}-${Math.abs(round) % NAMES}`);
      if (round >= 0) times[kind].push(time);
    }
  }
  report(times);
} finally {
  app.kill();
  await rm(folder, { recursive: true, force: true });
}

/** Milliseconds from the request to the end of its answer. */
async function refusal(username) {
  const start = performance.now();
  const answer = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password: 'a wrong password' }),
  });
  await answer.text();
  if (answer.status !== 401) throw new Error(`A wrong password was answered with ${answer.status}.`);
  return performance.now() - start;
}

function report(times) {
  const { above, mannWhitney, distance, kolmogorovSmirnov } = compare(times.known, times.unknown);
  const lines = [
    `refusals of each kind       ${ROUNDS}`,
    `median, name that exists    ${median(times.known).toFixed(2)} ms`,
    `median, name that does not  ${median(times.unknown).toFixed(2)} ms`,
    `P(exists > does not)        ${above.toFixed(3)}`,
    `Mann-Whitney U              p = ${mannWhitney.toFixed(3)}`,
    `Kolmogorov-Smirnov          D = ${distance.toFixed(3)}, p = ${kolmogorovSmirnov.toFixed(3)}`,
    `would have been told        a shift of ${smallestShiftTold(times.known, times.unknown, 0.05).toFixed(2)} ms (p < 0.01)`,
  ];
  console.log(lines.join('\n'));
}
