// The rooms of this repository and the arrows between them: nest -> core <- stores, testing -> core, and everybody else through the
// package entry points. `npm run lint` checks the tree; test/layering.e2e-spec.ts plants a breach of every rule and sees it caught.

/** Tests stand beside what they test and may look at all of the library; they are not part of it. */
const spec = '\\.spec\\.ts$';

/** Node's own modules that only compute: no clock, no network, no file system, no state. */
const pureNode = '^(node:)?(assert(/strict)?|buffer|crypto|events|string_decoder|url|util)$';

const packages = (...names) => names.map((name) => `(^|/)node_modules/(@types/)?${name}/`);

/** What each store may use beside core. A new store is a new line here. */
const drivers = {
  memory: [],
  redis: ['redis', '@redis/[^/]+'],
  typeorm: ['typeorm'],
};

/** What each observer may use beside core. A new observer is a new line here. */
const observers = {
  prometheus: ['prom-client'],
  opentelemetry: ['@opentelemetry/api'],
  terminus: ['@nestjs/(common|terminus)', 'reflect-metadata'],
};

/** What stores share stands beside their folders. */
const storesGround = '^libs/session/src/stores/[^/]+\\.ts$';

const entries = [
  '^libs/[^/]+/src/index\\.ts$',
  '^libs/session/src/stores/(redis(/express-session)?|typeorm)/index\\.ts$',
  '^libs/session/src/observability/(prometheus|opentelemetry|terminus)/index\\.ts$',
  '^libs/session/src/(openapi|testing)/index\\.ts$',
  '^libs/client/src/dpop/index\\.ts$',
];

