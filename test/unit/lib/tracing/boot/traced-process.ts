/**
 * A program that is traced, for the tests that end one. Runs by itself: `node traced-process.ts <how>`. It prints `ready`
 * when its spans have ended and wait in the queue.
 */
import { startTracing } from '../../../../../src/lib/tracing/boot/index.ts';
import { traceSync } from '../../../../../src/lib/tracing/span.ts';

const how = process.argv[2] ?? '';

startTracing({ autoInstrumentations: false, batch: { scheduledDelayMillis: 600_000 } });
for (let count = 0; count < 1000; count++) traceSync(`span ${count}`, () => count);

if (how === 'listens') {
  // As Next does: it lets requests finish and ends the process itself.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(42));
}
if (how === 'listens twice') {
  process.on('SIGTERM', () => {
    process.exit(42);
    process.exit(43);
  });
}
const busy = setInterval(() => {}, 1000);
process.on('message', () => clearInterval(busy));
process.send?.('ready');
