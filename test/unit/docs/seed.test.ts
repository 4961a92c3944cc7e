/**
 * The tracing guide that the library implements: each of its examples as it is written there, and what it gives. The
 * document is not in the repository, so its examples stand here. Names that an example uses without a word about them
 * (`openai`, `items`, `SpanKind`) come from `surroundings.ts`.
 */
import { parseEnv } from 'node:util';
import { withTracing } from '@/lib/tracing/index.ts';
import { resolveConfig } from '@/lib/tracing/config.ts';
import { tree } from '../../helpers/trace-tree.ts';
import { type Ran, type RunOptions, runCode, treeOf } from './run-block.ts';
import { typeErrors, typesOf } from './type-check.ts';

interface Example extends RunOptions {
  readonly title: string;
  /** As in the document. */
  readonly code: string;
  /** Uses what the example declares: a class is no use without a call. */
  readonly after?: string;
  /** Attributes written in the tree. */
  readonly shown?: readonly string[];
  readonly tree: string;
  /** The events of all spans. */
  readonly events?: readonly (readonly [name: string, attributes: Record<string, unknown>])[];
  /** What has to be among the bytes that left. */
  readonly left?: string;
  /** The example rejects with this. */
  readonly fails?: string;
  /** The one message of the library, as it begins. */
  readonly says?: string;
}

const inRequest: RunOptions['around'] = async (run) =>
  withTracing(async (_request: Request) => {
    await run();
    return new Response(null, { status: 204 });
  })(new Request('http://localhost:3000/'));

const MANUAL_SPAN = `
import { tracer } from '@/lib/tracing';

const span = tracer.startSpan('manual_operation', {
  kind: SpanKind.INTERNAL,
  attributes: {
    'operation.type': 'batch',
    'operation.size': 1000
  }
});

try {
  // Set attributes during execution
  span.setAttribute('progress', 0);
  
  for (let i = 0; i < items.length; i++) {
    await processItem(items[i]);
    
    // Update progress
    if (i % 100 === 0) {
      span.setAttribute('progress', (i / items.length) * 100);
      span.addEvent('progress_update', { 
        processed: i,
        total: items.length 
      });
    }
  }
  
  span.setStatus({ code: SpanStatusCode.OK });
} catch (error) {
  span.recordException(error);
  span.setStatus({ 
    code: SpanStatusCode.ERROR,
    message: error.message 
  });
  throw error;
} finally {
  span.end();
}`;

