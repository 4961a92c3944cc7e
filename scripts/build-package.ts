/** Compiles what is published into `dist`: the library, the viewer's server and the command. Run: npm run build:package */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const generated = 'viewer/server/proto/generated';

rmSync(resolve(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [resolve(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
// The decoder is generated as JavaScript with its types beside it: the compiler reads the types and leaves both behind.
cpSync(resolve(root, 'src', generated), resolve(root, 'dist', generated), { recursive: true });
