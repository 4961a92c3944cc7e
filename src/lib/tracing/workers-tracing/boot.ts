/**
 * Boots tracing in workerd. At global scope, where this runs, a Worker has no clock, no randomness, no timers and no
 * network: nothing here needs them, and ids and times are made with the first span.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  type DiagLogger,
  DiagLogLevel,
  ROOT_CONTEXT,
  context,
  diag,
  propagation,
  trace,
} from '@opentelemetry/api';
import { createRuntime, getRuntime, setRuntime } from '../runtime.ts';
import { type WorkersTracingOptions, resolveWorkersConfig } from './options.ts';
import { Outbox } from './outbox.ts';
import { traceContextPropagator } from './propagator.ts';
import { WorkersTracerProvider } from './provider.ts';

/** What `initializeTracing` gives back. */
export interface WorkersTracing {
  /** Registers the tracing of this isolate. Fit for global scope; further calls do nothing. */
  start(): void;
  /** Sends every span that waits. For handlers without a span on top: `ctx.waitUntil(sdk.flush())`. Never rejects. */
  flush(): Promise<void>;
  /** Sends every span that waits and takes the tracing away. Never rejects. */
  shutdown(): Promise<void>;
}

/** OpenTelemetry's own does not load in a Worker (`Dynamic require of "async_hooks"`), and needs more than this. */
class AsyncContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    own: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(own, () => Reflect.apply(fn, thisArg, args));
  }

  bind<T>(own: Context, target: T): T {
    if (typeof target !== 'function') return target;
    const run = (self: unknown, args: unknown[]): unknown => this.with(own, target as never, self as never, ...args);
    return function (this: unknown, ...args: unknown[]): unknown {
      return run(this, args);
    } as T;
  }

  enable(): this {
    return this;
  }

  /** `AsyncLocalStorage.disable` throws in workerd. */
  disable(): this {
    return this;
  }
}

/** What `start` left with the runtime. */
function startedHere(): Outbox | undefined {
  const { boot } = getRuntime();
  return boot instanceof Outbox ? boot : undefined;
}

function start(options: WorkersTracingOptions): void {
  if (getRuntime().boot !== undefined) return;
  const warnings: string[] = [];
  const config = resolveWorkersConfig(options, (message) => warnings.push(message));
  // Up to this level the console has every method of a logger; the API's own one would cost half a kilobyte.
  diag.setLogger(console as unknown as DiagLogger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  for (const warning of warnings) diag.warn(`throughline: ${warning}`);
  const outbox = new Outbox(config);
  if (config.enabled && !trace.setGlobalTracerProvider(new WorkersTracerProvider(config, outbox))) {
    diag.warn('throughline: another OpenTelemetry SDK is registered already; it keeps the traces');
    return;
  }
  // No time of day at global scope, where deployed Workers are in 1970.
  setRuntime({ ...createRuntime(config.settings, config.enabled ? 0 : undefined), boot: outbox });
  if (!config.enabled) return;
  context.setGlobalContextManager(new AsyncContextManager());
  propagation.setGlobalPropagator(traceContextPropagator);
}

async function flush(): Promise<void> {
  await startedHere()?.flush();
}

/**
 * Prepares tracing for a Cloudflare Worker. Call it at the top of the Worker's module, and `start()` after it. Options win
 * over the Worker's variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME` ...).
 *
 * @param options what the variables do not say
 * @returns `start`, `flush` and `shutdown`
 * @throws TypeError from `start()` for a wrong option, naming it and what it got; nothing else
 * @example
 * const sdk = initializeTracing({ serviceName: 'my-worker' });
 * sdk.start();
 */
export function initializeTracing(options: WorkersTracingOptions = {}): WorkersTracing {
  return {
    start: () => start(options),
    flush,
    async shutdown() {
      const outbox = startedHere();
      if (outbox === undefined) return;
      await outbox.flush();
      trace.disable();
      context.disable();
      propagation.disable();
      setRuntime(undefined);
    },
  };
}

export default initializeTracing;
