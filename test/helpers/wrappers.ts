/** Every function of the library that runs a piece of the program, in one form, so that one table can hold them all. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { SpanKind, context, trace } from '@opentelemetry/api';
import {
  Trace,
  traceAIChatCompletion,
  traceApiClient,
  traceAsync,
  traceDatabaseQuery,
  traceDatabaseTransaction,
  traceMLOperation,
  traceOutgoingRequest,
  tracePrismaOperation,
  traceSemanticCache,
  traceServerAction,
  traceServerComponent,
  traceSync,
  tracer,
  withTracing,
} from '../../src/lib/tracing/index.ts';
import { sendJob, traceProcess, traceQueue, traceSend } from '../../src/lib/tracing/messaging-tracing/index.ts';
import { guarded } from '../../src/lib/tracing/guard.ts';
import {
  type Fetcher,
  callService,
  fetchDO,
  runRpc,
  withAlarmSpan,
  withDOSpan,
  withRpcSpan,
  withServiceSpan,
} from '../../src/lib/tracing/service-tracing/index.ts';
import { createTracer } from '../../src/lib/tracing/simple/index.ts';
import {
  traceAICall,
  traceAuthOperation,
  traceD1Operation,
  traceKVOperation,
  traceR2Operation,
  traceRequest,
  traceVectorizeOperation,
} from '../../src/lib/tracing/workers-tracing/index.ts';

export type Work = (this: unknown, ...args: unknown[]) => unknown;

export interface Wrapper {
  readonly name: string;
  /** The work with the wrapper around it. */
  readonly wrap: (work: Work) => Work;
  /** Whether `this` and the arguments of the call are the work's own. */
  readonly forwards?: true;
}

const request = new Request('http://shop.example/api/products/p-1');

