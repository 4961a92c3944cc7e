/**
 * The floors of docs/architecture.md, as arrows that an import may not draw. Pure: takes the sources as text, gives back
 * sentences. A file that has no floor is a violation too, so that a new folder has to be given one here.
 */
import { atTopLevel, importsOf, lineOf, readSource, resolveImport, type ImportOf } from './source-text.ts';

const LIBRARY = 'src/lib/tracing/';
const MAX_LINES = 250;

/** Files directly in the library's folder that are not on floor 0. */
const ROOT_FILES: Readonly<Record<string, Floor>> = {
  'index.ts': 'page',
  'decorator.ts': 2,
  'config.ts': 'config',
  'options.ts': 'config',
  'environment.ts': 'config',
  'sampling.ts': 'config',
  'honeycomb.ts': 'config',
};
/** Files that import nothing but one another, and may therefore be imported from every floor. */
const LEAVES = new Set(['semconv/names.ts', 'semconv/worker-names.ts', 'redaction.ts']);
const FLOOR_2_FOLDERS = new Set([
  'http-tracing',
  'database-tracing',
  'ai-tracing',
  'service-tracing',
  'messaging-tracing',
  'workers-tracing',
  'next',
]);
/** Single files that are on floor 3 inside a folder of floor 2. */
const FLOOR_3_FILES = new Set([
  'next/config.ts',
  'next/installed.ts',
  'next/node.ts',
  'workers-tracing/boot.ts',
  'workers-tracing/workerd.ts',
]);
/** Written to be read by a program on the other side of standard output: this is their job. */
const MAY_PRINT = ['simple/', 'messaging-tracing/log.ts', 'workers-tracing/printer.ts'];
/** The reference platform's own folders. */
const PLATFORM =
  /^(?:src\/(?:app|services|pipeline|cli|middleware|browser-tracing)\/|(?:src\/)?(?:instrumentation(?:-client)?|proxy)\.tsx?$)/;

type Floor = 0 | 'propagation' | 'semconv' | 2 | 3 | 'config' | 'simple' | 'page' | undefined;

/** What a file of the library may import, said in one sentence. */
const RULE = {
  leaf: 'every floor imports this file, so it imports nothing itself but others of its kind',
  0: 'floor 0 may import @opentelemetry/api alone',
  propagation: 'propagation (floor 1) may import floors 0-1 and @opentelemetry/api alone',
  semconv: 'semconv (floor 1) is pure and imports nothing outside semconv but types of @opentelemetry/api',
  2: 'floor 2 may import floors 0-1 and @opentelemetry/api, and types of its peers, never another part of floor 2, config or boot',
  3: 'floor 3 may import lower floors by their public pages, config, @opentelemetry/*, the module hooks, node:*, cloudflare:* and types of its peers',
  config: 'config.ts may import floors 0-1, zod and types of @opentelemetry/* alone',
  simple: 'simple imports nothing',
  page: 'the public page re-exports floors 0-2 by their own pages, never what brings an SDK (boot, workers-tracing)',
} as const;

/** What installs the module hooks at boot: the instrumentations stand on the same package. */
const MODULE_HOOKS = 'import-in-the-middle/register-hooks.mjs';

/** Packages the application brings along; the library names their types and nothing else of them. */
const PEER = /^(?:next|react|openai|pg|@prisma\/client|@cloudflare\/workers-types)(?:\/|$)/;

const insideLibrary = (path: string): string | undefined =>
  path.startsWith(LIBRARY) ? path.slice(LIBRARY.length) : undefined;
const folderOf = (inside: string): string => (inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : '');

/** Which floor a file of the library stands on; `undefined` where nobody has said. */
function floorOf(inside: string): Floor {
  const folder = folderOf(inside);
  if (folder === '') return Object.hasOwn(ROOT_FILES, inside) ? ROOT_FILES[inside] : 0;
  if (FLOOR_3_FILES.has(inside) || folder === 'boot') return 3;
  if (folder === 'propagation' || folder === 'semconv' || folder === 'simple') return folder;
  return FLOOR_2_FOLDERS.has(folder) ? 2 : undefined;
}

