/**
 * A program of its own: counts how many `unhandledRejection`s each wrapper lets through, for a rejection that nobody
 * handles and for one that somebody does. Prints one JSON object.
 */
import { runInNewContext } from 'node:vm';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { startTracing } from '../../src/lib/tracing/boot/index.ts';
import { SIMPLE_WRAPPERS, WRAPPERS, type Work } from './wrappers.ts';

class Task extends Promise<unknown> {}

const REJECTIONS: Readonly<Record<string, Work>> = {
  promise: () => Promise.reject(new Error('dropped')),
  subclass: () => Task.reject(new Error('dropped')),
  foreign: () => runInNewContext('Promise.reject(new Error("dropped"))') as unknown,
};

let heard = 0;
process.on('unhandledRejection', () => (heard += 1));

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function countFor(work: Work, handled: boolean): Promise<number> {
  heard = 0;
  const result = Reflect.apply(work, undefined, []);
  if (handled) await Promise.resolve(result).catch(() => {});
  await nextTurn();
  await nextTurn();
  return heard;
}

startTracing({ autoInstrumentations: false, handleSignals: false, exporter: new InMemorySpanExporter() });
const counts: Record<string, Record<string, readonly number[]>> = {};
for (const { name, wrap } of [{ name: 'bare', wrap: (work: Work) => work }, ...WRAPPERS, ...SIMPLE_WRAPPERS]) {
  const row: Record<string, readonly number[]> = {};
  for (const [kind, work] of Object.entries(REJECTIONS)) {
    row[kind] = [await countFor(wrap(work), false), await countFor(wrap(work), true)];
  }
  counts[name] = row;
}
process.stdout.write(JSON.stringify(counts));
