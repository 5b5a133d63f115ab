import { fileURLToPath } from 'node:url';
import { testsWithoutService } from './support/services.mjs';

const rootDir = fileURLToPath(new URL('..', import.meta.url));

// Packages that CommonJS code require()s although they are ES modules only: Jest cannot do that before Node 24.9.
const requiredEsm = ['cookie', 'content-disposition', 'content-type', 'type-is', 'media-typer'];

/** Patterns of the files that are no tests here. */
export const testPathIgnorePatterns = ['/node_modules/', ...testsWithoutService()];

const base = {
  rootDir,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['hybrid-session-src', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'ts', 'json', 'node'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/libs/.*/dist'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', {}],
    '/node_modules/.+\\.m?js$': [
      '@swc/jest',
      { swcrc: false, jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } }, sourceMaps: false },
    ],
  },
  testPathIgnorePatterns,
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${requiredEsm.join('|')})/)`],
};

export default {
  rootDir,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  reporters: ['default', ...(process.env.TEST_RESULT ? ['<rootDir>/.ci/test-result.mjs'] : [])],
  testTimeout: 60_000, // ends what hangs; how fast something is, is told by the benchmark and not by a busy machine
  maxWorkers: 3,
  workerIdleMemoryLimit: '512MB',
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', 'libs/*/src/**/*.ts', '!**/*.spec.ts', '!src/main.ts'],
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/{libs,src,test}/**/*.spec.ts'] },
    { ...base, displayName: 'journeys', testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'] },
  ],
};
