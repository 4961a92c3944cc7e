/** Runs code that documentation shows: compiled as an app's code is, with the real SDK booted in memory. */
import { transformSync } from '@swc/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { TracingOptions } from '@/lib/tracing/boot/index.ts';
import { type TestTracing, bootTracing } from '../../helpers/test-tracing.ts';
import { formatTree, fromSdk } from '../../helpers/trace-tree.ts';
import { AndMore, type CheckedCode, checkedCode, readLiteral } from './code-blocks.ts';
import { textOf } from './files.ts';
import { type Surroundings, surroundings } from './surroundings.ts';

/** How a block is run. */
export interface RunOptions {
  /** Further names that the code may use; they win over the surroundings. */
  readonly scope?: Readonly<Record<string, unknown>>;
  /** Runs the code, in place of calling it at once: inside a request, say. */
  readonly around?: (run: () => Promise<unknown>) => Promise<unknown>;
}

/** What came of it. */
export interface Ran {
  readonly exported: Readonly<Record<string, unknown>>;
  readonly spans: readonly ReadableSpan[];
  /** Everything that left, as one text. */
  readonly bytes: string;
  /** What the library said, as warnings and errors. */
  readonly messages: readonly string[];
  readonly surroundings: Surroundings;
}

function idOf(span: ReadableSpan): bigint {
  return BigInt(`0x${span.spanContext().spanId}`);
}

/**
 * Writes what a block made as a tree. Siblings stand in the order of their ids, which count up as spans start.
 *
 * @param spans of one run
 * @param shown attributes to write
 * @returns one line for each span
 */
export function treeOf(spans: readonly ReadableSpan[], shown: readonly string[] = []): string {
  return formatTree(
    spans.map((span) => Object.assign(fromSdk(span), { startTimeNanos: idOf(span) })),
    shown,
  );
}

interface PackageFile {
  readonly exports: Readonly<Record<string, { readonly import: { readonly default: string } } | string>>;
}

/** What an import path of the published package stands for here: `dist/x.js` is built from `src/x.ts`. */
function importPaths(): Map<string, string> {
  const { exports } = JSON.parse(textOf('package.json')) as PackageFile;
  const paths = new Map<string, string>();
  for (const [name, target] of Object.entries(exports)) {
    const file = typeof target === 'string' ? target : target.import.default;
    if (file.startsWith('./dist/')) {
      paths.set(name.replace(/^\./, 'throughline'), file.replace(/^\.\/dist\//, '@/').replace(/\.js$/, '.ts'));
    }
  }
  // Ended with 2.x; from 3.0 on what it held is here (docs/adr/0002).
  return paths.set('@opentelemetry/sdk-trace-base', '@opentelemetry/sdk-trace');
}

/** Where the import paths of the documentation lead. */
export const IMPORT_PATHS: ReadonlyMap<string, string> = importPaths();

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

type AnyFunction = (...args: unknown[]) => unknown;
type AsyncConstructor = new (...args: string[]) => (...args: unknown[]) => Promise<unknown>;
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as AsyncConstructor;

function compile(code: string): string {
  const { code: compiled } = transformSync(code, {
    filename: 'block.ts',
    isModule: true,
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'commonjs', strict: true },
  });
  return compiled;
}

/** `...` in a list lets the list go on, in an object it lets further keys be there. */
function expectPromised(actual: unknown, literal: unknown): void {
  if (Array.isArray(literal)) {
    const open = literal.at(-1) instanceof AndMore;
    const wanted = open ? literal.slice(0, -1) : literal;
    expect(Array.isArray(actual)).toBe(true);
    const given = actual as unknown[];
    expect(open ? given.slice(0, wanted.length) : given).toHaveLength(wanted.length);
    for (const [index, item] of wanted.entries()) expectPromised(given[index], item);
  } else if (typeof literal === 'object' && literal !== null && '__more' in literal) {
    const { __more, ...wanted } = literal;
    expect(actual).toMatchObject(wanted);
  } else expect(actual).toEqual(literal);
}

/** Boots with the options of the code, in memory instead of over the network. */
class Booted {
  #tracing: TestTracing | undefined;

  start = (options: TracingOptions = {}): TestTracing['handle'] => {
    this.#tracing = bootTracing(options);
    return this.#tracing.handle;
  };

  get tracing(): TestTracing {
    return (this.#tracing ??= bootTracing());
  }

  stop(): Promise<void> {
    return this.#tracing?.stop() ?? Promise.resolve();
  }
}

function requireFor(booted: Booted): (specifier: string) => unknown {
  return (specifier) => {
    const path = IMPORT_PATHS.get(specifier) ?? specifier;
    const page = require(path) as Record<string, unknown>;
    // Next's own works inside a request of Next alone.
    if (path === 'next/server') return { ...page, after: (work: () => unknown): void => void work() };
    return path.includes('/boot/') ? { ...page, startTracing: booted.start } : page;
  };
}

/** Calls what Next would call. */
async function callExports(exported: Readonly<Record<string, unknown>>): Promise<void> {
  const { register } = exported;
  if (typeof register === 'function') await (register as AnyFunction)();
  for (const method of METHODS) {
    const handler = exported[method];
    if (typeof handler !== 'function') continue;
    const request = new Request('http://localhost:3000/api/products/p-1?page=2', { method });
    const response = await (handler as AnyFunction)(request, { params: Promise.resolve({ id: 'p-1' }) });
    if (response instanceof Response) await response.text();
  }
}

/**
 * Runs code as the body of an async function.
 *
 * @param code TypeScript: what documentation shows
 * @param options further names, and what to run it in
 * @returns what it exported and which spans it made
 * @throws what the code throws, and the failed expectation where a value is not the promised one
 */
export async function runCode(code: string, options: RunOptions = {}): Promise<Ran> {
  const checked: CheckedCode = checkedCode(code);
  const booted = new Booted();
  const previous = { fetch: globalThis.fetch, runtime: process.env['NEXT_RUNTIME'] };
  process.env['NEXT_RUNTIME'] = 'nodejs';
  try {
    // A block that boots by itself does it first; any other finds the SDK booted.
    if (!/\bstartTracing\b/.test(code)) booted.start();
    const around = surroundings();
    globalThis.fetch = around.fetch;
    const exported: Record<string, unknown> = {};
    const seen = new Set<number>();
    const scope: Record<string, unknown> = {
      ...around,
      ...options.scope,
      startTracing: booted.start,
      require: requireFor(booted),
      exports: exported,
      __promised: <V>(value: V, index: number): V => {
        const { literal = '' } = checked.promised[index] ?? {};
        seen.add(index);
        expectPromised(value, readLiteral(literal)?.value);
        return value;
      },
    };
    const body = compile(checked.code).replace(/^"use strict";/, '');
    const run = new AsyncFunction(...Object.keys(scope), `"use strict";{${body}\n}`);
    const start = (): Promise<unknown> => run(...Object.values(scope));
    await (options.around ? options.around(start) : start());
    await callExports(exported);
    const unseen = checked.promised.filter((_promised, index) => !seen.has(index)).map(({ literal }) => literal);
    if (unseen.length > 0) throw new Error(`never reached: ${unseen.join(', ')}`);
    const { tracing } = booted;
    return {
      exported,
      spans: await tracing.spans(),
      bytes: await tracing.bytes(),
      messages: tracing.messages,
      surroundings: around,
    };
  } finally {
    globalThis.fetch = previous.fetch;
    if (previous.runtime === undefined) delete process.env['NEXT_RUNTIME'];
    else process.env['NEXT_RUNTIME'] = previous.runtime;
    await booted.stop();
  }
}
