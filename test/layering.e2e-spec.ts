import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Cruise {
  readonly summary: {
    readonly totalDependenciesCruised: number;
    readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string; readonly to: string }[];
  };
}

interface Ruleset {
  readonly forbidden: readonly { readonly name: string; readonly comment?: string; readonly severity?: string }[];
}

type Tree = Readonly<Record<string, string>>;

const repository = fileURLToPath(new URL('..', import.meta.url));
const configuration = join(repository, '.dependency-cruiser.cjs');
const { forbidden: rules } = createRequire(import.meta.url)(configuration) as Ruleset;
const cruiser = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

async function cruise(folder: string): Promise<Cruise['summary'] & { readonly breaches: readonly string[] }> {
  const command = [cruiser, 'libs', 'src', 'test', 'docs/examples', '--config', configuration, '--output-type', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  const { summary } = JSON.parse(stdout) as Cruise;
  return { ...summary, breaches: summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`).toSorted() };
}

const library = 'libs/session/src';
const store = (driver: string) => `import '${driver}';\nimport '../../core/port.js';\n`;

/** A small repository that uses every arrow which is allowed. */
const sound: Tree = {
  [`${library}/index.ts`]: `export * from './core/port.js';\nexport * from './nest/module.js';\nexport * from './stores/memory/memory.store.js';\n`,
  [`${library}/core/port.ts`]: `import 'node:crypto';\nimport 'jose';\nimport './secret.js';\n`,
  [`${library}/core/secret.ts`]: `export const secret = 1;\n`,
  [`${library}/core/secret.spec.ts`]: `import '@jest/globals';\nimport '../testing/contract.js';\nimport '../../../../test/support/proxy.js';\n`,
  'test/support/proxy.ts': `import 'node:net';\n`,
  [`${library}/stores/memory/memory.store.ts`]: `${store('rate-limiter-flexible')}import '../counting.js';\n`,
  [`${library}/stores/counting.ts`]: `import 'rate-limiter-flexible';\nimport '../core/port.js';\n`,
  [`${library}/stores/redis/redis.store.ts`]: store('redis'),
  [`${library}/stores/redis/index.ts`]: `export * from './redis.store.js';\n`,
  [`${library}/stores/redis/express-session/index.ts`]: `export * from './exchange.js';\n`,
  [`${library}/stores/redis/express-session/exchange.ts`]: `import '../redis.store.js';\nimport '../../../core/port.js';\n`,
  [`${library}/stores/typeorm/typeorm.store.ts`]: store('typeorm'),
  [`${library}/stores/typeorm/index.ts`]: `export * from './typeorm.store.js';\n`,
  [`${library}/observability/prometheus/metrics.ts`]: store('prom-client'),
  [`${library}/observability/opentelemetry/spans.ts`]: store('@opentelemetry/api'),
  [`${library}/observability/terminus/health.ts`]: `${store('@nestjs/terminus')}import '@nestjs/common';\n`,
  [`${library}/nest/module.ts`]: `import '@nestjs/common';\nimport 'passport-local';\nimport '../core/port.js';\nimport '../stores/memory/memory.store.js';\n`,
  [`${library}/testing/contract.ts`]: `import 'node:assert/strict';\nimport '../core/port.js';\n`,
  [`${library}/testing/index.ts`]: `export * from './contract.js';\n`,
  'libs/client/src/index.ts': `export * from './client.js';\n`,
  'libs/client/src/client.ts': `export const client = fetch;\n`,
  'src/main.ts': `import '@nestjs/core';\nimport 'nestjs-hybrid-session';\nimport 'nestjs-hybrid-session/redis';\nimport 'nestjs-hybrid-session/typeorm';\n`,
  'docs/examples/minimal/main.ts': `import '@nestjs/core';\nimport 'nestjs-hybrid-session/redis';\n`,
  'src/app.module.ts': `import './console/console.module.js';\n`,
  'src/console/console.module.ts': `import '../main.js';\n`,
  'test/login.e2e-spec.ts': `import 'supertest';\nimport 'nestjs-hybrid-session/testing';\nimport '../src/main.js';\n`,
};

/** What one careless commit adds; each rule has the file in which it must be found, and what is planted. */
const plants: Readonly<Record<string, { readonly at: string; readonly tree: Tree }>> = {
  'no-cycles': {
    at: `${library}/core/egg.ts`, // a cycle is told once, at the first of its files
    tree: {
      [`${library}/core/hen.ts`]: `import type { Egg } from './egg.js';\nexport type Hen = Egg;\n`,
      [`${library}/core/egg.ts`]: `import type { Hen } from './hen.js';\nexport type Egg = Hen | 1;\n`,
    },
  },
  'no-unresolved': plant('src/deep.ts', 'nestjs-hybrid-session/core/port'),
  'core-stands-alone': plant(`${library}/core/clocked.ts`, 'node:timers'),
  'stores-know-only-core': plant(`${library}/stores/redis/borrowing.ts`, '../memory/memory.store.js'),
  'stores-share-no-driver': plant(`${library}/stores/sharing.ts`, 'redis'),
  'store-memory-uses-its-own-driver': plant(`${library}/stores/memory/nesting.ts`, '@nestjs/common'),
  'store-redis-uses-its-own-driver': plant(`${library}/stores/redis/joining.ts`, 'typeorm'),
  'store-typeorm-uses-its-own-driver': plant(`${library}/stores/typeorm/caching.ts`, 'redis'),
  'stores-are-listed': plant(`${library}/stores/mongo/mongo.store.ts`, '../../core/port.js'),
  'observers-know-only-core': plant(`${library}/observability/prometheus/borrowing.ts`, '../terminus/health.js'),
  'observer-prometheus-uses-its-own-package': plant(`${library}/observability/prometheus/tracing.ts`, '@opentelemetry/api'),
  'observer-opentelemetry-uses-its-own-package': plant(`${library}/observability/opentelemetry/nesting.ts`, '@nestjs/common'),
  'observer-terminus-uses-its-own-package': plant(`${library}/observability/terminus/measuring.ts`, 'prom-client'),
  'observers-are-listed': plant(`${library}/observability/statsd/statsd.ts`, '../../core/port.js'),
  'nest-is-a-face-of-core': plant(`${library}/nest/choosing.ts`, '../stores/redis/redis.store.js'),
  'nest-needs-only-nest-and-passport': plant(`${library}/nest/driving.ts`, 'redis'),
  'command-line-knows-core-and-stores': plant(`${library}/cli/nested.ts`, '../nest/module.js'),
  'command-line-loads-drivers-late': plant(`${library}/cli/eager.ts`, '../stores/redis/redis.store.js'),
  'testing-knows-only-core': plant(`${library}/testing/knowing.ts`, '../stores/memory/memory.store.js'),
  'main-entry-needs-no-driver': {
    at: `${library}/index.ts`,
    tree: {
      [`${library}/index.ts`]: `export * from './nest/detour.js';\n`,
      [`${library}/nest/detour.ts`]: `import './choosing.js';\n`,
    },
  },
  'openapi-is-plain-data': plant(`${library}/openapi/decorating.ts`, '@nestjs/common'),
  'client-has-no-dependency': plant('libs/client/src/signing.ts', 'jose'),
  'libraries-do-not-know-the-application': plant('libs/client/src/peeking.ts', '../../../src/main.js'),
  'library-tests-share-only-support': plant('libs/client/src/peeking.spec.ts', '../../../src/main.js'),
  'application-does-not-know-its-tests': plant('src/tested.ts', '../test/login.e2e-spec.js'),
  'examples-stand-alone': plant('docs/examples/minimal/borrowing.ts', '../../../src/main.js'),
  'libraries-by-their-entry-points': plant('test/prying.e2e-spec.ts', '../libs/session/src/core/secret.js'),
  'libraries-declare-what-they-import': plant(`${library}/nest/undeclared.ts`, 'supertest'),
  'console-is-a-leaf': plant('src/paging.ts', './console/console.module.js'),
  'application-runs-without-dev-dependencies': plant('src/developing.ts', 'supertest'),
  'no-drawers': { at: `${library}/core/utils/text.ts`, tree: { [`${library}/core/utils/text.ts`]: `export const text = '';\n` } },
  'no-inner-barrels': {
    at: `${library}/core/index.ts`,
    tree: { [`${library}/core/index.ts`]: `export * from './secret.js';\n` },
  },
};

function plant(at: string, imported: string): { readonly at: string; readonly tree: Tree } {
  return { at, tree: { [at]: `import '${imported}';\n` } };
}

const exports = Object.fromEntries(
  Object.entries({
    '.': 'index',
    './redis': 'stores/redis/index',
    './typeorm': 'stores/typeorm/index',
    './testing': 'testing/index',
  }).map(([entry, file]) => [entry, { 'hybrid-session-src': `./src/${file}.ts` }]),
);
const anyVersion = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '*']));
const observing = ['@nestjs/terminus', '@opentelemetry/api', 'prom-client'];
const driving = ['rate-limiter-flexible', 'redis', 'typeorm'];
const production = ['@nestjs/common', '@nestjs/core', 'jose', 'passport-local', ...driving, ...observing];
const development = ['@jest/globals', 'supertest'];

/** Packages of a few bytes stand in for the real ones, so that the tree can be laid anywhere. */
const manifests: Tree = {
  'package.json': JSON.stringify({
    workspaces: ['libs/*'],
    dependencies: anyVersion(...production),
    devDependencies: anyVersion(...development),
  }),
  'libs/session/package.json': JSON.stringify({
    name: 'nestjs-hybrid-session',
    exports,
    dependencies: anyVersion(...production),
  }),
  'libs/client/package.json': JSON.stringify({ name: 'nestjs-hybrid-session-client', exports: { '.': './src/index.ts' } }),
  ...Object.fromEntries(
    [...production, ...development].flatMap((name) => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' })],
      [`node_modules/${name}/index.js`, ''],
    ]),
  ),
};

const laid: string[] = [];

async function lay(tree: Tree): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'layering-'));
  laid.push(folder);
  for (const [path, text] of Object.entries({ ...manifests, ...tree })) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await cp(join(repository, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  await symlink('../libs/session', join(folder, 'node_modules/nestjs-hybrid-session'));
  return folder;
}

afterAll(async () => {
  await Promise.all(laid.map((folder) => rm(folder, { recursive: true })));
});

describe('Layering', () => {
  it('holds in this repository', async () => {
    const { breaches, totalDependenciesCruised } = await cruise(repository);
    expect(breaches).toEqual([]);
    expect(totalDependenciesCruised).toBeGreaterThan(100); // a cruise that sees nothing finds nothing
  }, 60_000);

  it('lets every allowed arrow through', async () => {
    const { breaches, totalDependenciesCruised } = await cruise(await lay(sound));
    expect(breaches).toEqual([]);
    expect(totalDependenciesCruised).toBeGreaterThan(25);
  }, 60_000);

  it('says why of every rule, and none is a mere warning', () => {
    for (const rule of rules) expect(rule).toMatchObject({ comment: expect.stringMatching(/^.{25,}$/), severity: 'error' });
  });

  it('has a planted breach for every rule', () => {
    expect(Object.keys(plants).toSorted()).toEqual(rules.map(({ name }) => name).toSorted());
  });

  describe('in a tree with one breach of each rule', () => {
    let breaches: readonly string[] = [];
    beforeAll(async () => {
      const planted = Object.assign({}, sound, ...Object.values(plants).map(({ tree }) => tree)) as Tree;
      ({ breaches } = await cruise(await lay(planted)));
    }, 60_000);

    it.each(Object.entries(plants).map(([rule, { at }]) => [rule, at] as const))('%s catches %s', (rule, at) => {
      expect(breaches).toContain(`${rule}: ${at}`);
    });
  });
});
