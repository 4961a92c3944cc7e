/**
 * Builds the viewer's page with Vite. Run as a program it builds what is stale into `.throughline/viewer-ui`, where the
 * viewer looks when it runs from source; the package's build puts it into `dist/viewer/ui`.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src', 'viewer', 'ui');
const target = join(root, '.throughline', 'viewer-ui');

/** Builds into a folder, which is emptied first. */
export async function buildViewerPage(folder: string): Promise<void> {
  // Loaded here: whoever finds the page fresh does not pay for a bundler.
  const { build } = await import('vite');
  await build({ configFile: join(source, 'vite.config.ts'), build: { outDir: folder } });
}

/** What the page is made of, in one word: its sources, what both sides share, and the packages' versions. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  for (const file of [...files, join(source, '../wire.ts'), join(root, 'package.json')]) {
    hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function builtFrom(): string {
  try {
    return readFileSync(`${target}.built`, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Builds the page unless it is there already, made of the same sources.
 *
 * @returns the folder to serve
 */
export async function freshViewerPage(): Promise<string> {
  const print = fingerprint();
  if (builtFrom() === print) return target;
  mkdirSync(target, { recursive: true });
  await buildViewerPage(target);
  writeFileSync(`${target}.built`, print);
  return target;
}

if (import.meta.main) await freshViewerPage();
