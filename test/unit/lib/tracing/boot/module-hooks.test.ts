/** Node's module hooks are installed once, for what the instrumentations name, and never at the cost of the boot. */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { type HookParts, filesOf, installModuleHooks, packagesOf } from '@/lib/tracing/boot/module-hooks.ts';

const hooking = (...names: unknown[]): Instrumentation =>
  ({ _modules: names.map((name) => ({ name })) }) as unknown as Instrumentation;

describe('the packages that are looked at', () => {
  it.each<[what: string, instrumentations: Instrumentation[], packages: string[]]>([
    ['are those that instrumentations name, each once', [hooking('pg', 'pg-pool'), hooking('pg', '@redis/client')], ['@redis/client', 'pg', 'pg-pool']], // prettier-ignore
    ['are no modules of Node’s, and no files', [hooking('http', 'node:fs', 'pg', '/opt/file.js', './x')], ['pg']],
    ['are none where an instrumentation tells nothing', [{} as Instrumentation, hooking(undefined, 7)], []],
  ])('%s', (_what, instrumentations, packages) => {
    expect(packagesOf(instrumentations)).toEqual(packages);
  });

  it.each([
    ['file:///app/node_modules/pg/lib/index.mjs', true],
    ['file:///app/.next/node_modules/../../node_modules/pg/esm/index.mjs', true],
    ['file:///app/node_modules/.pnpm/pg@8.23.1/node_modules/pg/esm/index.mjs', true],
    ['file:///app/node_modules/@redis/client/dist/index.mjs', true],
    ['file:///app/node_modules/pg-native/index.mjs', false],
    ['file:///app/node_modules/@other/client/index.mjs', false],
    ['file:///app/src/pg/index.mjs', false],
  ])('have %s: %p', (address, expected) => {
    expect(filesOf(['@redis/client', 'pg']).test(address)).toBe(expected);
  });
});

describe('installing', () => {
  /** What was included, and what was said. */
  function install(times: number, parts: Partial<HookParts>, instrumentations = [hooking('pg')]): unknown {
    const included: string[] = [];
    const said: string[] = [];
    const say = (message: string): void => void said.push(message);
    const quiet = (): void => {};
    diag.setLogger({ error: say, warn: say, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
    const register: HookParts['register'] = ({ include }) => void included.push(...include.map(String));
    const all: HookParts = { register, isSupported: () => true, holder: {}, ...parts };
    for (let time = 0; time < times; time++) installModuleHooks(instrumentations, all);
    diag.disable();
    return [included, said];
  }

  it.each<[what: string, times: number, parts: Partial<HookParts>, outcome: unknown]>([
    ['happens once for a process', 2, {}, [['/\\/node_modules\\/(?:pg)\\//'], []]],
    [
      'is said to be impossible once, with the versions that can',
      2,
      { isSupported: () => false },
      [
        [],
        [
          'throughline: this Node has no module hooks that work (22.22.3, 24.11.1, 25.1 and 26 have them): drivers that ' +
            'are ES modules are not traced; everything else is',
        ],
      ],
    ],
    [
      'does not fail the boot',
      2,
      { register: () => JSON.parse('{') as never },
      [
        [],
        [
          'throughline: the module hooks could not be installed: drivers that are ES modules are not traced; ' +
            'everything else is',
        ],
      ],
    ],
  ])('%s', (_what, times, parts, outcome) => {
    expect(install(times, parts)).toEqual(outcome);
  });

  it('is left out where nothing is to be hooked', () => {
    expect(install(1, {}, [])).toEqual([[], []]);
  });
});
