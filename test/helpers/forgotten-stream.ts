/** A program of its own: asks for a stream, never reads it, and prints the spans that have ended when it was forgotten. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { startTracing } from '../../src/lib/tracing/boot/index.ts';
import { traceAIChatCompletion } from '../../src/lib/tracing/index.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const exporter = new InMemorySpanExporter();
const handle = startTracing({ autoInstrumentations: false, handleSignals: false, exporter });

async function* answer(): AsyncGenerator<string> {
  yield 'a';
}
const STREAMS: readonly (() => unknown)[] = [() => answer(), () => new ReadableStream()];
for (const make of STREAMS) traceAIChatCompletion('openai', 'gpt-4', make);

for (let turn = 0; turn < 100 && exporter.getFinishedSpans().length < STREAMS.length; turn++) {
  collectGarbage();
  await new Promise((resolve) => setImmediate(resolve));
  await handle.forceFlush();
}
const outcomes = exporter.getFinishedSpans().map(({ attributes }) => attributes['throughline.gen_ai.stream.outcome']);
process.stdout.write(JSON.stringify(outcomes));
