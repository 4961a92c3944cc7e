/** The repository's own files, for the tests that read them. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The repository's root. */
export const ROOT = resolve(__dirname, '../../..');

/**
 * Reads the TypeScript sources under some paths. A path that does not exist yet holds no sources.
 *
 * @param paths files or folders, from the repository's root
 * @returns each source by its path from the repository's root, with forward slashes; declarations (.d.ts) left out
 */
export async function repositorySources(paths: readonly string[]): Promise<Map<string, string>> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await stat(join(ROOT, path)).catch(() => undefined);
    if (found?.isFile() === true) files.push(path);
    if (found?.isDirectory() !== true) continue;
    for (const inside of await readdir(join(ROOT, path), { recursive: true }))
      files.push(`${path}/${inside.replaceAll('\\', '/')}`);
  }
  const sources = files.filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts')).toSorted();
  return new Map(
    await Promise.all(sources.map(async (path) => [path, await readFile(join(ROOT, path), 'utf8')] as const)),
  );
}

/**
 * Reads one file of the repository.
 *
 * @param path from the repository's root
 * @returns its text
 * @throws when there is no such file
 */
export function repositoryFile(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8');
}
