/** What the helpers read out of calls and results of every documented shape, under another SDK. */
import {
  traceAICall,
  traceAuthOperation,
  traceD1Operation,
  traceKVOperation,
  traceR2Operation,
  traceRequest,
  traceVectorizeOperation,
} from '@/lib/tracing/workers-tracing/index.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

/** The one span that a call leaves: its name, whether it failed, and its attributes. */
async function told(call: () => unknown): Promise<[name: string, attributes: Record<string, unknown>]> {
  await Promise.resolve()
    .then(call)
    .catch(() => {});
  const [span] = await tracing.spans();
  return [span?.name ?? 'none', { ...span?.attributes }];
}

const LLAMA = '@cf/meta/llama-2-7b-chat-int8';
const USAGE = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
const ai = { 'gen_ai.provider.name': 'cloudflare.workers_ai', 'gen_ai.request.model': LLAMA };
const tokens = { 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 3 };

describe('a model', () => {
  it.each<[what: string, call: () => unknown, name: string, attributes: object]>([
    [
      'with a prompt',
      () =>
        traceAICall(LLAMA, { prompt: 'planted', max_tokens: 9, temperature: 0.5 }, () => ({
          response: '',
          usage: USAGE,
        })),
      `text_completion ${LLAMA}`,
      {
        ...ai,
        ...tokens,
        'gen_ai.operation.name': 'text_completion',
        'gen_ai.request.max_tokens': 9,
        'gen_ai.request.temperature': 0.5,
      },
    ],
    [
      'with messages, in the form of OpenAI',
      () =>
        traceAICall(LLAMA, { messages: [{ role: 'user', content: 'planted' }] }, async () => ({
          id: 'chat-1',
          model: 'llama-2',
          choices: [{ finish_reason: 'stop' }],
          usage: USAGE,
        })),
      `chat ${LLAMA}`,
      {
        ...ai,
        ...tokens,
        'gen_ai.operation.name': 'chat',
        'throughline.gen_ai.message_count': 1,
        'gen_ai.response.id': 'chat-1',
        'gen_ai.response.model': 'llama-2',
        'gen_ai.response.finish_reasons': ['stop'],
      },
    ],
    [
      'that embeds',
      () => traceAICall('@cf/baai/bge-m3', { text: 'planted' }, () => ({ shape: [1, 3], data: [[1, 2, 3]] })),
      'embeddings @cf/baai/bge-m3',
      { ...ai, 'gen_ai.request.model': '@cf/baai/bge-m3', 'gen_ai.operation.name': 'embeddings' },
    ],
    [
      'that ranks, and says nothing of tokens',
      () => traceAICall('@cf/baai/bge-reranker-base', {}, () => ({ response: [] })),
      'generate_content @cf/baai/bge-reranker-base',
      { ...ai, 'gen_ai.request.model': '@cf/baai/bge-reranker-base', 'gen_ai.operation.name': 'generate_content' },
    ],
    [
      'that fails',
      () =>
        traceAICall(LLAMA, { prompt: 'planted' }, () =>
          Promise.reject(Object.assign(new Error('planted'), { name: 'InferenceUpstreamError' })),
        ),
      `text_completion ${LLAMA}`,
      { ...ai, 'gen_ai.operation.name': 'text_completion', 'error.type': 'InferenceUpstreamError' },
    ],
  ])('%s', async (_what, call, name, attributes) => {
    expect(await told(call)).toEqual([name, attributes]);
  });

  it('is not quoted', async () => {
    await told(() => traceAICall(LLAMA, { prompt: 'planted', messages: ['planted'] }, () => ({ response: 'planted' })));
    expect(await tracing.bytes()).not.toContain('planted');
  });
});

const d1 = { 'db.system.name': 'cloudflare-d1', 'cloudflare.binding.type': 'D1' };
const select = { 'db.operation.name': 'SELECT', 'db.query.text': 'SELECT ?', 'db.query.summary': 'SELECT' };
const kv = { 'db.system.name': 'cloudflare-kv', 'cloudflare.binding.type': 'KV', 'throughline.key.hash': '09bdcfa3' };
const meta = (rows: number): object => ({ rows_read: rows, rows_written: 1, changes: 0, duration: 0.5 });

