import { repositorySources } from './sources.ts';
import { floorViolations } from './floors.ts';

const T = 'src/lib/tracing';

/** Checks one source among the few files the others need. */
function check(path: string, text: string): string[] {
  const around: [string, string][] = [
    [`${T}/index.ts`, ''],
    [`${T}/span.ts`, ''],
    [`${T}/runtime.ts`, ''],
    [`${T}/config.ts`, ''],
    [`${T}/decorator.ts`, ''],
    [`${T}/boot/index.ts`, ''],
    [`${T}/boot/start.ts`, ''],
    [`${T}/semconv/index.ts`, ''],
    [`${T}/propagation/index.ts`, ''],
    [`${T}/http-tracing/index.ts`, ''],
    [`${T}/ai-tracing/index.ts`, ''],
    [`${T}/ai-tracing/chat.ts`, ''],
    [`${T}/next/config.ts`, ''],
    [`${T}/workers-tracing/index.ts`, ''],
    [`${T}/workers-tracing/boot.ts`, ''],
    ['src/viewer/server/store.ts', ''],
    ['src/data/prices.json', '{}'],
  ];
  return floorViolations(new Map([...around, [path, text]]));
}

describe('the floors', () => {
  it('hold in the sources as they stand', async () => {
    expect(floorViolations(await repositorySources(['src', 'instrumentation.ts']))).toEqual([]);
  });

  const LONG = 'const one = 1;\n';
  const INSIDE: readonly [where: string, text: string, violation: string][] = [
    // floor 0
    ['span.ts', `import { z } from 'zod';`, `${T}/span.ts -> zod: floor 0 may import @opentelemetry/api alone`],
    [
      'span.ts',
      `import { Tracer } from '@opentelemetry/sdk-trace';`,
      `${T}/span.ts -> @opentelemetry/sdk-trace: floor 0 may import @opentelemetry/api alone`,
    ],
    [
      'health.ts',
      `import { a } from './semconv/index.ts';`,
      `${T}/health.ts -> ./semconv/index.ts: floor 0 may import @opentelemetry/api alone`,
    ],
    [
      'attributes.ts',
      `import { hash } from 'node:crypto';`,
      `${T}/attributes.ts -> node:crypto: floor 0 may import @opentelemetry/api alone`,
    ],
    [
      'runtime.ts',
      `import type { Config } from './config.ts';`,
      `${T}/runtime.ts -> ./config.ts: floor 0 may import @opentelemetry/api alone`,
    ],
    [
      'new-file.ts',
      `const x = await import('./boot/start.ts');`,
      `${T}/new-file.ts -> ./boot/start.ts: floor 0 may import @opentelemetry/api alone`,
    ],
    // floor 1
    [
      'semconv/http.ts',
      `import { trace } from '@opentelemetry/api';`,
      `${T}/semconv/http.ts -> @opentelemetry/api: semconv (floor 1) is pure and imports nothing outside semconv but types of @opentelemetry/api`,
    ],
    [
      'semconv/http.ts',
      `export { a } from '../span.ts';`,
      `${T}/semconv/http.ts -> ../span.ts: semconv (floor 1) is pure and imports nothing outside semconv but types of @opentelemetry/api`,
    ],
    [
      'propagation/baggage.ts',
      `import { a } from '../http-tracing/index.ts';`,
      `${T}/propagation/baggage.ts -> ../http-tracing/index.ts: propagation (floor 1) may import floors 0-1 and @opentelemetry/api alone`,
    ],
    // floor 2
    [
      'http-tracing/client.ts',
      `import { chat } from '../ai-tracing/index.ts';`,
      `${T}/http-tracing/client.ts -> ../ai-tracing/index.ts: floor 2 may import floors 0-1 and @opentelemetry/api, and types of its peers, never another part of floor 2, config or boot`,
    ],
    [
      'decorator.ts',
      `import { a } from './http-tracing/index.ts';`,
      `${T}/decorator.ts -> ./http-tracing/index.ts: floor 2 may import floors 0-1 and @opentelemetry/api, and types of its peers, never another part of floor 2, config or boot`,
    ],
    [
      'ai-tracing/openai.ts',
      `import OpenAI from 'openai';`,
      `${T}/ai-tracing/openai.ts -> openai: floor 2 may import floors 0-1 and @opentelemetry/api, and types of its peers, never another part of floor 2, config or boot`,
    ],
    [
      'database-tracing/query.ts',
      `import { start } from '@/lib/tracing/boot';`,
      `${T}/database-tracing/query.ts -> @/lib/tracing/boot: floor 2 may import floors 0-1 and @opentelemetry/api, and types of its peers, never another part of floor 2, config or boot`,
    ],
    [
      'messaging-tracing/log.ts',
      `import fs = require('node:fs');`,
      `${T}/messaging-tracing/log.ts -> node:fs: floor 2 may import floors 0-1 and @opentelemetry/api, and types of its peers, never another part of floor 2, config or boot`,
    ],
    [
      'next/action.ts',
      `import { a } from './config.ts';`,
      `${T}/next/action.ts -> ./config.ts: floor 2 may import floors 0-1 and @opentelemetry/api, and types of its peers, never another part of floor 2, config or boot`,
    ],
    // floor 3 and config
    [
      'boot/start.ts',
      `import { z } from 'zod';`,
      `${T}/boot/start.ts -> zod: floor 3 may import lower floors by their public pages, config, @opentelemetry/*, the module hooks, node:*, cloudflare:* and types of its peers`,
    ],
    [
      'boot/start.ts',
      `import fs from 'fs';`,
      `${T}/boot/start.ts -> fs: floor 3 may import lower floors by their public pages, config, @opentelemetry/*, the module hooks, node:*, cloudflare:* and types of its peers`,
    ],
    [
      'boot/start.ts',
      `import { chat } from '../ai-tracing/chat.ts';`,
      `${T}/boot/start.ts -> ../ai-tracing/chat.ts: floor 3 may import lower floors by their public pages, config, @opentelemetry/*, the module hooks, node:*, cloudflare:* and types of its peers`,
    ],
    [
      'config.ts',
      `import { start } from './boot/start.ts';`,
      `${T}/config.ts -> ./boot/start.ts: config.ts may import floors 0-1, zod and types of @opentelemetry/* alone`,
    ],
    // simple, the public page, unknown folders
    [
      'simple/index.ts',
      `import { trace } from '@opentelemetry/api';`,
      `${T}/simple/index.ts -> @opentelemetry/api: simple imports nothing`,
    ],
    [
      'index.ts',
      `export { startTracing } from './boot/index.ts';`,
      `${T}/index.ts -> ./boot/index.ts: the public page re-exports floors 0-2 by their own pages, never what brings an SDK (boot, workers-tracing)`,
    ],
    [
      'index.ts',
      `export { chat } from './ai-tracing/chat.ts';`,
      `${T}/index.ts -> ./ai-tracing/chat.ts: the public page re-exports floors 0-2 by their own pages, never what brings an SDK (boot, workers-tracing)`,
    ],
    [
      'utils/text.ts',
      '',
      `${T}/utils/text.ts: the folder utils has no floor; give it one in test/unit/repository/floors.ts`,
    ],
    // library and viewer
    [
      'http-tracing/client.ts',
      `import { Store } from '../../../viewer/server/store.ts';`,
      `${T}/http-tracing/client.ts -> ../../../viewer/server/store.ts: library and viewer meet on the wire`,
    ],
    // habits
    ['span.ts', `export * from './runtime.ts';`, `${T}/span.ts:1: a public page names its exports, no export *`],
    [
      'span.ts',
      `const a = { b: () => { let c = 1; return c; } };\nlet spans = 0;`,
      `${T}/span.ts:2: state hangs on globalThis with one owner in boot, no module-level let`,
    ],
    [
      'span.ts',
      `export function f(): void {\n  console.warn('x');\n}`,
      `${T}/span.ts:2: diag speaks for the library, no console`,
    ],
    ['span.ts', 'const text = `${console.log(1)}`;', `${T}/span.ts:1: diag speaks for the library, no console`],
    [
      'boot/start.ts',
      `const e = process.env['OTEL_ENABLED'];`,
      `${T}/boot/start.ts:1: environment.ts alone reads process.env`,
    ],
    [
      'simple/index.ts',
      `const e = process.env['OTEL_ENABLED'];`,
      `${T}/simple/index.ts:1: environment.ts alone reads process.env`,
    ],
    ['span.ts', LONG.repeat(251), `${T}/span.ts: 251 lines, at most 250`],
  ];
  it.each(INSIDE.map(([where, text, violation]) => [violation, where, text] as const))(
    'refuse %s',
    (violation, where, text) => {
      expect(check(`${T}/${where}`, text)).toEqual([violation]);
    },
  );

  const OUTSIDE: readonly [path: string, text: string, violation: string][] = [
    [
      'src/app/page.tsx',
      `import { startTracing } from '@/lib/tracing/boot';`,
      'src/app/page.tsx -> @/lib/tracing/boot: instrumentation alone may import boot',
    ],
    [
      'src/services/cart.ts',
      `import { a } from '@/lib/tracing/span';`,
      'src/services/cart.ts -> @/lib/tracing/span: floor 4 imports public pages only (@/lib/tracing, @/lib/tracing/<folder>)',
    ],
    [
      'src/cli/main.ts',
      `import { chat } from '../lib/tracing/ai-tracing/chat.ts';`,
      'src/cli/main.ts -> ../lib/tracing/ai-tracing/chat.ts: floor 4 imports public pages only (@/lib/tracing, @/lib/tracing/<folder>)',
    ],
    [
      'src/viewer/server/api.ts',
      `import type { A } from '@/lib/tracing';`,
      'src/viewer/server/api.ts -> @/lib/tracing: library and viewer meet on the wire',
    ],
    [
      'src/data/prices.ts',
      `import { a } from '../lib/tracing/index.ts';`,
      'src/data/prices.ts -> ../lib/tracing/index.ts: src/data is data and imports nothing of the program',
    ],
    [
      'src/helpers/text.ts',
      '',
      'src/helpers/text.ts: no floor holds this file; give it one in test/unit/repository/floors.ts',
    ],
  ];
  it.each(OUTSIDE.map(([path, text, violation]) => [violation, path, text] as const))(
    'refuse %s',
    (violation, path, text) => {
      expect(check(path, text)).toEqual([violation]);
    },
  );

  it.each<[path: string, text: string]>([
    [`${T}/span.ts`, `import { trace } from '@opentelemetry/api';\nimport { runtime } from './runtime.ts';`],
    [
      `${T}/span.ts`,
      `// import { z } from 'zod';\n/** @example import { a } from './boot/start.ts'; console.log(process.env); */\nconst quote = /['"]/;\nconst text = 'console.log(1)';`,
    ],
    [`${T}/propagation/baggage.ts`, `import { names } from '../semconv/index.ts';\nimport { a } from '../span.ts';`],
    [
      `${T}/ai-tracing/cost.ts`,
      `import prices from '../../../data/prices.json' with { type: 'json' };\nimport { a } from './chat.ts';`,
    ],
    [`${T}/ai-tracing/openai.ts`, `import type OpenAI from 'openai';\nimport { type Chat } from 'openai/resources';`],
    [`${T}/workers-tracing/index.ts`, `export { initializeTracing } from './boot.ts';`],
    [
      `${T}/boot/start.ts`,
      `import { hostname } from 'node:os';\nimport { NodeSDK } from '@opentelemetry/sdk-node';\nimport { resolve } from '../config.ts';\nprocess.env['NEXT_OTEL_FETCH_DISABLED'] ??= '1';`,
    ],
    [
      `${T}/environment.ts`,
      `import { z } from 'zod';\nimport type { Sampler } from '@opentelemetry/sdk-trace';\nconst env = process.env;`,
    ],
    [
      `${T}/simple/index.ts`,
      `const { console, process } = globalThis as Surroundings;\nconsole.log(process?.env?.['OTEL_SERVICE_NAME']);`,
    ],
    [`${T}/simple/index.ts`, `const name = globalThis.process?.env?.['OTEL_SERVICE_NAME'];\nconsole.log(name);`],
    [
      `${T}/index.ts`,
      `export { withActiveSpan } from './span.ts';\nexport { Trace } from './decorator.ts';\nexport { traceFetch } from './http-tracing/index.ts';\nexport type { Options } from './config.ts';`,
    ],
    ['instrumentation.ts', `await import('@/lib/tracing/boot');`],
    ['src/cli/replay.ts', `await import('../lib/tracing/boot/index.ts');`],
    ['src/instrumentation.ts', `export * from '../instrumentation';`],
    [
      'src/app/api/chat/route.ts',
      `import { withTracing } from '@/lib/tracing';\nimport { traceAIChatCompletion } from '@/lib/tracing/ai-tracing';`,
    ],
    ['src/viewer/ui/page.tsx', `export const Page = () => <p>Don't import '@/lib/tracing'</p>;`],
  ])('let %s be, case %#', (path, text) => {
    expect(check(path, text)).toEqual([]);
  });
});
