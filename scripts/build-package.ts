/**
 * Compiles what is published into `dist`: the library as ES modules and, in `dist/cjs`, as CommonJS; the viewer's server
 * and the command as ES modules; the viewer's page as files to serve. Run: npm run build:package
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildViewerPage } from './build-viewer-page.ts';

const root = resolve(import.meta.dirname, '..');
const generated = 'viewer/server/proto/generated';

function compile(project: string): void {
  execFileSync(process.execPath, [resolve(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
    cwd: root,
    stdio: 'inherit',
  });
}

/** The compiler leaves `./span.ts` in declarations as it was written: only new compilers follow that to `span.d.ts`. */
function renameImportsInTypes(folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue;
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll(/((?:\bfrom |\bimport\()['"]\.\.?\/[^'"]*)\.ts(['"])/g, '$1.js$2'));
  }
}

rmSync(resolve(root, 'dist'), { recursive: true, force: true });
compile('tsconfig.build.json');
compile('tsconfig.build-cjs.json');
// Says what the files beside it are, whatever the package's own file says.
writeFileSync(resolve(root, 'dist/cjs/package.json'), '{ "type": "commonjs", "sideEffects": false }\n');
// The decoder is generated as JavaScript with its types beside it: the compiler reads the types and leaves both behind.
cpSync(resolve(root, 'src', generated), resolve(root, 'dist', generated), { recursive: true });
renameImportsInTypes(resolve(root, 'dist'));
await buildViewerPage(resolve(root, 'dist/viewer/ui'));