const EXAMPLES: readonly Example[] = [
  {
    title: 'automatic tracing for API routes',
    code: `
import { withTracing } from '@/middleware/tracing';

// Automatically traced
export const GET = withTracing(async (request: NextRequest) => {
  const data = await fetchData();
  return NextResponse.json(data);
});`,
    shown: ['http.response.status_code'],
    tree: `GET /api/products/[id] SERVER http.response.status_code=200`,
  },
  {
    title: 'manual tracing',
    code: `
import { tracer, traceAsync } from '@/lib/tracing';

// Trace a specific operation
const result = await traceAsync('process_data', async () => {
  return await complexOperation();
}, {
  userId: 'user-123',
  operationType: 'batch_processing'
});

// Create custom spans
await tracer.startActiveSpan('custom_operation', async (span) => {
  span.setAttribute('custom.attribute', 'value');
  
  // Your code here
  
  span.addEvent('milestone_reached', {
    progress: 50
  });
});`,
    after: 'result; // 42',
    shown: ['userId', 'operationType', 'custom.attribute'],
    tree: `
      process_data INTERNAL userId="user-123" operationType="batch_processing"
      custom_operation INTERNAL custom.attribute="value"
    `,
    events: [['milestone_reached', { progress: 50 }]],
  },
  {
    title: 'chat completions',
    code: `
import { traceAIChatCompletion } from '@/lib/tracing/ai-tracing';

const response = await traceAIChatCompletion(
  'openai',
  'gpt-4',
  async () => {
    return await openai.chat.completions.create({
      model: 'gpt-4',
      messages: messages
    });
  },
  {
    messages: messages.length,
    maxTokens: 1000,
    temperature: 0.7,
    userId: 'user-123',
    organizationId: 'org-456'
  }
);`,
    after: `response.choices[0].message.content; // 'Hello'`,
    shown: [
      'gen_ai.provider.name',
      'gen_ai.request.model',
      'gen_ai.request.max_tokens',
      'gen_ai.request.temperature',
      'throughline.gen_ai.message_count',
      'user.id',
      'throughline.organization.id',
      'gen_ai.response.model',
      'gen_ai.response.finish_reasons',
      'gen_ai.usage.input_tokens',
      'gen_ai.usage.output_tokens',
    ],
    tree: [
      'chat gpt-4 CLIENT gen_ai.provider.name="openai" gen_ai.request.model="gpt-4" gen_ai.request.max_tokens=1000',
      'gen_ai.request.temperature=0.7 throughline.gen_ai.message_count=1 user.id="user-123"',
      'throughline.organization.id="org-456" gen_ai.response.model="gpt-4-0613"',
      'gen_ai.response.finish_reasons=["stop"] gen_ai.usage.input_tokens=12 gen_ai.usage.output_tokens=3',
    ].join(' '),
  },
  {
    title: 'semantic cache',
    code: `
import { traceSemanticCache } from '@/lib/tracing/ai-tracing';

// Cache lookup
const cached = await traceSemanticCache(
  'lookup',
  cacheKey,
  async () => {
    return await cache.get(cacheKey);
  }
);

// Cache store
await traceSemanticCache(
  'store',
  cacheKey,
  async () => {
    await cache.set(cacheKey, value, ttl);
  }
);`,
    after: `cached; // undefined\nawait cache.get(cacheKey); // 'an answer'`,
    shown: ['throughline.cache.hit', 'throughline.cache.key_hash'],
    tree: `
      semantic_cache lookup CLIENT throughline.cache.hit=false throughline.cache.key_hash="31b358ab"
      semantic_cache store CLIENT throughline.cache.key_hash="31b358ab"
    `,
  },
  {
    title: 'ML operations',
    code: `
import { traceMLOperation } from '@/lib/tracing/ai-tracing';

const model = await traceMLOperation(
  'train',
  'energy_prediction',
  async () => {
    return await trainModel(data);
  },
  {
    datasetSize: 10000,
    features: 50,
    epochs: 10,
    batchSize: 32
  }
);`,
    after: 'model; // { weights: [] }',
    shown: [
      'throughline.ml.dataset_size',
      'throughline.ml.features',
      'throughline.ml.epochs',
      'throughline.ml.batch_size',
    ],
    tree: [
      'train energy_prediction INTERNAL throughline.ml.dataset_size=10000 throughline.ml.features=50',
      'throughline.ml.epochs=10 throughline.ml.batch_size=32',
    ].join(' '),
  },
  {
    title: 'SQL queries',
    code: `
import { traceDatabaseQuery } from '@/lib/tracing/database-tracing';

const result = await traceDatabaseQuery(
  'SELECT',
  'SELECT * FROM users WHERE organization_id = $1',
  async () => {
    return await db.query(query, params);
  },
  {
    table: 'users',
    params: [orgId],
    organizationId: orgId
  }
);`,
    after: 'result.rows; // [{ id: 1 }]',
    shown: [
      'db.system.name',
      'db.operation.name',
      'db.collection.name',
      'db.query.text',
      'throughline.db.parameter_count',
      'throughline.organization.id',
      'db.response.returned_rows',
    ],
    tree: [
      'SELECT users CLIENT db.system.name="postgresql" db.operation.name="SELECT" db.collection.name="users"',
      'db.query.text="SELECT * FROM users WHERE organization_id = $1" throughline.db.parameter_count=1',
      'throughline.organization.id="org-456" db.response.returned_rows=1',
    ].join(' '),
  },
  {
    title: 'transactions',
    code: `
import { traceDatabaseTransaction } from '@/lib/tracing/database-tracing';

const result = await traceDatabaseTransaction(
  transactionId,
  async () => {
    await db.query('BEGIN');
    try {
      // Your transactional operations
      await db.query('COMMIT');
    } catch (error) {
      await db.query('ROLLBACK');
      throw error;
    }
  },
  {
    isolationLevel: 'READ COMMITTED',
    readOnly: false
  }
);`,
    shown: [
      'throughline.db.transaction.id',
      'throughline.db.transaction.isolation_level',
      'throughline.db.transaction.read_only',
    ],
    tree: [
      'TRANSACTION CLIENT throughline.db.transaction.id="tx-1"',
      'throughline.db.transaction.isolation_level="READ COMMITTED" throughline.db.transaction.read_only=false',
    ].join(' '),
  },
  {
    title: 'Prisma integration',
    code: `
import { tracePrismaOperation } from '@/lib/tracing/database-tracing';

const users = await tracePrismaOperation(
  'User',
  'findMany',
  async () => {
    return await prisma.user.findMany({
      where: { organizationId },
      include: { profile: true }
    });
  },
  {
    where: { organizationId },
    include: { profile: true }
  }
);`,
    after: 'users; // [{ id: 1 }]',
    shown: ['db.collection.name', 'throughline.prisma.arguments', 'db.response.returned_rows'],
    tree: [
      'findMany User CLIENT db.collection.name="User"',
      'throughline.prisma.arguments=["where.organizationId","include.profile"] db.response.returned_rows=1',
    ].join(' '),
  },
  {
    // The document's block holds this and the next example; in one scope the second `data` would hide the first.
    title: 'outgoing requests with fetch',
    code: `
import { traceOutgoingRequest, traceFetch } from '@/lib/tracing/http-tracing';

// Using fetch with automatic tracing
const response = await traceFetch('https://api.example.com/data', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(data)
});`,
    after: `
response.status; // 200
fetched.length; // 1
fetched[0].headers.get('content-type'); // 'application/json'
fetched[0].headers.get('traceparent'); // '00-00000000000000000000000000000002-0000000000000002-01'
await fetched[0].json(); // { rows: 3 }`,
    shown: ['http.request.method', 'url.full', 'server.address', 'server.port', 'http.response.status_code'],
    tree: [
      'POST CLIENT http.request.method="POST" url.full="https://api.example.com/data"',
      'server.address="api.example.com" server.port=443 http.response.status_code=200',
    ].join(' '),
  },
  {
    title: 'outgoing requests of another client',
    code: `
import { traceOutgoingRequest, traceFetch } from '@/lib/tracing/http-tracing';

// Custom HTTP client
const data = await traceOutgoingRequest(
  'GET',
  'https://api.example.com/resource',
  async () => {
    return await customHttpClient.get(url);
  }
);`,
    after: `data; // { path: 'https://api.example.com/resource' }`,
    shown: ['http.request.method', 'url.full', 'server.address', 'server.port'],
    tree: [
      'GET CLIENT http.request.method="GET" url.full="https://api.example.com/resource"',
      'server.address="api.example.com" server.port=443',
    ].join(' '),
  },
  {
    title: 'API clients',
    code: `
import { traceApiClient } from '@/lib/tracing/http-tracing';

const weatherData = await traceApiClient(
  'weather-service',
  'get-forecast',
  async () => {
    return await weatherAPI.getForecast(location);
  },
  {
    method: 'GET',
    endpoint: '/forecast',
    params: { lat, lon }
  }
);`,
    after: 'weatherData; // { celsius: 7 }',
    shown: [
      'throughline.api_client.name',
      'throughline.api_client.operation',
      'http.request.method',
      'url.template',
      'throughline.api_client.parameters',
    ],
    tree: [
      'GET /forecast CLIENT throughline.api_client.name="weather-service"',
      'throughline.api_client.operation="get-forecast" http.request.method="GET" url.template="/forecast"',
      'throughline.api_client.parameters=["lat","lon"]',
    ].join(' '),
  },
  {
    // The document shows the two headers above this, in the same block.
    title: 'W3C trace context',
    code: `
// Extract trace context from incoming requests
import { extractTraceContext } from '@/lib/tracing/propagation';

const traceContext = extractTraceContext(request);`,
    after: `trace.getSpanContext(traceContext)?.traceId; // '4bf92f3577b34da6a3ce929d0e0e4736'`,
    tree: '',
  },
  {
    title: 'baggage',
    around: inRequest,
    code: `
import { baggage } from '@/lib/tracing/propagation';

// Set baggage
baggage.set('user.id', 'user-123');
baggage.set('tenant.id', 'tenant-456');

// Get baggage
const userId = baggage.get('user.id');

// Get all baggage
const allBaggage = baggage.getAll();`,
    after: `userId; // 'user-123'\nallBaggage; // { 'user.id': 'user-123', 'tenant.id': 'tenant-456' }`,
    tree: 'GET SERVER',
  },
  {
    title: 'the decorator',
    code: `
import { Trace } from '@/lib/tracing';

class MyService {
  @Trace('MyService.processData')
  async processData(input: string): Promise<string> {
    // Automatically traced
    return await transform(input);
  }

  @Trace('MyService.complexOperation', {
    kind: SpanKind.INTERNAL,
    attributes: { 
      service: 'data-processor',
      version: '1.0' 
    }
  })
  async complexOperation(): Promise<void> {
    // Method is wrapped in a span with custom attributes
  }
}`,
    after: `await new MyService().processData('abc'); // 'ABC'\nawait new MyService().complexOperation();`,
    shown: ['service', 'version'],
    tree: `
      MyService.processData INTERNAL
      MyService.complexOperation INTERNAL service="data-processor" version="1.0"
    `,
  },
  {
    title: 'manual span management',
    code: MANUAL_SPAN,
    shown: ['operation.type', 'operation.size', 'progress'],
    tree: 'manual_operation INTERNAL operation.type="batch" operation.size=1000 progress=0',
    events: [['progress_update', { processed: 0, total: 3 }]],
  },
  {
    title: 'manual span management, where an item fails',
    scope: { processItem: () => Promise.reject(new RangeError('stuck')) },
    fails: 'stuck',
    code: MANUAL_SPAN,
    shown: ['operation.type', 'operation.size', 'progress'],
    tree: 'manual_operation INTERNAL ERROR operation.type="batch" operation.size=1000 progress=0',
    events: [['exception', { 'exception.type': 'RangeError', 'exception.message': 'stuck' }]],
  },
  {
    title: 'a sampler of one’s own',
    code: `
import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';

const sampler = new TraceIdRatioBasedSampler(0.1);`,
    after: `
import { traceAsync } from '@/lib/tracing';

startTracing({ sampler });
await traceAsync('sampled', async () => 1); // 1`,
    tree: 'sampled INTERNAL',
  },
  {
    title: 'debug logging',
    code: `
// In development
if (process.env.NODE_ENV === 'development') {
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.DEBUG);
}`,
    scope: { process: { env: { NODE_ENV: 'development' } }, DiagConsoleLogger: Map },
    says: 'Current logger will be overwritten',
    tree: '',
  },
  {
    title: 'health check',
    code: `
// Check if tracing is working
import { trace } from '@opentelemetry/api';

const tracer = trace.getTracer('health-check');
const span = tracer.startSpan('test');
span.setAttribute('test', true);
span.end();
console.log('Trace ID:', span.spanContext().traceId);`,
    shown: ['test'],
    tree: 'test INTERNAL test=true',
  },
  {
    // The older names are brought up to date when the span leaves.
    title: 'semantic conventions',
    code: `
   span.setAttribute('http.method', 'GET');
   span.setAttribute('http.status_code', 200);
   span.setAttribute('db.system', 'postgresql');`,
    after: 'span.end();',
    shown: ['http.request.method', 'http.response.status_code', 'db.system.name', 'http.method', 'db.system'],
    tree: 'surroundings INTERNAL http.request.method="GET" http.response.status_code=200 db.system.name="postgresql"',
  },
  {
    title: 'meaningful events',
    code: `
   span.addEvent('payment_processed', {
     amount: 99.99,
     currency: 'USD',
     method: 'credit_card'
   });`,
    after: 'span.end();',
    tree: 'surroundings INTERNAL',
    events: [['payment_processed', { amount: 99.99, currency: 'USD', method: 'credit_card' }]],
  },
  {
    title: 'span status',
    code: `
   if (response.status >= 400) {
     span.setStatus({
       code: SpanStatusCode.ERROR,
       message: \`HTTP \${response.status}\`
     });
   }`,
    after: 'span.end();',
    tree: 'surroundings INTERNAL ERROR',
    left: '"message":"HTTP 503"',
  },
  {
    title: 'span links',
    scope: {
      items: [
        { spanContext: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 } },
      ],
    },
    code: `
   import { tracer } from '@/lib/tracing';

   const span = tracer.startSpan('batch_process', {
     links: items.map(item => ({
       context: item.spanContext
     }))
   });`,
    after: 'span.end();',
    tree: 'batch_process INTERNAL',
    left: '"context":{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736"',
  },
  {
    title: 'attributes of high cardinality',
    code: `
   // Bad: unique values
   span.setAttribute('user.email', email);
   
   // Good: categorical
   span.setAttribute('user.type', 'premium');`,
    after: 'span.end();',
    shown: ['user.email', 'user.type'],
    tree: 'surroundings INTERNAL user.email="[REDACTED]" user.type="premium"',
  },
  {
    // The document shows the text that leaves; this is what goes in.
    title: 'sanitized SQL',
    code: `
import { traceDatabaseQuery } from '@/lib/tracing/database-tracing';

const unsafe = "SELECT * FROM users WHERE email = 'ada@example.com'";
await traceDatabaseQuery('SELECT', unsafe, () => db.query(unsafe));`,
    shown: ['db.query.text'],
    tree: 'SELECT users CLIENT db.query.text="SELECT * FROM users WHERE email = ?"',
  },
  {
    title: 'monitoring the monitoring',
    code: `
// Monitor export failures
const exportFailures = meter.createCounter('otel.exporter.failures');

// Monitor span creation rate
const spanRate = meter.createCounter('otel.spans.created');

// Monitor sampling decisions
const samplingDecisions = meter.createCounter('otel.sampling.decisions');`,
    tree: '',
  },
];

