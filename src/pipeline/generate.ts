/** The way into the pipeline, from a page. */
import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import type { PgBoss } from 'pg-boss';
import { generateTraceId, logWithTrace, sendJob } from '../lib/tracing/messaging-tracing/index.ts';
import { type FetchJob, openQueues } from './queues.ts';

/** What the page is told. */
export interface Queued {
  readonly success: true;
  readonly zip: string;
  readonly trace_id: string;
  readonly message: string;
}

// Next evaluates a module once per bundle that it is in; the connection belongs to the process.
const KEY = Symbol.for('landscapes.queues');
const holder = globalThis as { [KEY]?: Promise<PgBoss> | undefined };

/** Outside the request that happens to be the first: its trace is not that of the connection. */
function queues(): Promise<PgBoss> {
  holder[KEY] ??= context.with(ROOT_CONTEXT, () => openQueues(false));
  const opened = holder[KEY];
  opened.catch(() => (holder[KEY] = undefined)); // the next request tries again
  return opened;
}

/** Ids that others have given the request: written down beside ours, so that one leads to the other. */
export function idsOfOthers(request: Request): Readonly<Record<string, string>> {
  const given = {
    request_id: request.headers.get('x-request-id'),
    cf_trace_id: (request as { cf?: { traceId?: unknown } }).cf?.traceId,
  };
  return Object.fromEntries(
    Object.entries(given).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && /^[\w.:-]{1,128}$/.test(entry[1]),
    ),
  );
}

/**
 * Asks for the landscapes of one place.
 *
 * @param zip five digits
 * @param others as `idsOfOthers` gives them
 * @throws when the queues cannot be reached
 */
export async function generate(zip: string, others: Readonly<Record<string, string>>): Promise<Queued> {
  const traceId = generateTraceId();
  const boss = await queues();
  for (const [name, id] of Object.entries(others)) trace.getActiveSpan()?.setAttribute(`landscapes.${name}`, id);
  logWithTrace(`Enqueuing generation for ZIP ${zip}`, {
    zip_code: zip,
    worker: 'web',
    action: 'enqueue_fetch_job',
    ...others,
  });
  const job: FetchJob = { zip_code: zip, scheduled_at: new Date().toISOString() };
  await sendJob(boss, 'fetch-jobs', job);
  return { success: true, zip, trace_id: traceId, message: `Generation queued for ZIP ${zip}` };
}