describe('a binding', () => {
  it.each<[what: string, call: () => unknown, name: string, attributes: object]>([
    [
      'D1, all',
      () =>
        traceD1Operation('query', "SELECT * FROM users WHERE name = 'planted'", () => ({
          results: [{}, {}],
          meta: meta(2),
        })),
      'SELECT users',
      {
        ...d1,
        'db.operation.name': 'SELECT',
        'db.query.text': 'SELECT * FROM users WHERE name = ?',
        'db.query.summary': 'SELECT users',
        'db.response.returned_rows': 2,
        'cloudflare.d1.response.rows_read': 2,
        'cloudflare.d1.response.rows_written': 1,
        'cloudflare.d1.response.changes': 0,
        'cloudflare.d1.response.sql_duration_ms': 0.5,
      },
    ],
    [
      'D1, batch',
      () =>
        traceD1Operation('batch', 'SELECT 1', () => [
          { results: [{}], meta: { ...meta(1), timings: { sql_duration_ms: 0.25 } } },
          { results: [], meta: meta(3) },
        ]),
      'SELECT',
      {
        ...d1,
        ...select,
        'db.operation.batch.size': 2,
        'db.response.returned_rows': 1,
        'cloudflare.d1.response.rows_read': 4,
        'cloudflare.d1.response.rows_written': 2,
        'cloudflare.d1.response.changes': 0,
        'cloudflare.d1.response.sql_duration_ms': 0.75,
      },
    ],
    [
      'D1, first',
      () => traceD1Operation('first', 'SELECT 1', () => ({ results: 'planted' })),
      'SELECT',
      { ...d1, ...select },
    ],
    ['D1, raw', () => traceD1Operation('raw', 'SELECT 1', () => [['planted']]), 'SELECT', { ...d1, ...select }],
    [
      'D1, refused',
      () =>
        traceD1Operation('run', 'SELECT 1', () => {
          throw new Error('D1_ERROR: UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT');
        }),
      'SELECT',
      { ...d1, ...select, 'db.response.status_code': 'SQLITE_CONSTRAINT', 'error.type': 'Error' },
    ],
    [
      'KV, nothing there',
      () => traceKVOperation('get', 'planted', () => null),
      'kv_get',
      { ...kv, 'db.operation.name': 'get', 'cloudflare.kv.response.returned_rows': 0 },
    ],
    [
      'KV, a value that looks like an answer',
      () => traceKVOperation('get', 'planted', () => ({ cacheStatus: 'planted' })),
      'kv_get',
      { ...kv, 'db.operation.name': 'get', 'cloudflare.kv.response.returned_rows': 1 },
    ],
    [
      'KV, with metadata',
      () => traceKVOperation('getWithMetadata', 'planted', () => ({ value: null, metadata: null, cacheStatus: 'HIT' })),
      'kv_getWithMetadata',
      {
        ...kv,
        'db.operation.name': 'getWithMetadata',
        'cloudflare.kv.response.returned_rows': 0,
        'cloudflare.kv.response.cache_status': 'HIT',
      },
    ],
    [
      'KV, several keys',
      () =>
        traceKVOperation(
          'get',
          'planted',
          () =>
            new Map([
              ['a', 1],
              ['b', 2],
            ]),
        ),
      'kv_get',
      { ...kv, 'db.operation.name': 'get', 'cloudflare.kv.response.returned_rows': 2 },
    ],
    [
      'KV, a list',
      () =>
        traceKVOperation('list', 'planted', () => ({
          keys: [{ name: 'planted' }],
          list_complete: true,
          cacheStatus: null,
        })),
      'kv_list',
      { ...kv, 'db.operation.name': 'list', 'cloudflare.kv.response.returned_rows': 1 },
    ],
    [
      'R2, nothing there',
      () => traceR2Operation('get', 'planted', () => null),
      'r2_get',
      {
        'cloudflare.binding.type': 'R2',
        'cloudflare.r2.operation': 'get',
        'throughline.key.hash': '09bdcfa3',
        'throughline.r2.found': false,
      },
    ],
    [
      'R2, a list',
      () => traceR2Operation('list', 'planted', () => ({ objects: [{ key: 'planted' }], truncated: false })),
      'r2_list',
      {
        'cloudflare.binding.type': 'R2',
        'cloudflare.r2.operation': 'list',
        'throughline.key.hash': '09bdcfa3',
        'cloudflare.r2.response.returned_objects': 1,
      },
    ],
    [
      'Vectorize',
      () => traceVectorizeOperation('upsert', 'products', () => ({ mutationId: 'planted' })),
      'vectorize_upsert',
      {
        'db.system.name': 'cloudflare-vectorize',
        'db.operation.name': 'upsert',
        'db.collection.name': 'products',
        'cloudflare.binding.type': 'Vectorize',
      },
    ],
  ])('%s', async (_what, call, name, attributes) => {
    expect(await told(call)).toEqual([name, attributes]);
    expect(await tracing.bytes()).not.toContain('planted');
  });
});

