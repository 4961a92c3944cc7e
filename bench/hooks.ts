/**
 * What the module hooks cost a server at its start: the automatic instrumentations, then Next's server and `pg` are loaded in
 * a process of its own, with the hooks and without. Run: node bench/hooks.ts
 */
import { spawnSync } from 'node:child_process';
import { createAutoInstrumentations } from '../src/lib/tracing/boot/instrumentations.ts';
import { createTargetPolicy } from '../src/lib/tracing/boot/target-policy.ts';

const EVERYBODY = createTargetPolicy({ propagateTo: undefined, baggageTargets: [] });
const ROUNDS = 15;
const FORMS = ['without', 'with'] as const;
type Form = (typeof FORMS)[number];

async function load(form: Form): Promise<void> {
  const instrumentations = createAutoInstrumentations(EVERYBODY);
  if (form === 'with') {
    const { installModuleHooks } = await import('../src/lib/tracing/boot/module-hooks.ts');
    installModuleHooks(instrumentations);
  }
  await import('next/dist/server/next-server.js');
  await import('pg');
  const { user, system } = process.cpuUsage();
  process.stdout.write(String(user + system));
  process.exit(0);
}

function microsOf(form: Form): number {
  const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, form], { encoding: 'utf8' });
  if (!(Number(stdout) > 0)) throw new Error(stderr);
  return Number(stdout);
}

const [form] = process.argv.slice(2);
if (form === 'with' || form === 'without') await load(form);

const ratios: number[] = [];
const added: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const order = round % 2 === 0 ? FORMS : FORMS.toReversed();
  const micros = Object.fromEntries(order.map((each) => [each, microsOf(each)])) as Record<Form, number>;
  ratios.push(micros.with / micros.without);
  added.push((micros.with - micros.without) / 1000);
}
const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
const middle = (values: number[]): number => sorted(values)[Math.floor(ROUNDS / 2)] ?? 0;
const [low, high] = [sorted(ratios)[0] ?? 0, sorted(ratios).at(-1) ?? 0];
process.stdout.write(
  `hooks: ${middle(ratios).toFixed(2)}x (${low.toFixed(2)}..${high.toFixed(2)}) the CPU of a start without, ` +
    `${middle(added).toFixed(0)} ms more\n`,
);
