/**
 * One wrapper around Next's configuration: drivers stay outside the bundle, where instrumentations can see them, and a
 * standalone build carries what they stand on. Next loads it as it stands, types stripped: erasable syntax and node:* only.
 */
import { realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { NextConfig } from 'next';
import { folderOf, foldersInstrumentationsNeed, mainFileOf, telemetryPackages } from './installed.ts';

/** Next's configuration in any of the forms that it takes: an object, a promise of one, or a function that makes one. */
export type NextConfigInput =
  | NextConfig
  | Promise<NextConfig>
  | ((phase: string, context: { defaultConfig: NextConfig }) => NextConfig | Promise<NextConfig>);

/** Packages whose calls are traced by hooking their modules, or whose objects must be the same in boot and in routes. */
const HOOKED = [
  'throughline',
  '@grpc/grpc-js',
  '@prisma/adapter-pg',
  '@prisma/client',
  '@prisma/instrumentation',
  '@redis/client',
  'amqplib',
  'bullmq',
  'bunyan',
  'cassandra-driver',
  'generic-pool',
  'ioredis',
  'kafkajs',
  'knex',
  'memcached',
  'mongodb',
  'mongoose',
  'mysql',
  'mysql2',
  'openai',
  'oracledb',
  'pg',
  'pg-pool',
  'pino',
  'redis',
  'socket.io',
  'tedious',
  'winston',
] as const;

/** Every route: what serves requests needs the hooks, whichever route is asked for. */
const EVERY_ROUTE = '/**';

function packagesToKeepOut(directory: string): string[] {
  const drivers = HOOKED.filter((name) => folderOf(name, directory) !== undefined);
  return [...drivers, ...telemetryPackages(directory)].toSorted();
}

/** What a standalone build has to carry besides what is imported by name: globs relative to the project. */
function filesToCarry(directory: string): string[] {
  const roots = ['throughline', ...telemetryPackages(directory)];
  const project = realpathSync(directory);
  const glob = (path: string): string => relative(project, path).split(sep).join('/');
  const folders = foldersInstrumentationsNeed(roots, directory).map((folder) => `${glob(folder)}/**/*`);
  const mains = HOOKED.flatMap((name) => (name === 'throughline' ? [] : (mainFileOf(name, directory) ?? [])));
  return [...folders, ...mains.map(glob)];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

/** The user's list with ours after it; anything but a list is left for Next to complain about. */
function extend(given: unknown, ours: readonly string[]): unknown {
  if (given === undefined) return [...ours];
  return Array.isArray(given) ? [...new Set<unknown>([...(given as unknown[]), ...ours])] : given;
}

function addTo(config: unknown, directory: string, from: string): NextConfig {
  if (!isObject(config)) {
    throw new TypeError(
      `throughline: withTracingConfig: ${from} should be Next's configuration, an object; got ${show(config)}`,
    );
  }
  // A copy by descriptors: the user's object may be frozen, and a getter stays one.
  const copy: NextConfig = Object.create(
    Object.getPrototypeOf(config) as object | null,
    Object.fromEntries(
      Reflect.ownKeys(config).map((key) => {
        const descriptor = Object.getOwnPropertyDescriptor(config, key) ?? {};
        const writable = 'value' in descriptor ? { writable: true } : {};
        return [key, { ...descriptor, ...writable, configurable: true }];
      }),
    ),
  ) as NextConfig;
  const set = (key: keyof NextConfig, value: unknown): void => {
    Object.defineProperty(copy, key, { value, writable: true, enumerable: true, configurable: true });
  };
  const { transpilePackages, serverExternalPackages, outputFileTracingIncludes } = config as NextConfig;
  // Next refuses a package that is in both lists.
  const compiled: readonly unknown[] = Array.isArray(transpilePackages) ? transpilePackages : [];
  const outside = packagesToKeepOut(directory).filter((name) => !compiled.includes(name));
  set('serverExternalPackages', extend(serverExternalPackages, outside));
  const carried = filesToCarry(directory);
  if (carried.length > 0 && (outputFileTracingIncludes === undefined || isObject(outputFileTracingIncludes))) {
    const theirs = outputFileTracingIncludes?.[EVERY_ROUTE];
    set('outputFileTracingIncludes', { ...outputFileTracingIncludes, [EVERY_ROUTE]: extend(theirs, carried) });
  }
  return copy;
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/**
 * Prepares Next's configuration for tracing. The database, cache, queue and logging packages that are installed, and every
 * `@opentelemetry` package, are added to `serverExternalPackages`, but for those in `transpilePackages`; what
 * instrumentations stand on and look for is added to `outputFileTracingIncludes`, for `output: 'standalone'`. Everything else stays as
 * it is. What is installed is looked up from the directory that `next` is started in. Works with Turbopack and webpack.
 *
 * @param nextConfig what Next takes: an object, a promise of one, or a function, which gets Next's own arguments
 * @returns the same form; the given object is not changed
 * @throws TypeError for anything else, at once, and when a function or promise gives something else, as Next reads it
 * @example
 * const config = withTracingConfig({ poweredByHeader: false, serverExternalPackages: ['sharp'] });
 * config.serverExternalPackages?.[0]; // 'sharp'
 */
export function withTracingConfig<Config extends NextConfigInput>(nextConfig: Config): Config {
  const directory = resolve(process.cwd());
  const settle = (config: unknown, from: string): unknown =>
    isPromise(config)
      ? Promise.resolve(config).then((settled) => addTo(settled, directory, from))
      : addTo(config, directory, from);
  const given: unknown = nextConfig;
  if (typeof given !== 'function') return settle(given, 'its argument') as Config;
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    return settle(Reflect.apply(given, this, args), 'what the function gives');
  };
  return wrapped as unknown as Config;
}
