/** What is hooked, and what becomes of a boot where it cannot be. Whether a driver is seen: test/e2e/drivers.test.ts. */
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { createAutoInstrumentations } from '@/lib/tracing/boot/instrumentations.ts';
import { type HookParts, filesOf, installModuleHooks, packagesOf } from '@/lib/tracing/boot/module-hooks.ts';
import { createTargetPolicy } from '@/lib/tracing/boot/target-policy.ts';
import { listenToDiag } from './surroundings.ts';

const EVERYBODY = createTargetPolicy({ propagateTo: undefined, baggageTargets: [] });
const hooking = (...names: unknown[]): Instrumentation =>
  ({ instrumentationName: 'test', _modules: names.map((name) => ({ name })) }) as unknown as Instrumentation;

const VERSIONS =
  'throughline: this Node has no module hooks that work (22.22.3, 24.11.1, 25.1 and 26 have them): drivers that are ES ' +
  'modules are not traced; everything else is';
const FAILED =
  'throughline: the module hooks could not be installed: drivers that are ES modules are not traced; everything else is';

it('asks for the packages of the automatic instrumentations', () => {
  const packages = packagesOf(createAutoInstrumentations(EVERYBODY));
  const wanted = ['pg', 'pg-pool', 'ioredis', 'mysql2', 'mongodb'];
  expect([wanted.filter((name) => !packages.includes(name)), packages.includes('http')]).toEqual([[], false]);
});

it.each([
  ['packages, each once', [hooking('pg', 'pg'), hooking('ioredis')], ['ioredis', 'pg']],
  ["nothing of Node's own", [hooking('http', 'node:https', 'fs')], []],
  ['no files and no oddities', [hooking('/opt/driver/index.js', './driver', undefined, 7)], []],
  ['nothing where the base class is another one', [{ instrumentationName: 'bare' } as Instrumentation], []],
])('reads %s', (_what, instrumentations, expected) => {
  expect(packagesOf(instrumentations)).toEqual(expected);
});

it.each([
  ['file:///app/node_modules/pg/esm/index.mjs', true],
  ['file:///app/node_modules/.pnpm/pg@8.23.1/node_modules/pg/lib/index.js', true],
  ['file:///app/node_modules/@redis/client/dist/index.mjs', true],
  ['file:///app/node_modules/pg-pool/index.js', false],
  ['file:///app/node_modules/other/pg/index.js', false],
  ['file:///app/node_modules/@redisXclient/index.js', false],
  ['node:http', false],
])('matches %s: %p', (url, expected) => {
  expect(filesOf(['pg', '@redis/client']).test(url)).toBe(expected);
});

it.each([
  ['where Node can', true, () => {}, 1, []],
  ['where Node cannot', false, () => {}, 0, [VERSIONS]],
  [
    'where it fails',
    true,
    () => {
      throw new Error('no loader');
    },
    1,
    [FAILED],
  ],
])('installs the hooks once for a process and says one thing: %s', (_what, supported, act, calls, said) => {
  const messages = listenToDiag();
  const register = jest.fn(act);
  const parts: HookParts = { register, isSupported: () => supported, holder: {} };
  installModuleHooks([hooking('pg')], parts);
  installModuleHooks([hooking('pg')], parts);
  expect([register.mock.calls.length, messages]).toEqual([calls, said]);
});

it('installs none where nothing is to be hooked', () => {
  const register = jest.fn();
  installModuleHooks([hooking('http')], { register, isSupported: () => true, holder: {} });
  expect(register.mock.calls).toEqual([]);
});