function eventsOf(spans: Ran['spans']): unknown[] {
  return spans.flatMap(({ events }) =>
    events.map(({ name, attributes }) => {
      const { 'exception.stacktrace': _stack, ...others } = attributes ?? {};
      return [name, others];
    }),
  );
}

describe('the examples of the guide', () => {
  it.each(EXAMPLES.map((example) => [example.title, example] as const))('%s', async (_title, example) => {
    const { fails, says, shown, left = '' } = example;
    const rejected: string[] = [];
    const { spans, bytes, messages } = await runCode(`${example.code}\n${example.after ?? ''}`, {
      scope: example.scope ?? {},
      around: async (run) => {
        const running = example.around ? example.around(run) : run();
        await running.catch((error: unknown) => {
          if (fails === undefined) throw error;
          rejected.push((error as Error).message);
        });
      },
    });
    expect(rejected).toEqual(fails === undefined ? [] : [fails]);
    expect(treeOf(spans, shown)).toBe(tree(example.tree));
    expect(eventsOf(spans)).toEqual(example.events ?? []);
    expect(messages.map((message) => message.slice(0, says?.length))).toEqual(says === undefined ? [] : [says]);
    expect(bytes).toContain(left);
  });

  it('send the headers that it shows', async () => {
    const incoming = new Request('http://localhost:3000/api/data', {
      headers: {
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        tracestate: 'congo=t61rcWkgMzE',
      },
    });
    const { surroundings } = await runCode(
      `
      import { withTracing, traceFetch } from '@/lib/tracing';
      await withTracing((_request: Request) => traceFetch('https://api.example.com/data'))(request);
    `,
      { scope: { request: incoming } },
    );
    const [sent] = surroundings.fetched;
    expect([sent?.headers.get('traceparent'), sent?.headers.get('tracestate')]).toEqual([
      '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000003-01',
      'congo=t61rcWkgMzE',
    ]);
  });
});

