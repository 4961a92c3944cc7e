/**
 * Reads TypeScript as text: enough to find imports, exports and comments in this repository's own sources. TypeScript 7
 * has no JavaScript API, and a parser for three questions would be one more dependency.
 */

/** A string literal: where its opening quote stands, and what is between the quotes. */
export interface StringLiteral {
  readonly at: number;
  readonly value: string;
}

/** A source file, prepared for plain regular expressions. */
export interface SourceText {
  /** The text as it stands. */
  readonly text: string;
  /** The same length: comments, and what is inside strings, templates and regular expressions, made into spaces. */
  readonly code: string;
  /** The string literals, by the position of the opening quote. */
  readonly strings: ReadonlyMap<number, string>;
}

/** One import of a module, of any form. */
export interface ImportOf {
  readonly specifier: string;
  readonly line: number;
  /** `import type ... from`, `export type ... from`: gone after compilation. */
  readonly typeOnly: boolean;
}

/** A slash after one of these begins a regular expression; after anything else it divides. */
const BEFORE_REGEX =
  /(?:^|[=(,:[!&|?{};+\-*%~^>]|\b(?:return|typeof|case|in|of|do|else|void|delete|await|yield|throw))\s*$/;

/**
 * Blanks what is not code, keeping every position and every line.
 *
 * @param text the source, TypeScript or TSX
 * @returns the source beside its code; unfinished strings end with their line
 */
export function readSource(text: string): SourceText {
  // By UTF-16 unit, so that positions in `code` are positions in `text`.
  const out = Array.from({ length: text.length }, (_, unit) => text.charAt(unit));
  const strings = new Map<number, string>();
  const blank = (from: number, to: number): void => {
    for (let at = from; at < to; at += 1) if (out[at] !== '\n') out[at] = ' ';
  };
  // For each `${` that is open: how many braces are open inside it.
  const templates: number[] = [];
  let at = 0;
  const template = (from: number): number => {
    let end = from;
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) end += text[end] === '\\' ? 2 : 1;
    blank(from, Math.min(end, text.length));
    if (text[end] === '`') return end + 1;
    templates.push(0);
    return end + 2;
  };
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const one = text.charAt(at);
    if (two === '//') {
      const end = text.indexOf('\n', at);
      blank(at, end < 0 ? text.length : end);
      at = end < 0 ? text.length : end;
    } else if (two === '/*') {
      const end = text.indexOf('*/', at + 2);
      blank(at, end < 0 ? text.length : end + 2);
      at = end < 0 ? text.length : end + 2;
    } else if (one === "'" || one === '"') {
      let end = at + 1;
      while (end < text.length && text[end] !== one && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
      strings.set(at, text.slice(at + 1, end));
      blank(at + 1, Math.min(end, text.length));
      at = end + 1;
    } else if (one === '`') {
      at = template(at + 1);
    } else if (one === '/' && BEFORE_REGEX.test(out.slice(Math.max(0, at - 40), at).join(''))) {
      const found = /^\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//.exec(text.slice(at, at + 4096));
      if (found) blank(at + 1, at + found[0].length - 1);
      at += found ? found[0].length : 1;
    } else if (templates.length > 0 && one === '{') {
      templates.push((templates.pop() ?? 0) + 1);
      at += 1;
    } else if (templates.length > 0 && one === '}') {
      const open = templates.pop() ?? 0;
      if (open === 0) at = template(at + 1);
      else {
        templates.push(open - 1);
        at += 1;
      }
    } else at += 1;
  }
  return { text, code: out.join(''), strings };
}

/**
 * Counts lines as an editor does.
 *
 * @param text the whole text
 * @param at a position in it
 * @returns the line of that position; the first is 1
 */
export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) line += 1;
  return line;
}

const FROM =
  /\b(?:import|export)\b(?<clause>[^'"`;]*?)\bfrom\s*(?=['"])|\bimport\s*(?=['"])|\b(?:import|require)\s*\(\s*(?=['"])/g;

/**
 * Finds what a file imports: `import`, `export ... from`, `import()` and `require()`.
 *
 * @param source the file
 * @returns the imports in the order of the text
 */
export function importsOf(source: SourceText): ImportOf[] {
  const found: ImportOf[] = [];
  for (const match of source.code.matchAll(FROM)) {
    const specifier = source.strings.get(match.index + match[0].length);
    if (specifier === undefined) continue;
    const clause = match.groups?.['clause'] ?? '';
    const names = /^\s*\{(?<names>[^}]*)\}\s*$/.exec(clause)?.groups?.['names'];
    const typeOnly =
      /^\s*type\s+(?!from\b)/.test(clause) ||
      (names !== undefined && names.trim() !== '' && names.split(',').every((name) => /^\s*(?:type\s|$)/.test(name)));
    found.push({ specifier, line: lineOf(source.text, match.index), typeOnly });
  }
  return found;
}

/**
 * Finds statements at the top level of a file, where no brace, bracket or parenthesis is open.
 *
 * @param source the file
 * @param pattern what to look for, with the `g` flag
 * @returns the matches that begin at the top level
 */
export function atTopLevel(source: SourceText, pattern: RegExp): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  let depth = 0;
  let at = 0;
  for (const match of source.code.matchAll(pattern)) {
    for (; at < match.index; at += 1) {
      const one = source.code.charAt(at);
      if (one === '{' || one === '(' || one === '[') depth += 1;
      else if (one === '}' || one === ')' || one === ']') depth -= 1;
    }
    if (depth === 0) found.push(match);
  }
  return found;
}

/**
 * Finds the file an import stands for, the way the compiler and Next do here.
 *
 * @param from the importing file, from the repository's root
 * @param specifier what the import says
 * @param has says whether a file exists
 * @returns the path from the repository's root, or `undefined` for a package
 */
export function resolveImport(from: string, specifier: string, has: (path: string) => boolean): string | undefined {
  let path: string;
  if (specifier.startsWith('@/')) path = `src/${specifier.slice(2)}`;
  else if (/^\.\.?(?:\/|$)/.test(specifier)) {
    const parts = from.split('/').slice(0, -1);
    for (const part of specifier.split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '.' && part !== '') parts.push(part);
    }
    path = parts.join('/');
  } else return undefined;
  const stem = path.replace(/\.jsx?$/, '');
  const tries = [path, `${stem}.ts`, `${stem}.tsx`, `${path}/index.ts`, `${path}/index.tsx`];
  const known = tries.find(has);
  if (known !== undefined) return known;
  // A file that is not there: a folder's name stands for its page.
  return /\.\w+$/.test(path) ? path : `${path}/index.ts`;
}
