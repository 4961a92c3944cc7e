/** Runs the simple tracer in a realm of its own, with what a runtime gives it and nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { type Options, transformSync } from '@swc/core';
import type * as simple from '@/lib/tracing/simple/index.ts';
import { ROOT } from '../../../repository/sources.ts';

const SOURCE = join(ROOT, 'src/lib/tracing/simple/tracer.ts');

/** The module without its types, as one text. */
export function compiled(options: Options): string {
  const { code } = transformSync(readFileSync(SOURCE, 'utf8'), {
    filename: SOURCE,
    isModule: true,
    ...options,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, ...options.jsc },
  });
  return code;
}

export interface Realm {
  readonly simple: typeof simple;
  /** Runs code in the realm; what the module exports is in scope as `simple`. */
  readonly run: (code: string) => unknown;
}

/**
 * A realm of the language alone: no console, no process, no timers, no performance.
 *
 * @param globals what the runtime gives besides
 * @param before code that runs before the module is imported
 */
export function bareRealm(globals: Readonly<Record<string, unknown>> = {}, before = ''): Realm {
  const context = createContext(Object.assign(Object.create(null), globals) as object);
  // V8 gives every realm a console of its own.
  if (!('console' in globals)) runInContext('delete globalThis.console', context);
  const run = (code: string): unknown => runInContext(code, context);
  run(before);
  run(`const simple = {}; (function (exports) {${compiled({ module: { type: 'commonjs' } })}\n})(simple);`);
  return { simple: run('simple') as typeof simple, run };
}
