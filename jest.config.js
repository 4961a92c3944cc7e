/** One runner for all suites; `npm test` runs unit, spec and workers first, then e2e on the built app. */
const transform = {
  '^.+\\.(t|j|mj)sx?$': [
    '@swc/jest',
    {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', tsx: true, decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, react: { runtime: 'automatic' } },
      },
      module: { type: 'commonjs', ignoreDynamic: true },
      sourceMaps: 'inline',
    },
  ],
};
// Packages that come as ES modules alone: jest's CommonJS takes them compiled.
const compiled = ['pg-boss', 'serialize-error', 'non-error'];
const shared = {
  testEnvironment: 'node',
  transform,
  moduleNameMapper: {
    '^@/(.*)$': '<rootDir>/src/$1',
    '^cloudflare:workers$': '<rootDir>/test/helpers/cloudflare-workers.ts',
    '^import-in-the-middle/register-hooks\\.mjs$': '<rootDir>/test/helpers/register-hooks.ts',
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${compiled.join('|')})/)`],
  modulePathIgnorePatterns: ['<rootDir>/.next', '<rootDir>/.throughline', '<rootDir>/dist'],
};
export default {
  reporters: ['default', '<rootDir>/test/helpers/conformance-reporter.ts'],
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { ...shared, displayName: 'spec', testMatch: ['<rootDir>/test/spec/**/*.test.ts'] },
    { ...shared, displayName: 'workers', testMatch: ['<rootDir>/test/workers/**/*.test.ts'] },
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
  ],
};
