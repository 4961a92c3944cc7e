/** What is installed, as Node would find it from a directory; and what of it the tracing of files does not see. */
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The scope of everything OpenTelemetry. */
const SCOPE = '@opentelemetry';
const INSTRUMENTATION = `${SCOPE}/instrumentation`;

function* modulesAbove(directory: string): Generator<string> {
  for (let at = directory; ; at = dirname(at)) {
    yield join(at, 'node_modules');
    if (dirname(at) === at) return;
  }
}

/**
 * Finds a package the way Node does.
 *
 * @param name the package
 * @param from the directory of who asks
 * @returns its folder with links followed, `undefined` when it is not installed
 */
export function folderOf(name: string, from: string): string | undefined {
  for (const modules of modulesAbove(from)) {
    const folder = join(modules, name);
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
  }
  return undefined;
}

/**
 * Finds the file that a package is loaded by. `require-in-the-middle` looks for it before it hooks any other file of the
 * package, and an application that takes `mysql2/promise` alone may not carry it (measured: Turbopack, standalone).
 *
 * @param name the package
 * @param from the directory of who asks
 * @returns its path with links followed, `undefined` when there is none
 */
export function mainFileOf(name: string, from: string): string | undefined {
  try {
    return realpathSync(createRequire(join(from, 'package.json')).resolve(name));
  } catch {
    return undefined;
  }
}

/**
 * Lists the OpenTelemetry packages that can be found from a directory.
 *
 * @param directory the project's
 * @returns their names
 */
export function telemetryPackages(directory: string): string[] {
  const names = [...modulesAbove(directory)].flatMap((modules) => {
    try {
      return readdirSync(join(modules, SCOPE));
    } catch {
      return [];
    }
  });
  return names.map((name) => `${SCOPE}/${name}`).filter((name) => folderOf(name, directory) !== undefined);
}

function dependenciesOf(folder: string): string[] {
  try {
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: Readonly<Record<string, string>>;
    };
    return Object.keys(dependencies ?? {}).filter((name) => !name.startsWith('@types/'));
  } catch {
    return [];
  }
}

/**
 * Finds what instrumentations stand on. They are published with a `require` of their own making, which the tracing of
 * files cannot follow: without `forwarded-parse` a standalone build does not even boot (measured, Next 16.4.5).
 *
 * @param roots packages to begin from, such as `throughline`
 * @param directory the project's
 * @returns folders of packages
 */
export function foldersInstrumentationsNeed(roots: readonly string[], directory: string): string[] {
  const needed = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string, from: string, isNeeded: boolean): void => {
    const folder = folderOf(name, from);
    if (folder === undefined || (isNeeded ? needed : seen).has(folder)) return;
    (isNeeded ? needed : seen).add(folder);
    for (const dependency of dependenciesOf(folder)) {
      const ofScope = dependency.startsWith(`${SCOPE}/`);
      if (ofScope) visit(dependency, folder, false);
      else if (isNeeded || name.startsWith(INSTRUMENTATION)) visit(dependency, folder, true);
    }
  };
  for (const root of roots) visit(root, directory, false);
  return [...needed].toSorted();
}
