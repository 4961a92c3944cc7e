/** docs/configuration.md lists every option and every variable, with its default. */
import { InMemorySpanExporter, NoopSpanProcessor, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { resolveConfig } from '@/lib/tracing/config.ts';
import { VARIABLES, type VariableName } from '@/lib/tracing/environment.ts';
import type { ConfigOptions } from '@/lib/tracing/options.ts';
import { CountingIds } from '../../helpers/test-tracing.ts';
import { textOf } from './files.ts';

type Groups = 'sampling' | 'keep' | 'batch' | 'limits' | 'capture' | 'baggage';
/** Every option, none left out: the compiler asks for a new one here. */
type EveryOption = Required<Omit<ConfigOptions, Groups>> & {
  [G in Groups]: Required<NonNullable<ConfigOptions[G]>>;
};

const EVERY_OPTION: EveryOption = {
  enabled: true,
  serviceName: 'shop',
  serviceVersion: '1.0.0',
  environment: 'production',
  resourceAttributes: { team: 'checkout' },
  endpoint: 'https://collector.example.com',
  headers: { authorization: 'Bearer token' },
  protocol: 'http/protobuf',
  compression: 'gzip',
  otlp: true,
  console: true,
  sampling: { ratio: 0.5, routes: { '/api/health': 0 } },
  sampler: new TraceIdRatioBasedSampler(0.1),
  keep: { errors: true, slowerThanMillis: 1, maxSpans: 1, maxBytes: 1, maxAgeMillis: 1 },
  batch: { scheduledDelayMillis: 1, exportTimeoutMillis: 1, maxQueueSize: 1, maxExportBatchSize: 1 },
  limits: { attributeValueLength: 1, attributeCount: 1, eventCount: 1, linkCount: 1 },
  capture: { requestHeaders: ['a'], responseHeaders: ['b'], queryParameters: ['c'], messageContent: true },
  trustIncoming: 'none',
  propagateTo: ['example.com'],
  baggage: { targets: ['example.com'] },
  traceIdHeader: false,
  serverTiming: false,
  redact: [(value) => value],
  instrumentations: [],
  autoInstrumentations: false,
  exporter: new InMemorySpanExporter(),
  spanProcessors: [new NoopSpanProcessor()],
  metricReaders: [],
  idGenerator: new CountingIds(),
  handleSignals: false,
  nextSpans: 'all',
};
const GROUPS: readonly string[] = ['sampling', 'keep', 'batch', 'limits', 'capture', 'baggage'] satisfies Groups[];

/** The rows of the table whose head begins with a word, cell by cell, without the backticks of whole cells. */
function table(text: string, head: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const plain = (cell = ''): string => cell.replace(/^`([^`]*)`$/, '$1');
const page = textOf('docs/configuration.md');

describe('docs/configuration.md', () => {
  it('lists every variable, its default and what it does', () => {
    const rows = table(page, 'variable').map(([name, standard, does]) => [plain(name), plain(standard), does]);
    expect(rows).toEqual(
      Object.entries(VARIABLES).map(([name, { default: standard, does }]) => [name, standard, does]),
    );
  });

  it('lists every option', () => {
    const names = Object.entries(EVERY_OPTION).flatMap(([name, value]) =>
      GROUPS.includes(name) ? Object.keys(value as object).map((inner) => `${name}.${inner}`) : [name],
    );
    expect(table(page, 'option').map(([name]) => plain(name))).toEqual(names);
    expect(() => resolveConfig(EVERY_OPTION, {}, () => {})).not.toThrow();
  });

  it('gives each option the default of its variable', () => {
    const wrong = table(page, 'option').filter(([, standard, variables = '']) => {
      const names = variables.split(',').map((name) => plain(name.trim())) as VariableName[];
      if (plain(standard) === '' || variables === '') return false;
      return !names.some((name) => VARIABLES[name].default === plain(standard));
    });
    expect(wrong).toEqual([]);
  });

  it('names no variable that is not read', () => {
    const named = [...page.matchAll(/\b(?:OTEL|DD|AWS)_[A-Z_]+/g)].map(([name]) => name);
    expect(named.filter((name) => !Object.hasOwn(VARIABLES, name))).toEqual([]);
  });
});
