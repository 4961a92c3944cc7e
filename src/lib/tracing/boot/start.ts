/** Boots the OpenTelemetry SDK: once per process, without waiting for anything, and never at the application's cost. */
import {
  DiagConsoleLogger,
  DiagLogLevel,
  type TracerProvider,
  diag,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { IdGenerator, Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { type ResolvedConfig, resolveConfig } from '../config.ts';
import { readEnvironment, withoutOurVariables } from '../environment.ts';
import type { ConfigOptions } from '../options.ts';
import { SECRET_LENGTH } from '../json.ts';
import { createRuntime, getRuntime, setRuntime } from '../runtime.ts';
import { redactUrl } from '../semconv/http.ts';
import { SCOPE } from '../span.ts';
import { guardIds } from './guarded-ids.ts';
import { guardProcessor } from './guarded-processor.ts';
import { createAutoInstrumentations } from './instrumentations.ts';
import { observeCounters } from './metrics.ts';
import { installModuleHooks } from './module-hooks.ts';
import { ownServerSpans } from './own-server-span.ts';
import { createPipeline } from './pipeline.ts';
import { createPropagator } from './propagator.ts';
import { createResource } from './resource.ts';
import { createSampler } from './sampler.ts';
import { flushOnSignals } from './shutdown.ts';
import { createTargetPolicy } from './target-policy.ts';

/** Everything that can be set in code. What is left out comes from the environment, else from the default. */
export interface TracingOptions extends Omit<
  ConfigOptions,
  'sampler' | 'instrumentations' | 'exporter' | 'spanProcessors' | 'metricReaders' | 'idGenerator'
> {
  /** Decides for traces that begin here, in place of the ratio; a parent's decision still comes first. */
  readonly sampler?: Sampler;
  /** Added to the automatic ones. */
  readonly instrumentations?: Instrumentation[];
  /** Sends in place of OTLP/HTTP. It gets spans that are cleaned already. */
  readonly exporter?: SpanExporter;
  /** See every span besides the pipeline, uncleaned. */
  readonly spanProcessors?: SpanProcessor[];
  /** Collect the metrics of the tracing itself. */
  readonly metricReaders?: IMetricReader[];
  /** Makes trace and span ids; a test gives fixed ones. */
  readonly idGenerator?: IdGenerator;
}

/** What `startTracing` gives back. */
export interface TracingHandle {
  /** `false` when tracing is switched off, or could not be started. */
  readonly enabled: boolean;
  /** What options and environment came to. */
  readonly config: ResolvedConfig;
  /** Sends everything that waits. Never rejects; a failed delivery shows in `tracingHealth()`. */
  forceFlush(): Promise<void>;
  /** Sends everything and stops. Never rejects. */
  shutdown(): Promise<void>;
}

const LOG_LEVELS = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
} as const;

function quietly(work: () => Promise<unknown> | undefined): Promise<void> {
  return Promise.resolve()
    .then(work)
    .then(
      () => {},
      (error: unknown) => diag.error('throughline: flushing failed', error),
    );
}

function settleOnNone(config: ResolvedConfig): TracingHandle {
  const handle = { enabled: false, config, forceFlush: async () => {}, shutdown: async () => {} };
  setRuntime({ ...createRuntime(config.settings), boot: handle });
  return handle;
}

function startSdk(config: ResolvedConfig, options: TracingOptions): TracingHandle {
  const runtime = createRuntime(config.settings, Date.now());
  const policy = createTargetPolicy(config);
  const pipeline = createPipeline({
    config,
    runtime,
    redactors: options.redact ?? [],
    exporter: options.exporter,
  });
  // The SDK would send logs to localhost:4318 by default; who wants them says so with this variable.
  process.env['OTEL_LOGS_EXPORTER'] ??= 'none';
  const instrumentations = [
    ...(options.autoInstrumentations === false ? [] : createAutoInstrumentations(policy)),
    ...(options.instrumentations ?? []),
  ];
  const configuration: Partial<NodeSDKConfiguration> = {
    resource: createResource(config),
    autoDetectResources: false,
    sampler: createSampler(config, runtime.counters, options.sampler),
    spanProcessors: [pipeline, ...(options.spanProcessors ?? []).map(guardProcessor)],
    spanLimits: {
      // The exported form is cut to the limit, after secrets have been taken out of the whole.
      attributeValueLengthLimit: config.settings.attributeValueLengthLimit + SECRET_LENGTH,
      attributeCountLimit: config.settings.attributeCountLimit,
      eventCountLimit: config.limits.eventCount,
      linkCountLimit: config.limits.linkCount,
    },
    textMapPropagator: createPropagator(policy),
    metricReaders: options.metricReaders ?? [],
    instrumentations,
    ...(options.idGenerator === undefined ? {} : { idGenerator: guardIds(options.idGenerator) }),
  };
  const sdk = withoutOurVariables(() => new NodeSDK(configuration));
  sdk.start();
  installModuleHooks(instrumentations);
  // Next would open a span of its own for each fetch, with the whole URL in its name, beside the one made here.
  process.env['NEXT_OTEL_FETCH_DISABLED'] ??= '1';
  setRuntime(runtime);
  // The SDK keeps the provider to itself; `getDelegate()` alone would also give somebody else's.
  const provider = Reflect.get(sdk, '_tracerProvider') as TracerProvider | undefined;
  const releaseServers = ownServerSpans(provider, config, runtime, readEnvironment());
  observeCounters(runtime.counters);
  let closing: Promise<void> | undefined;
  let stopListening: (() => void) | undefined;
  const handle: TracingHandle = {
    enabled: true,
    config,
    forceFlush: () => quietly(() => pipeline.forceFlush()),
    shutdown: () => {
      releaseServers();
      return (closing ??= quietly(() => sdk.shutdown()).finally(() => stopListening?.()));
    },
  };
  if (config.handleSignals) stopListening = flushOnSignals(process, () => handle.forceFlush());
  runtime.boot = handle;
  return handle;
}

/** The API has one global provider, and gives nothing but no-op spans as long as there is none. */
function isSomebodyElsesSdkThere(): boolean {
  const span = trace.getTracer(SCOPE.name).startSpan('is anybody there');
  return isSpanContextValid(span.spanContext());
}

/**
 * Boots tracing: the Node SDK with a parent-based ratio sampler, a batch processor and an OTLP/HTTP exporter, W3C trace
 * context and baggage, and automatic instrumentations. Call it once, in `register()` of `instrumentation.ts`; further
 * calls give the same handle. It never waits for the network, and anything that fails while it boots leaves the
 * application running without tracing.
 *
 * @param options what the environment does not say; durations in milliseconds, ratios from 0 to 1
 * @returns the handle with which to flush and shut down
 * @throws TracingOptionsError for a wrong option, naming it and what it got; nothing else
 * @example
 * const tracing = startTracing({ serviceName: 'shop', sampling: { ratio: 0.1 } });
 * tracing.config.serviceName; // 'shop'
 */
export function startTracing(options: TracingOptions = {}): TracingHandle {
  const running = getRuntime().boot as TracingHandle | undefined;
  if (running !== undefined) return running;
  const warnings: string[] = [];
  const config = resolveConfig(options, readEnvironment(), (message) => warnings.push(message));
  diag.setLogger(new DiagConsoleLogger(), { logLevel: LOG_LEVELS[config.logLevel], suppressOverrideMessage: true });
  for (const warning of warnings) diag.warn(`throughline: ${warning}`);
  if (!config.enabled) return settleOnNone(config);
  if (isSomebodyElsesSdkThere()) {
    diag.warn(
      'throughline: another OpenTelemetry SDK is registered already; it keeps the traces, and startTracing does nothing',
    );
    return settleOnNone({ ...config, settings: { ...config.settings, enabled: true } });
  }
  try {
    const handle = startSdk(config, options);
    diag.info(`throughline: tracing "${config.serviceName}" to ${redactUrl(config.tracesUrl)}`);
    return handle;
  } catch (error) {
    diag.error('throughline: tracing could not be started; the application runs without it', error);
    return settleOnNone(config);
  }
}
