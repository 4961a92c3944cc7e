/** The files that hold code for readers. Read at once, because a table of tests is filled before any test runs. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../repository/sources.ts';

/** Path from the repository's root, and text. */
export type TextFile = readonly [path: string, text: string];

/**
 * Reads one file.
 *
 * @param path from the repository's root
 * @returns its text
 * @throws when there is no such file
 */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/**
 * Reads the sources under a folder.
 *
 * @param folder from the repository's root
 * @returns every .ts file below it, but generated ones and declarations
 */
export function sourcesOf(folder: string): TextFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.includes('/generated/'))
    .toSorted()
    .map((path) => [path, textOf(path)]);
}

/**
 * Reads the pages of the documentation.
 *
 * @returns README.md, CONTRIBUTING.md, CHANGELOG.md and everything in docs/
 */
export function pages(): TextFile[] {
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`);
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs.toSorted()].map((path) => [path, textOf(path)]);
}