describe('authentication', () => {
  it.each<[what: string, result: () => unknown, outcome: string]>([
    ['a session', () => ({ token: 'planted', userId: 'planted' }), 'success'],
    ['a yes', () => true, 'success'],
    ['a no', async () => false, 'failure'],
    ['nobody', () => null, 'failure'],
    ['a refusal in words', () => ({ success: false, email: 'planted' }), 'failure'],
    ['an answer of 403', () => new Response('planted', { status: 403 }), 'failure'],
    ['a throw', () => Promise.reject(new TypeError('no database')), 'error'],
  ])('%s', async (_what, result, outcome) => {
    const [name, attributes] = await told(() => traceAuthOperation('login', result, { method: 'password' }));
    expect([name, attributes]).toEqual([
      'auth login',
      {
        'throughline.auth.operation': 'login',
        'throughline.auth.method': 'password',
        'throughline.auth.outcome': outcome,
        ...(outcome === 'error' && { 'error.type': 'TypeError' }),
      },
    ]);
    expect(await tracing.bytes()).not.toContain('planted');
  });
});

describe('a request', () => {
  const ask = (url: string, init: RequestInit, response: () => Response): Promise<unknown> =>
    told(() => traceRequest(new Request(url, init), response));

  it('is told without query values, headers or body', async () => {
    const headers = { authorization: 'Bearer planted', cookie: 'id=planted', 'cf-ray': '8c1f' };
    expect(
      await ask('http://shop.example:8080/cart?token=planted', { method: 'POST', body: 'planted', headers }, () =>
        Response.json('planted', { status: 201 }),
      ),
    ).toEqual([
      'POST',
      {
        'http.request.method': 'POST',
        'http.response.status_code': 201,
        'url.path': '/cart',
        'url.scheme': 'http',
        'url.query': 'token=[REDACTED]',
        'server.address': 'shop.example',
        'server.port': 8080,
        'faas.trigger': 'http',
        'cloudflare.handler_type': 'fetch',
        'cloudflare.ray_id': '8c1f',
      },
    ]);
    expect(await tracing.bytes()).not.toContain('planted');
  });

  it('puts the trace id on the answer, but for one that may be kept for others', async () => {
    const answer = (init?: ResponseInit): Promise<Response> =>
      traceRequest(new Request('http://shop.example/'), async () => new Response('ok', init));
    const headers = async (init?: ResponseInit): Promise<string | null> =>
      (await answer(init)).headers.get('x-trace-id');
    expect([
      await headers(),
      await headers({ headers: { 'cache-control': 'public, max-age=60' } }),
      await headers({ headers: { 'x-trace-id': 'own' } }),
    ]).toEqual(['00000000000000000000000000000001', null, 'own']);
  });
});