/** Matches modules by their own path, whether or not they import anything (100 is the most that the schema takes). */
const everyModule = { numberOfDependentsLessThan: 100 };

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Under ES modules with decorator metadata two classes that import each other crash when they are loaded; and a cycle has no bottom to read from.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment:
        'An import that cannot be resolved is one that no other rule can judge. Also catches deep imports past the package entry points. What the bench compares with is installed by the bench alone.',
      severity: 'error',
      from: { pathNot: '^test/bench/peers/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'core-stands-alone',
      comment:
        'Core is the protocol. It must stay provable without Nest, a driver, a clock or a network: it uses itself, jose, and those modules of Node that only compute.',
      severity: 'error',
      from: { path: '^libs/session/src/core/', pathNot: spec },
      to: { pathNot: ['^libs/session/src/core/', pureNode, ...packages('jose')] },
    },
    {
      name: 'stores-know-only-core',
      comment:
        'Stores are leaves. One that knows another store, or Nest, cannot be left out of a build or be replaced by a stranger’s.',
      severity: 'error',
      from: { path: '^libs/session/src/stores/([^/]+)/', pathNot: spec },
      to: { path: '^(libs|src|test)/', pathNot: ['^libs/session/src/core/', '^libs/session/src/stores/$1/', storesGround] },
    },
    {
      name: 'stores-share-no-driver',
      comment:
        'What several stores build on (a file beside their folders) reaches all of them: it may know none of them, and no driver.',
      severity: 'error',
      from: { path: storesGround, pathNot: spec },
      to: { pathNot: ['^libs/session/src/core/', storesGround, pureNode, ...packages('rate-limiter-flexible')] },
    },
    ...Object.entries(drivers).map(([store, names]) => ({
      name: `store-${store}-uses-its-own-driver`,
      comment: 'Who takes one store must not have to install the driver of another, nor Nest to use the library without it.',
      severity: 'error',
      from: { path: `^libs/session/src/stores/${store}/`, pathNot: spec },
      to: { path: '(^|/)node_modules/', pathNot: packages('rate-limiter-flexible', ...names) },
    })),
    {
      name: 'stores-are-listed',
      comment: 'A store that is missing from the table of drivers above would be bound by no rule about drivers.',
      severity: 'error',
      module: {
        ...everyModule,
        path: '^libs/session/src/stores/[^/]+/',
        pathNot: `^libs/session/src/stores/(${Object.keys(drivers).join('|')})/`,
      },
      from: {},
    },
    {
      name: 'observers-know-only-core',
      comment: 'Observers are leaves: who wants metrics must not have to install what traces or health checks need.',
      severity: 'error',
      from: { path: '^libs/session/src/observability/([^/]+)/', pathNot: spec },
      to: { path: '^(libs|src|test)/', pathNot: ['^libs/session/src/core/', '^libs/session/src/observability/$1/'] },
    },
    ...Object.entries(observers).map(([observer, names]) => ({
      name: `observer-${observer}-uses-its-own-package`,
      comment: 'Each has one optional peer, behind an entry point of its own.',
      severity: 'error',
      from: { path: `^libs/session/src/observability/${observer}/`, pathNot: spec },
      to: { path: '(^|/)node_modules/', pathNot: packages(...names) },
    })),
    {
      name: 'observers-are-listed',
      comment: 'An observer that is missing from the table above would be bound by no rule about packages.',
      severity: 'error',
      module: {
        ...everyModule,
        path: '^libs/session/src/observability/',
        pathNot: `^libs/session/src/observability/(${Object.keys(observers).join('|')})/`,
      },
      from: {},
    },
    {
      name: 'nest-is-a-face-of-core',
      comment: 'The face knows the ports, not who implements them. Only the embedded default, the memory store, is named there.',
      severity: 'error',
      from: { path: '^libs/session/src/nest/', pathNot: spec },
      to: {
        path: '^(libs|src|test)/',
        pathNot: ['^libs/session/src/(core|nest)/', '^libs/session/src/stores/memory/'],
      },
    },
    {
      name: 'nest-needs-only-nest-and-passport',
      comment: 'The face runs on every HTTP platform and with every store: it may not need a platform’s package or a driver.',
      severity: 'error',
      from: { path: '^libs/session/src/nest/', pathNot: spec },
      to: {
        path: '(^|/)node_modules/',
        pathNot: packages('@nestjs/(common|core|passport|websockets)', 'passport', 'passport-local', 'reflect-metadata', 'rxjs'),
      },
    },
    {
      name: 'command-line-knows-core-and-stores',
      comment:
        'The command line works on Redis or a database alone: it may need nothing of Nest, and has no use for a store in its own memory.',
      severity: 'error',
      from: { path: '^libs/session/src/cli/', pathNot: spec },
      to: { path: ['^libs/session/src/(nest|testing|index)', '^libs/session/src/stores/memory/', '^(src|test)/'] },
    },
    {
      name: 'command-line-loads-drivers-late',
      comment:
        'A host with Redis alone, or SQL alone, has not installed the other driver: what needs one is imported when it is asked for.',
      severity: 'error',
      from: {
        path: '^libs/session/src/cli/',
        pathNot: [spec, '^libs/session/src/cli/(keys-command|open-(redis-store|former-endings|sql-store|data-source))\\.ts$'],
      },
      to: {
        path: [
          '^libs/session/src/stores/(redis|typeorm)/',
          '^libs/session/src/cli/(keys-command|open-(redis-store|former-endings|sql-store|data-source))\\.ts$',
        ],
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'testing-knows-only-core',
      comment:
        'The contract must hold for a stranger’s store, so it may know no store of ours; and it must run under any test runner.',
      severity: 'error',
      from: { path: '^libs/session/src/testing/', pathNot: spec },
      to: { pathNot: ['^libs/session/src/(core|testing)/', pureNode, '^(node:)?timers/promises$'] },
    },
    {
      name: 'main-entry-needs-no-driver',
      comment: 'Whoever imports nestjs-hybrid-session without any optional peer installed must not fail at load.',
      severity: 'error',
      from: { path: '^libs/session/src/index\\.ts$' },
      to: { path: ['^libs/session/src/(stores/(redis|typeorm)|observability|testing)/'], reachable: true },
    },
    {
      name: 'openapi-is-plain-data',
      comment: 'The description of the routes is data that any tool can take: a host must not need one package for it, nor Nest.',
      severity: 'error',
      from: { path: '^libs/session/src/openapi/', pathNot: spec },
      to: { pathNot: '^libs/session/src/openapi/' },
    },
    {
      name: 'client-has-no-dependency',
      comment: 'The client runs in browsers, React Native and Node: it may use fetch and itself, nothing else.',
      severity: 'error',
      from: { path: '^libs/client/src/', pathNot: spec },
      to: { pathNot: '^libs/client/src/' },
    },
    {
      name: 'libraries-do-not-know-the-application',
      comment:
        'The arrow points the other way: what a library takes from the application or the journeys is not published with it.',
      severity: 'error',
      from: { path: '^libs/', pathNot: spec },
      to: { path: '^(src|test)/' },
    },
    {
      name: 'library-tests-share-only-support',
      comment:
        'A spec beside the source may use the servers and proxies of test/support, but proves the library without the application.',
      severity: 'error',
      from: { path: '^libs/.*' + spec },
      to: { path: '^(src|test)/', pathNot: '^test/support/' },
    },
    {
      name: 'application-does-not-know-its-tests',
      comment: 'Tests are not deployed with it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'examples-stand-alone',
      comment: 'Who copies an example has the packages, and nothing else of this repository.',
      severity: 'error',
      from: { path: '^docs/examples/' },
      to: { path: '^(src|test)/' },
    },
    {
      name: 'libraries-by-their-entry-points',
      comment:
        'The reference application, the examples and the journeys read like a consumer’s code: they see what is published, by package name, or it is missing from the public face.',
      severity: 'error',
      from: { path: '^(src|test|docs/examples)/' },
      to: { path: '^libs/', dependencyTypesNot: ['aliased-workspace'] },
    },
    {
      name: 'libraries-declare-what-they-import',
      comment: 'In this repository everything is installed; at a consumer only what the library’s own package.json names.',
      severity: 'error',
      from: { path: '^libs/[^/]+/src/', pathNot: spec },
      to: { path: '(^|/)node_modules/', dependencyTypesNot: ['npm', 'npm-peer'] },
    },
    {
      name: 'console-is-a-leaf',
      comment: 'An application may go without an operator’s console: only what puts the modules together may name it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/console/', '^src/app\\.module\\.ts$', spec] },
      to: { path: '^src/console/' },
    },
    {
      name: 'application-runs-without-dev-dependencies',
      comment: 'They are not installed in production.',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-drawers',
      comment:
        'A folder or file called utils says nothing of why it exists, so nothing ever leaves it. Name the room after what it does.',
      severity: 'error',
      module: {
        ...everyModule,
        path: '(^|/)(utils?|utilities|helpers?|commons?|misc)(/|\\.[cm]?[jt]s$)',
        pathNot: '(^|/)node_modules/',
      },
      from: {},
    },
    {
      name: 'no-inner-barrels',
      comment:
        'An index.ts inside a library hides who needs what and is where import cycles start. Only the package entry points are barrels.',
      severity: 'error',
      module: { ...everyModule, path: '(^|/)index\\.[cm]?[jt]s$', pathNot: ['(^|/)node_modules/', ...entries] },
      from: {},
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // our own build only: an exclusion that also meets node_modules/*/dist hides every driver from the rules
    exclude: { path: ['^dist/', '^coverage/', '^libs/[^/]+/dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['hybrid-session-src', 'import', 'node', 'default', 'types'],
    },
  },
};
