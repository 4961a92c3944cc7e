/**
 * Looks at a packed tarball the way its users' tools will: publint reads its `package.json`, are-the-types-wrong resolves
 * every entry in every mode. Prints one line for each problem and ends with 1 when there is any.
 * Run: node scripts/check-package.ts throughline-0.1.0.tgz
 */
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

async function problemsOf(tarball: Buffer): Promise<string[]> {
  const data = new Uint8Array(tarball).buffer;
  const { messages, pkg } = await publint({ pack: { tarball: data }, strict: true });
  const lint = messages.map((message) => `publint: ${message.type}: ${formatMessage(message, pkg) ?? message.code}`);

  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(data)), {
    excludeEntrypoints: ['./package.json'],
  });
  if (result.types === false) return [...lint, 'are-the-types-wrong: the package has no types'];
  const types = result.problems
    // The resolution before `exports` existed (`moduleResolution: node10`) cannot find a subpath: Next does not offer it.
    .filter((problem) => !('resolutionKind' in problem && problem.resolutionKind === 'node10'))
    .map((problem) => `are-the-types-wrong: ${JSON.stringify(problem)}`);
  const seen = Object.keys(result.entrypoints).join(' ');
  process.stdout.write(`${seen}\n`);
  return [...lint, ...types];
}

const [path] = process.argv.slice(2);
if (path === undefined) throw new TypeError('usage: node scripts/check-package.ts <tarball>');
const problems = await problemsOf(readFileSync(path));
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