const MESSAGE = {
  zip: '78729',
  _trace: { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' },
};

function methodContext(name: string): ClassMethodDecoratorContext {
  return { kind: 'method', name, static: false, private: false, metadata: {} } as ClassMethodDecoratorContext;
}

function decorateLegacy(work: Work): Work {
  const descriptor = { value: work, configurable: true, writable: true, enumerable: false };
  const traced = Trace('Service.run')({}, 'run', descriptor);
  return (traced as TypedPropertyDescriptor<Work>).value as Work;
}

function inServerSpan(work: Work): Work {
  return function (this: unknown, ...args) {
    const span = tracer.startSpan('GET', { kind: SpanKind.SERVER });
    const handler = withTracing((_request: Request, ...rest: unknown[]) => Reflect.apply(work, this, rest));
    try {
      return context.with(trace.setSpan(context.active(), span), () => handler(request, ...args));
    } finally {
      guarded('ending a span', () => span.end());
    }
  };
}

export const WRAPPERS: readonly Wrapper[] = [
  { name: 'traceAsync', wrap: (work) => () => traceAsync('work', work) },
  { name: 'traceSync', wrap: (work) => () => traceSync('work', work) },
  { name: 'tracer.startActiveSpan', wrap: (work) => () => tracer.startActiveSpan('work', work) },
  { name: '@Trace, legacy form', wrap: decorateLegacy, forwards: true },
  {
    name: '@Trace, standard form',
    wrap: (work) => Trace('Service.run')(work, methodContext('run')) as Work,
    forwards: true,
  },
  {
    name: 'traceOutgoingRequest',
    wrap: (work) => () => traceOutgoingRequest('GET', 'https://api.example.com/resource', work),
  },
  { name: 'traceApiClient', wrap: (work) => () => traceApiClient('weather-service', 'get-forecast', work) },
  { name: 'traceDatabaseQuery', wrap: (work) => () => traceDatabaseQuery('SELECT', 'SELECT 1', work) },
  { name: 'traceDatabaseTransaction', wrap: (work) => () => traceDatabaseTransaction('order-7', work) },
  { name: 'tracePrismaOperation', wrap: (work) => () => tracePrismaOperation('User', 'findMany', work, { take: 1 }) },
  { name: 'traceAIChatCompletion', wrap: (work) => () => traceAIChatCompletion('openai', 'gpt-4', work) },
  { name: 'traceSemanticCache', wrap: (work) => () => traceSemanticCache('lookup', 'question-1', work) },
  { name: 'traceMLOperation', wrap: (work) => () => traceMLOperation('train', 'energy_prediction', work) },
  { name: 'withServiceSpan', wrap: (work) => () => withServiceSpan('AUTH_SERVICE', '/auth/login', 'POST', work) },
  { name: 'withDOSpan', wrap: (work) => () => withDOSpan('CartDurableObject', 'cart-7', '/cart/add', 'POST', work) },
  {
    name: 'callService',
    wrap: (work) => () => callService({ name: 'AUTH_SERVICE', fetcher: { fetch: work as Fetcher['fetch'] } }, '/'),
  },
  { name: 'fetchDO', wrap: (work) => () => fetchDO({ fetch: work as Fetcher['fetch'] }, 'CartDurableObject', '/') },
  { name: 'withRpcSpan', wrap: (work) => () => withRpcSpan('AUTH_SERVICE', 'verify', work) },
  { name: 'runRpc', wrap: (work) => () => runRpc({}, 'AuthService.verify', work) },
  { name: 'withAlarmSpan', wrap: (work) => () => withAlarmSpan('CartDurableObject', undefined, work) },
  { name: 'traceSend', wrap: (work) => () => traceSend('fetch-jobs', { zip: '78729' }, () => work()) },
  { name: 'traceSend, in an envelope', wrap: (work) => () => traceSend('q', 'text', work, { envelope: true }) },
  { name: 'traceProcess', wrap: (work) => () => traceProcess('fetch-jobs', MESSAGE, () => work()) },
  { name: 'traceProcess, of a message without context', wrap: (work) => () => traceProcess('q', 'text', work) },
  {
    name: 'traceQueue',
    wrap: (work) => () => traceQueue({ send: (_body: object) => work(), sendBatch: work }, 'q').send({ zip: 1 }),
  },
  {
    name: 'sendJob',
    wrap: (work) => () => sendJob({ send: () => work() as Promise<null> }, 'fetch-jobs', { zip: '78729' }),
  },
  { name: 'traceRequest', wrap: (work) => () => traceRequest(request, work) },
  { name: 'traceRequest, with ctx', wrap: (work) => () => traceRequest(request, { waitUntil: () => {} }, work) },
  { name: 'traceAICall', wrap: (work) => () => traceAICall('@cf/meta/llama-2-7b-chat-int8', { prompt: '' }, work) },
  { name: 'traceR2Operation', wrap: (work) => () => traceR2Operation('get', 'images/map.png', work) },
  { name: 'traceD1Operation', wrap: (work) => () => traceD1Operation('query', 'SELECT 1', work) },
  { name: 'traceVectorizeOperation', wrap: (work) => () => traceVectorizeOperation('query', 'products', work) },
  { name: 'traceKVOperation', wrap: (work) => () => traceKVOperation('get', 'cache:1', work) },
  { name: 'traceAuthOperation', wrap: (work) => () => traceAuthOperation('login', work) },
  {
    name: 'withTracing',
    wrap: (work) =>
      function (this: unknown, ...args) {
        const handler = withTracing((_request: Request, ...rest: unknown[]) => Reflect.apply(work, this, rest));
        return handler(request, ...args);
      },
    forwards: true,
  },
  { name: 'withTracing, inside a SERVER span', wrap: inServerSpan, forwards: true },
  { name: 'traceServerAction', wrap: (work) => traceServerAction('save the profile', work), forwards: true },
  // Of the arguments it hands on the first alone.
  { name: 'traceServerComponent', wrap: (work) => traceServerComponent('Reviews', work) },
];

/** A log that takes lines, and one that fails at each. */
const LOGS: Readonly<Record<string, (line: string) => void>> = {
  '': () => {},
  ', with a log that throws': () => {
    throw new Error('no log');
  },
};

/** The same for the simple tracer, which writes no spans but lines. */
export const SIMPLE_WRAPPERS: readonly Wrapper[] = Object.entries(LOGS).flatMap(([how, write]) => {
  const simple = createTracer({ write, storage: new AsyncLocalStorage() });
  return [
    { name: `simple.traceLLMCall${how}`, wrap: (work: Work) => () => simple.traceLLMCall('call', {}, work) },
    { name: `simple.traceChatTurn${how}`, wrap: (work: Work) => () => simple.traceChatTurn('turn', {}, work) },
    { name: `simple.withSpan${how}`, wrap: (work: Work) => () => simple.withSpan('work', {}, work) },
  ];
});
