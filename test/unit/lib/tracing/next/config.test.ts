/** One literal for each configuration: what was given, what is installed, what Next gets. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NextConfig } from 'next';
import { withTracingConfig } from '@/lib/tracing/next/config.ts';

let project = '';

/**
 * A project in a workspace, each package with its dependencies: some are the project's own, some hoisted, some where only
 * the package that needs them can see them.
 */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'app/node_modules/pg': [],
  'app/node_modules/sharp': [],
  'node_modules/ioredis': ['debug'],
  'node_modules/@opentelemetry/api': [],
  'node_modules/@opentelemetry/instrumentation-http': ['@opentelemetry/core', 'forwarded-parse', '@types/node', 'gone'],
  'node_modules/forwarded-parse': [],
  'node_modules/debug': [],
  'node_modules/.store/a/node_modules/throughline': ['@opentelemetry/instrumentation', 'zod'],
  'node_modules/.store/b/node_modules/@opentelemetry/instrumentation': ['import-in-the-middle'],
  'node_modules/.store/b/node_modules/import-in-the-middle': ['cjs-module-lexer', 'import-in-the-middle'],
  'node_modules/.store/b/node_modules/cjs-module-lexer': [],
};
const INSTALLED = ['@opentelemetry/api', '@opentelemetry/instrumentation-http', 'ioredis', 'pg', 'throughline'];
const CARRIED = [
  '../node_modules/.store/b/node_modules/cjs-module-lexer/**/*',
  '../node_modules/.store/b/node_modules/import-in-the-middle/**/*',
  '../node_modules/forwarded-parse/**/*',
];

beforeAll(() => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'throughline-config-')));
  for (const [path, names] of Object.entries(PACKAGES)) {
    mkdirSync(join(root, path), { recursive: true });
    const dependencies = Object.fromEntries(names.map((name) => [name, '*']));
    writeFileSync(join(root, path, 'package.json'), JSON.stringify({ dependencies }));
  }
  // A package manager that lets a package see its own dependencies alone.
  const store = join(root, 'node_modules/.store');
  mkdirSync(join(root, 'app/node_modules'), { recursive: true });
  symlinkSync(join(store, 'a/node_modules/throughline'), join(root, 'app/node_modules/throughline'));
  symlinkSync(join(store, 'b/node_modules/@opentelemetry'), join(store, 'a/node_modules/@opentelemetry'));
  // A folder without a package in it, and one that hangs in the air.
  mkdirSync(join(root, 'app/node_modules/mysql2'));
  symlinkSync(join(root, 'nowhere'), join(root, 'app/node_modules/redis'));
  project = join(root, 'app');
  jest.spyOn(process, 'cwd').mockReturnValue(project);
});
afterAll(() => {
  rmSync(join(project, '..'), { recursive: true });
  jest.restoreAllMocks();
});

const INCLUDES = { '/**': CARRIED };
const getting: NextConfig = {
  get poweredByHeader() {
    return false;
  },
};
const ROWS: readonly [name: string, given: NextConfig, result: NextConfig][] = [
  ['nothing', {}, { serverExternalPackages: INSTALLED, outputFileTracingIncludes: INCLUDES }],
  [
    'settings of other kinds',
    { output: 'standalone', poweredByHeader: false },
    {
      output: 'standalone',
      poweredByHeader: false,
      serverExternalPackages: INSTALLED,
      outputFileTracingIncludes: INCLUDES,
    },
  ],
  [
    'a list of their own: first, and nothing twice',
    { serverExternalPackages: ['sharp', 'pg'] },
    {
      serverExternalPackages: [
        'sharp',
        'pg',
        '@opentelemetry/api',
        '@opentelemetry/instrumentation-http',
        'ioredis',
        'throughline',
      ],
      outputFileTracingIncludes: INCLUDES,
    },
  ],
  [
    'packages that are to be compiled: Next refuses one that is in both lists',
    { transpilePackages: ['pg', '@opentelemetry/api'] },
    {
      transpilePackages: ['pg', '@opentelemetry/api'],
      serverExternalPackages: ['@opentelemetry/instrumentation-http', 'ioredis', 'throughline'],
      outputFileTracingIncludes: INCLUDES,
    },
  ],
  [
    'files of their own',
    { outputFileTracingIncludes: { '/api/*': ['a.txt'], '/**': ['b.txt'] } },
    {
      serverExternalPackages: INSTALLED,
      outputFileTracingIncludes: { '/api/*': ['a.txt'], '/**': ['b.txt', ...CARRIED] },
    },
  ],
  [
    'frozen settings',
    Object.freeze({ serverExternalPackages: Object.freeze(['sharp']) as string[], poweredByHeader: false }),
    {
      poweredByHeader: false,
      serverExternalPackages: ['sharp', ...INSTALLED],
      outputFileTracingIncludes: INCLUDES,
    },
  ],
  [
    'a getter',
    getting,
    { poweredByHeader: false, serverExternalPackages: INSTALLED, outputFileTracingIncludes: INCLUDES },
  ],
  [
    'settings that Next will refuse: left for it',
    { serverExternalPackages: 'pg', outputFileTracingIncludes: ['a.txt'] } as unknown as NextConfig,
    { serverExternalPackages: 'pg', outputFileTracingIncludes: ['a.txt'] } as unknown as NextConfig,
  ],
];

