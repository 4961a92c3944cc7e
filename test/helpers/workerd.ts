/** Runs Workers in the real workerd, bundled as `wrangler` bundles them, with every binding that runs locally. */
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type BuildOptions, build } from 'esbuild';
import { Miniflare, type MiniflareOptions, type WorkerOptions } from 'miniflare';

const ROOT = resolve(__dirname, '../..');

interface PackageFile {
  readonly exports: Readonly<Record<string, string | { readonly workerd?: Target; readonly import?: Target }>>;
}
interface Target {
  readonly default?: string;
  readonly import?: Target;
}

/** What an import of the package leads to in a Worker: the source that `dist` is built from. */
function sourcesOfPackage(): Record<string, string> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as PackageFile;
  return Object.fromEntries(
    Object.entries(exports).flatMap(([name, entry]) => {
      if (typeof entry === 'string') return [];
      const target = (entry.workerd?.import ?? entry.workerd ?? entry.import)?.default ?? '';
      const source = target.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts');
      return [[name.replace(/^\./, 'throughline'), join(ROOT, source)]];
    }),
  );
}

/** As `wrangler` calls esbuild (workers-sdk, `deployment-bundle/bundle.ts`). */
const AS_WRANGLER: BuildOptions = {
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  mainFields: ['browser', 'module', 'main'],
  conditions: ['workerd', 'worker', 'browser'],
  external: ['node:*', 'cloudflare:*'],
  logLevel: 'silent',
};

/**
 * Bundles a Worker. `throughline/...` in it are the sources of this repository.
 *
 * @param path of its main module, from the repository's root
 * @param options further ones for esbuild
 * @returns the one module it becomes
 * @throws what does not bundle
 */
export async function bundleWorker(path: string, options: BuildOptions = {}): Promise<string> {
  const alias = sourcesOfPackage();
  // esbuild's own `alias` would take `throughline/boot` for a file below `throughline`.
  const plugin = {
    name: 'throughline',
    setup: ({
      onResolve,
    }: {
      onResolve: (...given: [{ filter: RegExp }, (args: { path: string }) => object]) => void;
    }) => onResolve({ filter: /^throughline(?:\/|$)/ }, (args) => ({ path: alias[args.path] ?? args.path })),
  };
  const { outputFiles = [] } = await build({
    ...AS_WRANGLER,
    entryPoints: [join(ROOT, path)],
    plugins: [plugin],
    ...options,
  });
  return outputFiles[0]?.text ?? '';
}

/** A Worker without its code: name, bindings, queues. */
export type WorkerBindings = Omit<WorkerOptions, 'modules' | 'script' | 'scriptPath'> & { readonly name: string };

/**
 * A Worker for `startWorkers`.
 *
 * @param path of its main module, from the repository's root
 * @param bindings its name, variables and bindings
 * @returns the Worker, bundled
 */
export async function worker(path: string, bindings: WorkerBindings): Promise<WorkerOptions> {
  return {
    compatibilityDate: '2026-04-01',
    compatibilityFlags: ['nodejs_als'],
    ...bindings,
    modules: [{ type: 'ESModule', path: 'worker.js', contents: await bundleWorker(path) }],
  } as WorkerOptions;
}

/** Workers that run. */
export interface RunningWorkers {
  readonly url: string;
  /** What they printed, line by line. */
  readonly lines: readonly string[];
  /** Resolves when a line with this text has been printed. */
  said(text: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts Workers in one workerd; the first one answers requests.
 *
 * @param workers what runs, each as `worker` gives it
 * @returns the address of the first, and what they print
 */
export async function startWorkers(workers: readonly WorkerOptions[]): Promise<RunningWorkers> {
  const lines: string[] = [];
  const printed = new EventEmitter();
  const said = async (text: string): Promise<void> => {
    while (!lines.some((line) => line.includes(text))) await once(printed, 'line');
  };
  const options: MiniflareOptions = {
    host: '127.0.0.1',
    port: 0,
    cf: false,
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      for (const stream of [stdout, stderr]) {
        createInterface(stream).on('line', (line) => {
          lines.push(line);
          printed.emit('line');
        });
      }
    },
    workers: [...workers],
  };
  const miniflare = new Miniflare(options);
  try {
    const url = (await miniflare.ready).href.replace(/\/$/, '');
    // After a failed start, `dispose` throws the start's error again.
    return { url, lines, said, stop: () => miniflare.dispose().catch(() => {}) };
  } catch (error) {
    await miniflare.dispose().catch(() => {});
    throw new Error(`workerd did not start:\n${lines.join('\n')}`, { cause: error });
  }
}

/**
 * A stand-in for a binding that does not run locally: a module inside the Worker's own runtime.
 *
 * @param name of the stand-in
 * @param path of its module, from the repository's root; it exports a function that makes the binding
 * @returns the stand-in, for `startWorkers`; bind it with `wrappedBindings`
 */
export async function standIn(name: string, path: string): Promise<WorkerOptions> {
  return { name, modules: [{ type: 'ESModule', path: 'stand-in.js', contents: await bundleWorker(path) }] };
}