const isFloor0or1 = (floor: Floor): boolean => floor === 0 || floor === 'propagation' || floor === 'semconv';

/** Says whether `from`, on `floor`, may import `to`; both inside the library. */
function mayImportInside(from: string, floor: Exclude<Floor, undefined>, to: string, typeOnly: boolean): boolean {
  if (LEAVES.has(to)) return true;
  const other = floorOf(to);
  const sameFolder = folderOf(from) !== '' && folderOf(from) === folderOf(to);
  switch (floor) {
    case 0:
      return other === 0;
    case 'semconv':
    case 'simple':
      return sameFolder;
    case 'propagation':
      return isFloor0or1(other);
    case 'config':
      return isFloor0or1(other) || other === 'config';
    case 2:
      // A folder's page may offer the folder's floor-3 file; no other file of floor 2 may lean on it.
      return isFloor0or1(other) || (sameFolder && (other === 2 || from.endsWith('/index.ts')));
    case 3:
      return isFloor0or1(other) || other === 3 || other === 'config' || (other === 2 && (sameFolder || isPage(to)));
    default:
      return isPage(to)
        ? !/^(?:boot|workers-tracing)\//.test(to) || typeOnly
        : folderOf(to) === '' && (other !== 'config' || typeOnly);
  }
}

/** A folder's page, or a single file directly in the library's folder. */
const isPage = (inside: string): boolean => /^(?:[\w-]+\/index|decorator)\.ts$/.test(inside);

function mayImportPackage(floor: Exclude<Floor, undefined>, { specifier, typeOnly }: ImportOf): boolean {
  if (floor === 'simple') return false;
  if (specifier === '@opentelemetry/api') return floor !== 'semconv' || typeOnly;
  if (floor === 'config') return specifier === 'zod' || (typeOnly && specifier.startsWith('@opentelemetry/'));
  if (floor === 2) return typeOnly && PEER.test(specifier);
  if (floor === 3) {
    return (
      specifier.startsWith('@opentelemetry/') ||
      specifier === MODULE_HOOKS ||
      /^(?:node|cloudflare):/.test(specifier) ||
      (typeOnly && PEER.test(specifier))
    );
  }
  return false;
}

/** The arrows from one file of the library. */
function* arrowsInLibrary(
  path: string,
  inside: string,
  imports: readonly ImportOf[],
  has: (path: string) => boolean,
): Generator<string> {
  const floor = floorOf(inside);
  if (floor === undefined) {
    yield `${path}: the folder ${folderOf(inside)} has no floor; give it one in test/unit/repository/floors.ts`;
    return;
  }
  for (const one of imports) {
    const to = resolveImport(path, one.specifier, has);
    const target = to === undefined ? undefined : insideLibrary(to);
    if (LEAVES.has(inside)) {
      if (target === undefined || !LEAVES.has(target)) yield `${path} -> ${one.specifier}: ${RULE.leaf}`;
      continue;
    }
    const shared = to?.startsWith('src/data/') === true && (floor === 2 || floor === 3);
    const allowed =
      to === undefined
        ? mayImportPackage(floor, one)
        : shared || (target !== undefined && mayImportInside(inside, floor, target, one.typeOnly));
    const why = to?.startsWith('src/viewer/') ? 'library and viewer meet on the wire' : RULE[floor];
    if (!allowed) yield `${path} -> ${one.specifier}: ${why}`;
  }
}

