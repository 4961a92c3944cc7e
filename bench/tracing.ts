/** What a span costs: our wrappers against the API's own, in one run. Run: node bench/tracing.ts */
import { type Span, context, propagation, trace } from '@opentelemetry/api';
import { startTracing } from '../src/lib/tracing/boot/index.ts';
import { traceAsync, withTracing } from '../src/lib/tracing/index.ts';
import { setRuntime } from '../src/lib/tracing/runtime.ts';
import { type Subject, measure, print } from './measure.ts';

const ROUNDS = Number(process.argv[2] ?? 15);
const OPERATIONS = 20_000;
const attributes = {
  'user.type': 'premium',
  'cart.items': 3,
  'cart.discounted': true,
  region: 'eu-west-1',
  attempt: 1,
};

const work = async (): Promise<number> => 1;

async function withOfficialSpan(): Promise<number> {
  return trace.getTracer('bench').startActiveSpan('work', { attributes }, async (span: Span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });
}

function repeat(name: string, once: () => unknown): Subject {
  return {
    name,
    async run(operations) {
      for (let index = 0; index < operations; index++) await once();
    },
  };
}

const tracedHandler = withTracing(async (_request: Request) => response);
const response = new Response(null);
const request = new Request('http://localhost:3000/api/products/p-1?page=2');

/** Like a queue that is always just emptied: spans are made and ended, and go nowhere. */
const nowhere = {
  export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => {},
};

const QUIET = { exporter: nowhere, autoInstrumentations: false, handleSignals: false };

async function benchNoop(): Promise<void> {
  setRuntime(undefined);
  const measured = await measure(
    [
      repeat('API no-op: startActiveSpan', withOfficialSpan),
      repeat('traceAsync, nothing booted', () => traceAsync('work', work, attributes)),
    ],
    ROUNDS,
    OPERATIONS,
  );
  print('A disabled library', measured, 'at most 2x');
}

async function benchRecording(): Promise<void> {
  startTracing(QUIET);
  const spans = await measure(
    [
      repeat('official startActiveSpan, 5 attributes', withOfficialSpan),
      repeat('traceAsync, the same attributes', () => traceAsync('work', work, attributes)),
    ],
    ROUNDS,
    OPERATIONS,
  );
  print('A span around async work', spans, 'at most 1.15x');

  const official = trace.getTracer('bench');
  const routes = await measure(
    [
      repeat('bare startActiveSpan around a handler', () =>
        official.startActiveSpan('GET', async (span: Span) => {
          try {
            return response;
          } finally {
            span.end();
          }
        }),
      ),
      repeat('withTracing, opens the SERVER span', () => tracedHandler(request)),
    ],
    ROUNDS,
    OPERATIONS,
  );
  print('withTracing around an empty handler', routes, 'at most 3x');
}

/** Requests that are not sampled, recorded all the same because they might fail: against those that are sampled. */
async function benchKeep(): Promise<void> {
  setRuntime(undefined);
  for (const api of [trace, context, propagation]) api.disable();
  startTracing({ ...QUIET, sampling: { ratio: 0, routes: { '/sampled': 1 } }, keep: { errors: true } });
  const traced = withTracing(async (_request: Request) => traceAsync('work', async () => response, attributes));
  const [sampled, unsampled] = ['sampled', 'unsampled'].map((path) => new Request(`http://localhost:3000/${path}`));
  const measured = await measure(
    [
      repeat('sampled, two spans', () => traced(sampled as Request)),
      repeat('not sampled, with keep, and let go', () => traced(unsampled as Request)),
    ],
    ROUNDS,
    OPERATIONS,
  );
  print('A request that might have to be kept', measured, 'at most 1.2x');
}

await benchNoop();
await benchRecording();
await benchKeep();
process.exit(0);
