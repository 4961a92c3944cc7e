/** Boots the real SDK in a test: spans land in memory, ids count up, nothing is sent. */
import { DiagLogLevel, context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { type IdGenerator, InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { type TracingHandle, type TracingOptions, startTracing } from '@/lib/tracing/boot/index.ts';
import { setRuntime } from '@/lib/tracing/runtime.ts';

/** Ids that count up, so that a test can write them down. */
export class CountingIds implements IdGenerator {
  #traces = 0;
  #spans = 0;

  generateTraceId = (): string => (this.#traces += 1).toString(16).padStart(32, '0');
  generateSpanId = (): string => (this.#spans += 1).toString(16).padStart(16, '0');
}

export interface TestTracing {
  readonly handle: TracingHandle;
  /** What the library said through `diag` since the boot, at the level of warnings and errors. */
  readonly messages: string[];
  /** Every span that left, in the order of their ends, in its exported form. */
  spans(): Promise<ReadableSpan[]>;
  /** Everything that left as one text, to look for a secret in. */
  bytes(): Promise<string>;
  stop(): Promise<void>;
}

/** Takes away whatever a boot has put on the globals. */
export function resetGlobals(): void {
  setRuntime(undefined);
  trace.disable();
  context.disable();
  propagation.disable();
  metrics.disable();
  logs.disable();
  diag.disable();
}

export function bootTracing(options: TracingOptions = {}): TestTracing {
  resetGlobals();
  const exporter = new InMemorySpanExporter();
  const handle = startTracing({
    serviceName: 'test',
    autoInstrumentations: false,
    handleSignals: false,
    idGenerator: new CountingIds(),
    exporter,
    ...options,
  });
  const messages: string[] = [];
  const say = (message: string): void => void messages.push(message);
  diag.setLogger(
    { error: say, warn: say, info: () => {}, debug: () => {}, verbose: () => {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const spans = async (): Promise<ReadableSpan[]> => {
    await handle.forceFlush();
    return exporter.getFinishedSpans();
  };
  return {
    handle,
    messages,
    spans,
    bytes: async () =>
      JSON.stringify(
        (await spans()).map(({ name, attributes, events, status, links, resource }) => ({
          name,
          attributes,
          events,
          status,
          links,
          resource: resource.attributes,
        })),
      ),
    async stop() {
      await handle.shutdown();
      resetGlobals();
    },
  };
}
