/** The example of docs/workers.md, with the bindings that its wrangler.json asks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningWorkers, startWorkers, worker } from './workerd.ts';

interface Binding {
  readonly [name: string]: string;
}

/** As much of wrangler.json as the example has. */
interface Wrangler {
  readonly name: string;
  readonly main: string;
  readonly compatibility_date: string;
  readonly compatibility_flags: string[];
  readonly vars: Binding;
  readonly kv_namespaces: readonly Binding[];
  readonly r2_buckets: readonly Binding[];
  readonly d1_databases: readonly Binding[];
  readonly durable_objects: { readonly bindings: readonly Binding[] };
  readonly queues: {
    readonly producers: readonly Binding[];
    readonly consumers: readonly { queue: string; max_batch_size: number; max_batch_timeout: number }[];
  };
}

const FOLDER = 'examples/worker';
const named = (bindings: readonly Binding[], name: string, what: string): Record<string, string> =>
  Object.fromEntries(bindings.map((binding) => [binding[name], binding[what]])) as Record<string, string>;

/** Starts it in workerd, sending to a collector. */
export async function startExampleWorker(collectorUrl: string): Promise<RunningWorkers> {
  const wrangler = JSON.parse(readFileSync(join(__dirname, '../..', FOLDER, 'wrangler.json'), 'utf8')) as Wrangler;
  return startWorkers([
    await worker(`${FOLDER}/${wrangler.main}`, {
      name: wrangler.name,
      compatibilityDate: wrangler.compatibility_date,
      compatibilityFlags: wrangler.compatibility_flags,
      bindings: { ...wrangler.vars, OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl },
      kvNamespaces: named(wrangler.kv_namespaces, 'binding', 'id'),
      r2Buckets: named(wrangler.r2_buckets, 'binding', 'bucket_name'),
      d1Databases: named(wrangler.d1_databases, 'binding', 'database_id'),
      durableObjects: named(wrangler.durable_objects.bindings, 'name', 'class_name'),
      queueProducers: named(wrangler.queues.producers, 'binding', 'queue'),
      queueConsumers: Object.fromEntries(
        wrangler.queues.consumers.map((one) => [
          one.queue,
          { maxBatchSize: one.max_batch_size, maxBatchTimeout: one.max_batch_timeout },
        ]),
      ),
    }),
  ]);
}
