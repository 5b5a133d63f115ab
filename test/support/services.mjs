import { spawnSync } from 'node:child_process';

/** Where a program of this name lies, if it is installed. */
const find = (program) => spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim() || undefined;

/** The Chromium program of this machine, if there is one. */
export const chromium = process.env.CHROMIUM ?? find('chromium') ?? find('chromium-browser') ?? find('google-chrome');

/** Whether a Redis is given, or can be started. */
export const redisIsThere = Boolean(process.env.REDIS_URL) || find('redis-server') !== undefined;

/** Real servers and programs that tests need, how to get each, and which tests that are. Nothing is ever mocked in their place. */
const SERVICES = [
  {
    name: 'Redis',
    there: redisIsThere,
    cure: 'install redis-server (Debian: apt-get install redis-server) or set REDIS_URL',
    tests: ['/stores/redis/', '/redis-dump', '/two-instances', '/store-outage', '/within-bound'],
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
