#!/usr/bin/env node
// @ts-check
/**
 * The way in: `npm start`, `npm test` and `npm run check` all come here. This file and the ones in `launch/` run on
 * whatever Node the machine has (18 or newer) and use no package; they bring the right Node and the packages, then hand
 * over to the TypeScript beside them.
 */
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault, report } from './launch/fault.mjs';
import { ensureClient, ensurePackages } from './launch/packages.mjs';
import { handOver, interrupt, stopOnSignals, whenParentEnds } from './launch/run.mjs';
import { ownNode, runtimeVersion, satisfies } from './launch/runtime.mjs';

const usage = `Usage: node scripts/launch.mjs <command> [arguments]

  start     install, build and run everything: npm start
            --dev        with \`next dev\`: changes show at once
            --no-traffic without the first round of requests
  test      everything that can be tested: npm test
            types lint format unit spec build e2e   only these steps: npm test -- unit
  check     types, lint, format, unit and spec: npm run check

Environment: PORT, DATABASE_URL, OPENAI_API_KEY, OPENAI_BASE_URL and the others of .env.example.
`;
const scripts = new Map([
  ['start', 'start.ts'],
  ['test', 'test.ts'],
  ['check', 'check.ts'],
]);
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** @param {readonly string[]} args @returns {Promise<number>} the exit code */
async function main([command = '--help', ...args]) {
  if (command === '--help' || command === '-h' || args.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  const script = scripts.get(command);
  if (!script) throw new Fault(`There is no command "${command}": it is start, test or check (see --help).`, '', 2);
  stopOnSignals();
  whenParentEnds(() => interrupt('SIGTERM'));

  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (!satisfies(process.version, engines.node)) {
    if (process.env.THROUGHLINE_RUNTIME === runtimeVersion)
      throw new Fault(
        `package.json asks for Node ${engines.node}, newer than the ${runtimeVersion} that the launcher brings.`,
      );
    const { program, folder } = await ownNode(root, process.env, { range: engines.node });
    process.stdout.write(
      `Using Node ${runtimeVersion} from .throughline/runtime: this machine's own is ${process.version}.\n`,
    );
    const env = { ...process.env, PATH: onPath(folder), THROUGHLINE_RUNTIME: runtimeVersion };
    return handOver(program, [fileURLToPath(import.meta.url), command, ...args], { cwd: root, env });
  }

  // Programs that say `#!/usr/bin/env node` must find this Node, whatever the machine's own is.
  const env = { ...process.env, PATH: onPath(dirname(process.execPath)) };
  await ensurePackages(root, env);
  await ensureClient(root, env);
  // Node 22 calls type stripping and node:sqlite experimental on every start.
  const flags = ['--disable-warning=ExperimentalWarning'];
  return handOver(process.execPath, [...flags, join(root, 'scripts', script), ...args], { cwd: root, env });
}

/** @param {string} folder @returns {string} the PATH with this folder first */
function onPath(folder) {
  return [folder, ...(process.env.PATH ?? '').split(delimiter).filter((entry) => entry && entry !== folder)].join(
    delimiter,
  );
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error, root);
}
