import { findProgram } from './programs.mjs';

/** Variables that name a server which is there already, and how its address begins. */
const ADDRESSES = { REDIS_URL: /^rediss?:/, DATABASE_URL: /^postgres(ql)?:/, MARIADB_URL: /^(mysql|mariadb):/ };

/** The Chromium program of this machine, if there is one. */
export const chromium =
  process.env.CHROMIUM ?? findProgram('chromium') ?? findProgram('chromium-browser') ?? findProgram('google-chrome');

/** Whether a variable names a server that is there already. */
export function given(variable) {
  return ADDRESSES[variable].test(process.env[variable] ?? '');
}

const hasAll = (...programs) => programs.every((program) => findProgram(program) !== undefined);

/** Whether a server is given, or can be started, by the variable that tells tests its address. */
export const isThere = {
  REDIS_URL: given('REDIS_URL') || hasAll('redis-server'),
  DATABASE_URL: given('DATABASE_URL') || hasAll('initdb', 'postgres'),
  MARIADB_URL: given('MARIADB_URL') || hasAll('mariadb-install-db', 'mariadbd'),
};

/** Real servers and programs that tests need, how to get each, and which tests that are. Nothing is ever mocked in their place. */
const SERVICES = [
  {
    name: 'Redis',
    there: isThere.REDIS_URL,
    cure: 'install redis-server (Debian: apt-get install redis-server) or set REDIS_URL',
    tests: [
      '/stores/redis/',
      '/within-bound',
      '/lawful-history.redis',
      '/store-outage-(silent|full)',
      '/(express-session|former-sessions-command)\\.e2e',
      '/older-redis',
      '/crash-points.redis',
      '/round-trips',
      '/bench\\.e2e',
    ],
  },
  {
    name: 'PostgreSQL',
    there: isThere.DATABASE_URL,
    cure: 'install postgresql (Debian: apt-get install postgresql) or set DATABASE_URL=postgres://…',
    tests: [
      '/stores/typeorm/(?!.*(mariadb|sqlite))',
      '/lawful-history.postgres',
      '/stores/redis/journal',
      '/older-redis',
      '/crash-points',
      '/examples\\.e2e',
    ],
  },
  {
    name: 'MariaDB',
    there: isThere.MARIADB_URL,
    cure: 'install mariadb-server (Debian: apt-get install mariadb-server) or set MARIADB_URL=mysql://…',
    tests: ['/stores/typeorm/(?!.*(postgres|sqlite))', '/lawful-history.mariadb'],
  },
  {
    name: 'server of any kind',
    there: isThere.REDIS_URL || isThere.DATABASE_URL,
    cure: 'install one of these two',
    tests: ['/two-instances', '/store-outage', '/private-servers'],
  },
  {
    name: 'Chromium',
    there: chromium !== undefined,
    cure: 'install Chromium (Debian: apt-get install chromium) or set CHROMIUM to its program',
    tests: ['/in-a-browser', '/client-in-a-browser', '/test/pages/', '/examples\\.e2e'],
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
