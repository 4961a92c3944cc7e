/**
 * A traced program that does what its parent says: it runs by itself (`node commands.ts`), because the OTLP exporter loads
 * `node:http` in a way that a test runner's module system does not know.
 */
import { DiagLogLevel, context, diag, metrics, propagation, trace } from '@opentelemetry/api';
import {
  type ReplayOptions,
  type ReplaySummary,
  type TracingHandle,
  type TracingOptions,
  replayTraceLines,
  startTracing,
} from '../../../../../src/lib/tracing/boot/index.ts';
import { type TracingHealth, traceAsync, traceSync, tracingHealth } from '../../../../../src/lib/tracing/index.ts';
import { type TracingCounters, getRuntime, setRuntime } from '../../../../../src/lib/tracing/runtime.ts';
import { storyOf } from './secret-story.ts';

/** How the tracing of the program is doing. */
export interface State {
  readonly counters: TracingCounters;
  /** What was said through `diag` since the boot, as warnings and errors. */
  readonly said: readonly string[];
}

let handle: TracingHandle | undefined;
let said: string[] = [];
let flushing: { done: boolean; readonly end: Promise<void> } | undefined;

const state = (): State => ({ counters: { ...getRuntime().counters }, said: [...said] });

/** What the parent may ask for. Durations in milliseconds. */
export const COMMANDS = {
  /** Boots anew. Batches leave when they are told to, or when they are full. */
  async boot(options: TracingOptions): Promise<State> {
    await handle?.shutdown();
    setRuntime(undefined);
    for (const api of [trace, context, propagation, metrics]) api.disable();
    handle = startTracing({
      serviceName: 'test',
      autoInstrumentations: false,
      handleSignals: false,
      ...options,
      batch: { scheduledDelayMillis: 600_000, ...options.batch },
    });
    said = [];
    const say = (message: string): void => void said.push(message);
    diag.setLogger(
      { error: say, warn: say, info: () => {}, debug: () => {}, verbose: () => {} },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    return state();
  },

  /** Runs traced work some times, synchronously and asynchronously, and checks that it is unaffected. */
  async work(name: string, times: number): Promise<State> {
    for (let count = 0; count < times; count++) {
      const result = count === 0 ? await traceAsync(name, async () => count) : traceSync(name, () => count);
      if (result !== count) throw new Error(`the work gave ${result} in place of ${count}`);
    }
    return state();
  },

  async flush(): Promise<State> {
    await handle?.forceFlush();
    return state();
  },

  /** Begins what the parent will not wait for. */
  async begin(method: 'forceFlush' | 'shutdown'): Promise<void> {
    const current = { done: false, end: Promise.resolve(handle?.[method]()) };
    void current.end.then(() => (current.done = true));
    flushing = current;
  },

  async isDone(): Promise<boolean> {
    await new Promise(setImmediate);
    return flushing?.done === true;
  },

  async end(): Promise<State> {
    await flushing?.end;
    return state();
  },

  async state(): Promise<State> {
    return state();
  },

  async health(): Promise<TracingHealth['status']> {
    return tracingHealth().status;
  },

  /** Replays lines of a log; nothing needs to be booted. */
  async replay(
    lines: readonly string[],
    options: ReplayOptions,
  ): Promise<{ summary: ReplaySummary; problems: readonly string[] }> {
    const problems: string[] = [];
    const onProblem = (problem: string): void => void problems.push(problem);
    return { summary: await replayTraceLines(lines, { ...options, onProblem }), problems };
  },

  async tell(serviceUrl: string): Promise<unknown> {
    return storyOf(serviceUrl);
  },
} as const;

/** The name of a command. */
export type CommandName = keyof typeof COMMANDS;

interface Call {
  readonly id: number;
  readonly name: CommandName;
  readonly args: readonly unknown[];
}

if (process.send !== undefined) {
  process.on('message', ({ id, name, args }: Call) => {
    const command = COMMANDS[name] as (...args: readonly unknown[]) => Promise<unknown>;
    command(...args).then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
    );
  });
  process.send({ id: 0 });
}
