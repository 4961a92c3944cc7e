/** pg-boss: jobs that carry their trace in their data, and handlers that run in it. */
import type { AttributeInput } from '../attributes.ts';
import { ATTR } from '../semconv/names.ts';
import { type HandleWork, handleBatch, traceProcess } from './consumer.ts';
import { withSendSpan } from './producer.ts';

const SYSTEM = 'pg-boss';

/** As much of pg-boss as sending needs. */
interface JobSender<O> {
  send(queue: string, data: object, options?: O): Promise<string | null>;
}

/**
 * Sends a job to pg-boss in a PRODUCER span; its data carries the trace. pg-boss's own tracing has to be off
 * (`openTelemetry: { enabled: false }`), else each job is traced twice.
 *
 * @param boss a started pg-boss
 * @param queue the queue's name
 * @param data of the job, a plain object
 * @param options as for `boss.send`
 * @returns the job's id, or `null` where pg-boss made no job
 * @throws whatever `boss.send` throws, unchanged
 * @example
 * await sendJob(boss, 'fetch-jobs', { zip_code: '78729' }, { retryLimit: 3 }); // 'job-1'
 */
export function sendJob<O>(boss: JobSender<O>, queue: string, data: object, options?: O): Promise<string | null> {
  const describe = (id: unknown): AttributeInput => (typeof id === 'string' ? { [ATTR.MESSAGING_MESSAGE_ID]: id } : {});
  return withSendSpan({ queue, system: SYSTEM, bodies: [data], describe }, ([traced]) =>
    options === undefined ? boss.send(queue, traced as object) : boss.send(queue, traced as object, options),
  );
}

/**
 * Makes a handler for `boss.work` that runs each job in its own trace. With `batchSize` above 1 the jobs are handled one
 * after the other, and one that fails makes pg-boss fail the whole batch, as it does without tracing.
 *
 * @param queue the queue's name
 * @param handle handles one job: without trace context in its data, and the span
 * @returns a handler for `boss.work`; it gives what `handle` gave, for several jobs a list
 * @throws the handler throws whatever `handle` throws, unchanged
 * @example
 * await boss.work('fetch-jobs', jobHandler('fetch-jobs', async (job) => fetchWeather(job.data.zip_code)));
 */
export function jobHandler<J, R>(
  queue: string,
  handle: HandleWork<J, R>,
): (jobs: readonly J[]) => Promise<R | Awaited<R>[]> {
  return async (jobs) => {
    const [job] = jobs;
    if (jobs.length === 1) return traceProcess(queue, job as J, handle, { system: SYSTEM });
    return handleBatch(queue, jobs, handle, { system: SYSTEM });
  };
}