/** What an environment changes of the defaults. */
function changed(environment: Record<string, string | undefined>): Record<string, unknown> {
  const warnings: string[] = [];
  const config = resolveConfig({}, environment, (message) => warnings.push(message));
  const defaults: Record<string, unknown> = { ...resolveConfig({}, {}, () => {}) };
  expect(warnings).toEqual([]);
  const differs = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(value) !== JSON.stringify(defaults[name]);
  return Object.fromEntries(
    Object.entries(config).filter(([name, value]) => name !== 'settings' && differs([name, value])),
  );
}

/** As `docker run --env-file` reads it: quotes are part of the value. */
function parseWithQuotes(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

const ENVIRONMENTS: readonly [title: string, text: string, config: Record<string, unknown>][] = [
  [
    'environment setup',
    `
# Required environment variables
OTEL_SERVICE_NAME=blipee-os
OTEL_SERVICE_VERSION=1.0.0
OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318
OTEL_SAMPLING_RATE=1.0

# Optional: Authentication for cloud providers
OTEL_EXPORTER_OTLP_HEADERS='{"Authorization":"Bearer YOUR_TOKEN"}'

# Disable tracing (for testing)
OTEL_ENABLED=false`,
    {
      enabled: false,
      serviceName: 'blipee-os',
      serviceVersion: '1.0.0',
      headers: { Authorization: 'Bearer YOUR_TOKEN' },
    },
  ],
  ['Jaeger, which listens where the default is', 'OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318', {}],
  [
    'Datadog',
    `
OTEL_EXPORTER_OTLP_ENDPOINT=https://trace.agent.datadoghq.com
OTEL_EXPORTER_OTLP_HEADERS='{"DD-API-KEY":"your-api-key"}'
DD_ENV=production
DD_SERVICE=blipee-os
DD_VERSION=1.0.0`,
    {
      serviceName: 'blipee-os',
      serviceVersion: '1.0.0',
      environment: 'production',
      tracesUrl: 'https://trace.agent.datadoghq.com/v1/traces',
      headers: { 'DD-API-KEY': 'your-api-key' },
    },
  ],
  [
    'AWS X-Ray',
    `
OTEL_EXPORTER_OTLP_ENDPOINT=https://your-region.amazonaws.com/v1/traces
AWS_REGION=us-west-2
# Authentication via IAM role or credentials`,
    {
      resourceAttributes: { 'cloud.provider': 'aws', 'cloud.region': 'us-west-2' },
      tracesUrl: 'https://your-region.amazonaws.com/v1/traces',
    },
  ],
  [
    'Grafana Tempo',
    `
OTEL_EXPORTER_OTLP_ENDPOINT=http://tempo:4318
OTEL_EXPORTER_OTLP_HEADERS='{"X-Scope-OrgID":"your-org"}'`,
    { tracesUrl: 'http://tempo:4318/v1/traces', headers: { 'X-Scope-OrgID': 'your-org' } },
  ],
  ['sampling', 'OTEL_SAMPLING_RATE=0.1', { sampling: { ratio: 0.1, routes: {}, parentBased: true } }],
  [
    'secure transport',
    `
OTEL_EXPORTER_OTLP_ENDPOINT=https://collector.example.com
OTEL_EXPORTER_OTLP_HEADERS='{"Authorization":"Bearer token"}'`,
    { tracesUrl: 'https://collector.example.com/v1/traces', headers: { Authorization: 'Bearer token' } },
  ],
];

describe('the examples of the guide, compiled', () => {
  it('are correct', async () => {
    // What an example is about to show needs no type of its own in the guide: `error.message` in a `catch`.
    const options = { useUnknownInCatchVariables: false };
    const given = new Map([...typesOf('surroundings'), ['items', 'any[]']]);
    const blocks = EXAMPLES.map(({ title, code }) => ({ block: { file: 'the guide', line: 1, title, code }, given }));
    expect(await typeErrors(blocks, options)).toEqual([]);
  }, 60_000);
});

describe('the environments of the guide', () => {
  it.each(ENVIRONMENTS)('%s', (_title, text, config) => {
    expect(changed(parseEnv(text))).toEqual(config);
    expect(changed(parseWithQuotes(text))).toEqual(config);
  });
});