/** The arrows from a file of the platform, the command or the viewer. */
function* arrowsOutside(path: string, imports: readonly ImportOf[], has: (path: string) => boolean): Generator<string> {
  for (const { specifier } of imports) {
    const to = resolveImport(path, specifier, has);
    if (to === undefined) continue;
    if (path.startsWith('src/viewer/')) {
      if (to.startsWith('src/lib/')) yield `${path} -> ${specifier}: library and viewer meet on the wire`;
      continue;
    }
    if (path.startsWith('src/data/')) {
      if (!to.startsWith('src/data/'))
        yield `${path} -> ${specifier}: src/data is data and imports nothing of the program`;
      continue;
    }
    const target = insideLibrary(to);
    if (target === undefined) continue;
    if (target === 'boot/index.ts') {
      // The command sends what a log holds, with boot's exporter; it starts nothing.
      if (!/^(?:src\/)?instrumentation\.ts$|^src\/cli\/replay\.ts$/.test(path))
        if (!/^(?:src\/(?:pipeline\/)?)?instrumentation\.ts$/.test(path))
          yield `${path} -> ${specifier}: instrumentation alone may import boot`;
    } else if (target !== 'index.ts' && !/^[\w-]+\/index\.ts$/.test(target)) {
      yield `${path} -> ${specifier}: floor 4 imports public pages only (@/lib/tracing, @/lib/tracing/<folder>)`;
    }
  }
}

/** What a file of the library may not contain, whatever it imports. */
function* habits(path: string, inside: string, text: string): Generator<string> {
  const source = readSource(text);
  const where = (at: number): string => `${path}:${lineOf(text, at)}`;
  for (const match of atTopLevel(source, /\bexport\s*\*/g))
    yield `${where(match.index)}: a public page names its exports, no export *`;
  for (const match of atTopLevel(source, /\b(?:let|var)\s+[\w$[{]/g)) {
    yield `${where(match.index)}: state hangs on globalThis with one owner in boot, no module-level let`;
  }
  if (!MAY_PRINT.some((start) => inside.startsWith(start))) {
    for (const match of source.code.matchAll(/\bconsole\s*(?:\?\.|\.|\[)/g))
      yield `${where(match.index)}: diag speaks for the library, no console`;
  }
  if (inside !== 'environment.ts') {
    for (const match of source.code.matchAll(
      /\bprocess\s*(?:\?\.|\.)\s*env\b|\benv\b[^;{}=]*\}\s*=\s*(?:globalThis\s*\??\.\s*)?process\b/g,
    )) {
      const before = source.code.slice(0, match.index);
      const after = source.code.slice(match.index + match[0].length);
      const byGlobal = /\bglobalThis\s*(?:\?\.|\.)\s*$|\bprocess\b[^=;]*\}\s*=\s*globalThis\b/.test(before);
      // Boot may tell Next something through the environment; that writes, and reads nothing for our own use.
      const writes = /^\s*(?:\.\s*\w+|\[[^\]]*\])\s*(?:\?\?)?=(?!=)/.test(after);
      if ((inside.startsWith('simple/') && byGlobal) || (inside.startsWith('boot/') && writes)) continue;
      yield `${where(match.index)}: environment.ts alone reads process.env`;
    }
  }
  const lines = text.replace(/\n$/, '').split('\n').length;
  if (lines > MAX_LINES) yield `${path}: ${lines} lines, at most ${MAX_LINES}`;
}

/**
 * Checks sources against the floors and the habits of the library.
 *
 * @param files each source under `src` (and the root's instrumentation.ts), by its path from the repository's root with
 *   forward slashes
 * @returns one sentence for each violation, sorted; empty when all is well
 */
export function floorViolations(files: ReadonlyMap<string, string>): string[] {
  const has = (path: string): boolean => files.has(path);
  const found: string[] = [];
  for (const [path, text] of files) {
    const imports = importsOf(readSource(text));
    const inside = insideLibrary(path);
    if (inside === undefined) {
      found.push(...arrowsOutside(path, imports, has));
      if (path.startsWith('src/') && !PLATFORM.test(path) && !/^src\/(?:viewer|data|generated)\//.test(path)) {
        found.push(`${path}: no floor holds this file; give it one in test/unit/repository/floors.ts`);
      }
    } else {
      found.push(...arrowsInLibrary(path, inside, imports, has), ...habits(path, inside, text));
    }
  }
  return found.toSorted();
}