describe('withTracingConfig', () => {
  it.each(ROWS)('takes %s', (_name, given, result) => {
    const before = JSON.stringify(given);
    expect(withTracingConfig(given)).toEqual(result);
    expect(JSON.stringify(given)).toBe(before);
  });

  it('keeps a getter a getter, and lets Next write', () => {
    const wrapped = withTracingConfig(
      Object.freeze(Object.create(null, Object.getOwnPropertyDescriptors(getting))),
    ) as NextConfig;
    expect(typeof Object.getOwnPropertyDescriptor(wrapped, 'poweredByHeader')?.get).toBe('function');
    expect(Object.getPrototypeOf(wrapped)).toBeNull();
    const own = withTracingConfig<NextConfig>(Object.freeze({ output: 'standalone' }));
    own.output = 'export';
    expect(own.output).toBe('export');
  });

  const defaultConfig: NextConfig = { poweredByHeader: true };
  interface Context {
    readonly defaultConfig: NextConfig;
  }
  const functions: readonly [
    name: string,
    given: (phase: string, context: Context) => NextConfig | Promise<NextConfig>,
  ][] = [
    ['a function', (phase, context) => ({ ...context.defaultConfig, env: { phase } })],
    ['an async function', async (phase, context) => ({ ...context.defaultConfig, env: { phase } })],
  ];
  it.each(functions)('takes %s, and hands on the arguments', async (_name, given) => {
    expect(await withTracingConfig(given)('phase-production-build', { defaultConfig })).toEqual({
      poweredByHeader: true,
      env: { phase: 'phase-production-build' },
      serverExternalPackages: INSTALLED,
      outputFileTracingIncludes: INCLUDES,
    });
  });

  it('takes a promise', async () => {
    expect(await withTracingConfig(Promise.resolve({ poweredByHeader: false }))).toEqual({
      poweredByHeader: false,
      serverExternalPackages: INSTALLED,
      outputFileTracingIncludes: INCLUDES,
    });
  });

  const SAYS = "throughline: withTracingConfig: its argument should be Next's configuration, an object; got";
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['standalone', 'string'],
    [7, 'number'],
    [[], 'an array'],
  ])('refuses %p', (given, shown) => {
    expect(() => withTracingConfig(given as unknown as NextConfig)).toThrow(new TypeError(`${SAYS} ${shown}`));
  });

  it('refuses what a function or a promise gives', async () => {
    const says =
      "throughline: withTracingConfig: what the function gives should be Next's configuration, an object; got undefined";
    const sync = withTracingConfig((() => undefined) as unknown as () => NextConfig);
    const later = withTracingConfig((async () => undefined) as unknown as () => Promise<NextConfig>);
    expect(() => sync()).toThrow(new TypeError(says));
    await expect(later()).rejects.toThrow(new TypeError(says));
    await expect(withTracingConfig(Promise.resolve('x') as unknown as Promise<NextConfig>)).rejects.toThrow(
      `${SAYS} string`,
    );
  });

  it('lets the errors of a function through', () => {
    const error = new Error('theirs');
    const broken = withTracingConfig((): NextConfig => {
      throw error;
    });
    expect(broken).toThrow(error);
  });
});
