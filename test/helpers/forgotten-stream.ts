/** A program of its own: makes streams, never reads them, and prints the names of the spans that end all the same. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { startTracing } from '../../src/lib/tracing/boot/index.ts';
import { traceAIChatCompletion, withTracing } from '../../src/lib/tracing/index.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const exporter = new InMemorySpanExporter();
const handle = startTracing({ autoInstrumentations: false, handleSignals: false, exporter });

async function* answer(): AsyncGenerator<string> {
  yield 'a';
}
const route = withTracing(async (_request: Request) => new Response(new ReadableStream()));
const FORGOTTEN: readonly (() => unknown)[] = [
  () => traceAIChatCompletion('openai', 'iterable', answer),
  () => traceAIChatCompletion('openai', 'stream', () => new ReadableStream()),
  () => route(new Request('http://shop.example/')),
];
for (const make of FORGOTTEN) make();

for (let turn = 0; turn < 100 && exporter.getFinishedSpans().length < FORGOTTEN.length; turn++) {
  collectGarbage();
  await new Promise((resolve) => setImmediate(resolve));
  await handle.forceFlush();
}
const told = exporter.getFinishedSpans().map(({ name, attributes }) => {
  const { 'throughline.gen_ai.stream.outcome': outcome } = attributes;
  return `${name}: ${typeof outcome === 'string' ? outcome : 'ended'}`;
});
process.stdout.write(JSON.stringify(told.sort()));
