import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, Interrupted, report } from '../launch/fault.mjs';
import { step } from '../launch/progress.mjs';
import { run } from '../launch/run.mjs';
import { build } from '../start/build.ts';
import { withPlatform } from './platform.ts';
import { add, emptyTally, readTally, type Tally } from './tally.ts';
import type { Environment } from '../launch/environment.mjs';

/** The steps of a whole run, in their order. */
export const stepNames = ['types', 'lint', 'format', 'unit', 'spec', 'workers', 'build', 'e2e'] as const;
/** One of them. */
export type StepName = (typeof stepNames)[number];

/** What a run was asked to do. */
export interface Selection {
  readonly steps: readonly StepName[];
  /** Anything else on the command line goes to jest: file patterns, `-t name`. */
  readonly jestArgs: readonly string[];
}

const jestSteps: ReadonlySet<StepName> = new Set(['unit', 'spec', 'workers', 'e2e']);

/**
 * Reads `npm test -- unit e2e`, `npm test -- span.test`, `npm test -- unit -t redirect`. Words that are no steps filter
 * jest's; then only jest's steps run, and the build that e2e stands on.
 */
export function select(args: readonly string[], all: readonly StepName[] = stepNames): Selection {
  const isStep = (arg: string): arg is StepName => all.some((name) => name === arg);
  const named = all.filter((name) => args.includes(name));
  const jestArgs = args.filter((arg) => !isStep(arg));
  const byDefault = jestArgs.length > 0 ? all.filter((name) => jestSteps.has(name) || name === 'build') : all;
  const chosen = named.length > 0 ? named : byDefault;
  const steps = all.filter((name) => chosen.includes(name) || (name === 'build' && chosen.includes('e2e')));
  return { steps, jestArgs };
}

interface Context {
  readonly root: string;
  readonly env: Environment;
  readonly jestArgs: readonly string[];
}

function program({ root }: Context, ...path: readonly string[]): string {
  return join(root, 'node_modules', ...path);
}

/** Runs one of the packages' programs; what it printed is shown only when it fails. */
async function check(context: Context, file: string, args: readonly string[], fault: string): Promise<Tally> {
  const { code, output } = await run(process.execPath, [file, ...args], { cwd: context.root, env: context.env });
  if (code !== 0) throw new Fault(fault, output);
  return emptyTally;
}

async function types(context: Context): Promise<Tally> {
  const next = program(context, 'next', 'dist', 'bin', 'next');
  // Next writes the types of routes and of imported styles; without them a fresh clone does not check.
  if (existsSync(join(context.root, 'src', 'app'))) {
    await check(context, next, ['typegen'], 'Next could not write the types of the routes: see above.');
  }
  const tsc = program(context, 'typescript', 'bin', 'tsc');
  return check(context, tsc, ['--noEmit', '-p', '.'], 'The types do not fit: see above.');
}

async function jest(context: Context, project: StepName, env: Environment): Promise<Tally> {
  const folder = join(context.root, '.throughline', 'test');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${project}.json`);
  rmSync(file, { force: true });
  const args = [
    program(context, 'jest', 'bin', 'jest.js'),
    '--selectProjects',
    project,
    '--passWithNoTests',
    '--json',
    `--outputFile=${file}`,
    // Builds and servers of one test would slow down another's. What a failing test leaves open must not hold up the run.
    ...(project === 'e2e' ? ['--runInBand', '--forceExit'] : []),
    ...context.jestArgs,
  ];
  const { code, output } = await run(process.execPath, args, { cwd: context.root, env: { ...env, NODE_ENV: 'test' } });
  const tally = readTally(file);
  if (!tally) throw new Fault(`jest ended before it could report on ${project}: see above.`, output);
  if (code === 0) return tally;
  // `--json` puts the whole report on stdout, on one line: the readable one is the rest.
  const readable = output
    .split('\n')
    .filter((line) => !line.startsWith('{"num'))
    .join('\n');
  process.stderr.write(`${readable.trimEnd()}\n`);
  return tally.failed > 0 ? tally : { ...tally, failed: 1 };
}

const work: Readonly<Record<StepName, (context: Context) => Promise<Tally>>> = {
  types,
  lint: (context) =>
    check(
      context,
      program(context, 'oxlint', 'bin', 'oxlint'),
      ['--type-aware'],
      'The linter has objections: see above.',
    ),
  format: (context) =>
    check(
      context,
      program(context, 'prettier', 'bin', 'prettier.cjs'),
      ['--check', '--log-level', 'warn', '.'],
      'Some files are not formatted: run `node_modules/.bin/prettier --write .`',
    ),
  unit: (context) => jest(context, 'unit', context.env),
  spec: (context) => jest(context, 'spec', context.env),
  workers: (context) => jest(context, 'workers', context.env),
  build: async ({ root, env }) => {
    await build(root, env);
    return emptyTally;
  },
  e2e: (context) => withPlatform(context.root, context.env, (env) => jest(context, 'e2e', env)),
};

const labels: Readonly<Record<StepName, string>> = {
  types: 'Types (tsc)',
  lint: 'Lint (oxlint, with types)',
  format: 'Format (prettier)',
  unit: 'Unit tests',
  spec: 'Spec tests',
  workers: 'Workers in workerd',
  build: 'Production build (next build)',
  e2e: 'End-to-end tests on the built app',
};

function noteOf({ passed, failed, skipped }: Tally): string {
  return passed + failed + skipped === 0
    ? ''
    : `${passed} passed${failed ? `, ${failed} failed` : ''}${skipped ? `, ${skipped} skipped` : ''}`;
}

/**
 * Runs the selected steps one after the other, a line for each; a failing one does not keep the others from running,
 * but for the end-to-end tests, which need the build.
 *
 * @returns the sum of jest's counts, where a failing step without counts is one failure
 */
export async function runSteps(root: string, env: Environment, { steps, jestArgs }: Selection): Promise<Tally> {
  let total = emptyTally;
  let isBuilt = true;
  for (const name of steps) {
    if (name === 'e2e' && !isBuilt) {
      process.stdout.write(`- ${labels.e2e}: not run, there is no build\n`);
      continue;
    }
    try {
      const tally = await step(labels[name], async (note) => {
        const counted = await work[name]({ root, env, jestArgs });
        note(noteOf(counted));
        if (counted.failed > 0) throw new FailedTests(counted);
        return counted;
      });
      total = add(total, tally);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      if (error instanceof FailedTests) total = add(total, error.tally);
      else {
        report(error, root);
        total = add(total, { ...emptyTally, failed: 1 });
      }
      if (name === 'build') isBuilt = false;
    }
  }
  return total;
}

/** Carries the counts of a step that failed past its ✗ line. */
class FailedTests extends Error {
  readonly tally: Tally;

  constructor(tally: Tally) {
    super('Some tests failed.');
    this.tally = tally;
  }
}
