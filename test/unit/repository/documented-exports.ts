/**
 * Finds exports that nobody has explained. Pure: takes the sources as text, gives back sentences. A comment counts when
 * it stands directly above the declaration; for overloads, above the first one.
 */
import { atTopLevel, importsOf, lineOf, readSource, resolveImport, type SourceText } from './source-text.ts';

/** One declaration at the top level of a file. */
interface Declaration {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'const' | 'type';
  readonly exported: boolean;
  readonly line: number;
  /** The text of the doc comment directly above, without its stars; `undefined` where there is none. */
  readonly doc: string | undefined;
}

const DECLARATION =
  /\b(?<exported>export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?<keyword>(?:async\s+)?function\s*\*?|class|const(?:\s+enum)?|let|var|type|interface|enum)\s+(?<name>[\w$]+)/g;

/** What a constant has to look like to count as a function: an arrow, or a function expression. */
const FUNCTION_VALUE =
  /^[^=;]*?(?:=>[^=;]*?)?=\s*(?:async\s+)?(?:function\b|(?:<[^;=]*>\s*)?\([^;]*?\)\s*(?::[^=;{]*)?=>|[\w$]+\s*=>)/;

/** The doc comment that ends directly above a position; line comments (a lint switch) may stand between. */
function docAbove(text: string, at: number): string | undefined {
  const above = text.slice(0, at).replace(/(?:\n[ \t]*\/\/[^\n]*)+\n[ \t]*$/, '\n');
  const found = /\/\*\*(?<body>(?:[^*]|\*(?!\/))*)\*\/[ \t]*(?:\n[ \t]*)?$/.exec(above.slice(-20_000));
  return found?.groups?.['body']?.replaceAll(/^[ \t]*\*[ \t]?/gm, '').trim();
}

function declarationsOf(source: SourceText): Declaration[] {
  const found: Declaration[] = [];
  for (const match of atTopLevel(source, DECLARATION)) {
    const { exported, keyword = '', name = '' } = match.groups ?? {};
    // A name that is said before it is declared: `export type {`, `import type X`, `typeof x`, `satisfies`...
    const before = source.code.slice(Math.max(0, match.index - 40), match.index);
    if (exported === undefined && !/(?:^|[;}\n])\s*$/.test(before)) continue;
    const rest = source.code.slice(match.index + match[0].length);
    if (name === 'from' || (keyword === 'type' && !/^\s*[=<]/.test(rest))) continue;
    const callable = keyword.includes('function') || (keyword === 'const' && FUNCTION_VALUE.test(rest.slice(0, 2000)));
    const kind = callable
      ? 'function'
      : keyword === 'class'
        ? 'class'
        : /^(?:type|interface)$/.test(keyword)
          ? 'type'
          : 'const';
    const line = lineOf(source.text, match.index);
    found.push({ name, kind, exported: exported !== undefined, line, doc: docAbove(source.text, match.index) });
  }
  return found;
}

/** The names a statement `export { a, b as c }` says, as [name inside, name outside]. */
function* namedExports(source: SourceText): Generator<{ from: string | undefined; local: string; name: string }> {
  for (const match of atTopLevel(source, /\bexport\s+(?:type\s+)?\{(?<names>[^}]*)\}(?<from>\s*from\s*(?=['"]))?/g)) {
    const from = match.groups?.['from'] === undefined ? undefined : source.strings.get(match.index + match[0].length);
    for (const one of (match.groups?.['names'] ?? '').split(',')) {
      const said = /^\s*(?:type\s+)?(?<local>[\w$]+)(?:\s+as\s+(?<name>[\w$]+))?\s*$/.exec(one)?.groups;
      if (said?.['local'] !== undefined) yield { from, local: said['local'], name: said['name'] ?? said['local'] };
    }
  }
}

/** Every file and name that a public page (an index.ts of the library) offers, as `path#name`. */
function offeredBy(pages: readonly string[], sources: ReadonlyMap<string, SourceText>): Set<string> {
  const offered = new Set<string>();
  const has = (path: string): boolean => sources.has(path);
  const follow = (path: string, name: string): void => {
    const key = `${path}#${name}`;
    const source = sources.get(path);
    if (offered.has(key) || source === undefined) return;
    offered.add(key);
    for (const said of namedExports(source)) {
      if (said.name !== name) continue;
      const to = said.from === undefined ? path : resolveImport(path, said.from, has);
      if (to !== undefined) follow(to, said.local);
    }
    // Imported here and exported below: `import { a } from './a.ts'; export { a };`
    for (const { specifier } of importsOf(source)) {
      const to = resolveImport(path, specifier, has);
      const file = to === undefined ? undefined : sources.get(to);
      if (
        to !== undefined &&
        file !== undefined &&
        source.code.includes(`export { ${name}`) &&
        declarationsOf(file).some((d) => d.name === name)
      ) {
        follow(to, name);
      }
    }
  };
  for (const page of pages) {
    const source = sources.get(page);
    if (source === undefined) continue;
    for (const { name } of namedExports(source)) follow(page, name);
    for (const one of declarationsOf(source)) if (one.exported) follow(page, one.name);
  }
  return offered;
}

const sentence = (doc: string): string => doc.replace(/(?:^|\n)\s*@[^]*$/, '').trim();

/**
 * Checks that every export says what it is.
 *
 * @param files the sources, by path from the repository's root with forward slashes
 * @param isPage says whether a file is a public page; functions it offers need `@returns` and `@example` as well
 * @returns one sentence for each export that lacks something, sorted; empty when all is well
 */
export function undocumentedExports(files: ReadonlyMap<string, string>, isPage: (path: string) => boolean): string[] {
  const sources = new Map([...files].map(([path, text]) => [path, readSource(text)] as const));
  const offered = offeredBy([...files.keys()].filter(isPage), sources);
  const found: string[] = [];
  for (const [path, source] of sources) {
    const exportedBelow = new Set(
      [...namedExports(source)].filter((one) => one.from === undefined).map((one) => one.local),
    );
    const seen = new Set<string>();
    for (const one of declarationsOf(source)) {
      // The first of several overloads carries the comment; a type and a value may share a name.
      const key = `${one.kind === 'type' ? 'type' : 'value'} ${one.name}`;
      if ((!one.exported && !exportedBelow.has(one.name)) || seen.has(key)) continue;
      seen.add(key);
      const where = `${path}:${one.line}: ${one.name}`;
      if (one.doc === undefined) found.push(`${where} has no doc comment directly above it`);
      else if (sentence(one.doc).split(/\s+/).length < 2) found.push(`${where} has a doc comment that says nothing`);
      else if (one.kind === 'function' && offered.has(`${path}#${one.name}`)) {
        if (!/\breturns?\b/i.test(one.doc)) found.push(`${where} does not say what it returns`);
        if (!one.doc.includes('@example')) found.push(`${where} has no @example`);
      }
    }
  }
  return found.toSorted();
}
