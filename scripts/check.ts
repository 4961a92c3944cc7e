/** `npm run check`: what can be known about a change in two minutes, without a build: types, lint, format, unit, spec, workers. */
import { join } from 'node:path';
import { report } from './launch/fault.mjs';
import { interrupt, stopOnSignals, whenParentEnds } from './launch/run.mjs';
import { runSteps, select } from './test/steps.ts';
import { tallyLine } from './test/tally.ts';

const root = join(import.meta.dirname, '..');

stopOnSignals();
whenParentEnds(() => interrupt('SIGTERM'));
try {
  const selection = select(process.argv.slice(2), ['types', 'lint', 'format', 'unit', 'spec', 'workers']);
  const total = await runSteps(root, { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }, selection);
  process.stdout.write(`${tallyLine(total)}\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
} catch (error) {
  process.exitCode = report(error, root);
}
