import { spawnSync } from 'node:child_process';

const answers = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** The name of the Chromium program on this machine, if there is one. */
export const chromium = process.env.CHROMIUM ?? ['chromium', 'chromium-browser', 'google-chrome'].find(answers);

/** Whether a Redis is given, or can be started. */
export const redisIsThere = Boolean(process.env.REDIS_URL) || answers('redis-server');

/** Real servers and programs that tests need, how to get each, and which tests that are. Nothing is ever mocked in their place. */
const SERVICES = [
  {
    name: 'Redis',
    there: redisIsThere,
    cure: 'install redis-server (Debian: apt-get install redis-server) or set REDIS_URL',
    tests: ['/stores/redis/', '/redis-dump', '/two-instances', '/store-outage'],
  },
  {
    name: 'Chromium',
    there: chromium !== undefined,
    cure: 'install Chromium (Debian: apt-get install chromium) or set CHROMIUM to its program',
    tests: ['/in-a-browser'],
  },
];

/**
 * Patterns of the tests that cannot run here. Said loudly on a developer's machine; in CI a missing service is an error, so that
 * no test is ever left out in silence.
 */
export function testsWithoutService() {
  const missing = SERVICES.filter((service) => !service.there);
  if (missing.length === 0) return [];
  const list = missing.map(({ name, cure }) => `  no ${name}: ${cure}`).join('\n');
  if (process.env.CI) throw new Error(`Tests cannot run:\n${list}`);
  process.stderr.write(`\nNOT ALL TESTS RUN HERE. Their other half needs:\n${list}\n\n`);
  return missing.flatMap(({ tests }) => tests);
}
