/**
 * A program as docs/viewer.md tells it: boots Throughline with nothing but variables, logs within a span, and prints the
 * trace's id. Run by the tests as a process of its own.
 */
import { logs, SeverityNumber, trace } from '@opentelemetry/api';
import { startTracing } from '../../../src/lib/tracing/boot/index.ts';
import { traceAsync } from '../../../src/lib/tracing/index.ts';

const tracing = startTracing({ autoInstrumentations: false });
await traceAsync('buy', async () => {
  logs.getLogger('shop').emit({
    severityNumber: SeverityNumber.ERROR,
    severityText: 'error',
    body: 'no tent is left',
    attributes: { left: 0 },
  });
  process.stdout.write(trace.getActiveSpan()?.spanContext().traceId ?? '');
});
await tracing.shutdown();
