/**
 * `npm test`, once Node and the packages are there: types, lint, format, unit and spec tests, the production build, and
 * the end-to-end tests on it. The last line is `N passed, N failed` (and `, N skipped`).
 */
import { join } from 'node:path';
import { report } from './launch/fault.mjs';
import { elapsed } from './launch/progress.mjs';
import { stopOnSignals, whenParentEnds, interrupt } from './launch/run.mjs';
import { runSteps, select } from './test/steps.ts';
import { add, emptyTally, tallyLine } from './test/tally.ts';
import { findTool, tools } from './test/tools.ts';

const root = join(import.meta.dirname, '..');

async function main(): Promise<number> {
  const started = Date.now();
  const found = tools.map((tool) => ({ tool, file: findTool(tool, process.env) }));
  const paths = found.flatMap(({ tool, file }) => (file ? [[tool.variable, file] as const] : []));
  const env = { ...process.env, ...Object.fromEntries(paths), NEXT_TELEMETRY_DISABLED: '1', CHECKPOINT_DISABLE: '1' };

  const selection = select(process.argv.slice(2));
  let total = await runSteps(root, env, selection);
  process.stdout.write(`\nDone in ${elapsed(Date.now() - started)}.\n`);

  const required = process.env['THROUGHLINE_REQUIRE_ALL'] === '1';
  for (const { tool, file } of found) {
    if (file) continue;
    process.stdout.write(
      `${required ? '✗ ' : ''}Not found, so its tests were left out: ${tool.name} (${tool.advice}).\n`,
    );
    if (required) total = add(total, { ...emptyTally, failed: 1 });
  }
  process.stdout.write(`${tallyLine(total)}\n`);
  return total.failed === 0 ? 0 : 1;
}

stopOnSignals();
whenParentEnds(() => interrupt('SIGTERM'));
try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = report(error, root);
}
