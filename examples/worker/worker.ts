/**
 * A Worker with everything that runs on this machine: KV, R2, D1, a Durable Object with an alarm, a queue. Run, beside the
 * viewer: npx wrangler dev
 * Then ask: curl -X POST http://localhost:8787/cart/7/add
 */
import type { D1Database, KVNamespace, MessageBatch, Queue, R2Bucket } from '@cloudflare/workers-types';
import { traceQueue, traceQueueBatch } from 'throughline/messaging-tracing';
import { type DurableObjectStubLike, carrierForStorage, fetchDO, withAlarmSpan } from 'throughline/service-tracing';
import {
  initializeTracing,
  traceAuthOperation,
  traceD1Operation,
  traceKVOperation,
  traceR2Operation,
  traceRequest,
} from 'throughline/workers-tracing';

interface Env {
  readonly SESSIONS: KVNamespace;
  readonly IMAGES: R2Bucket;
  readonly DB: D1Database;
  readonly CART: { idFromName(name: string): object; get(id: object): DurableObjectStubLike };
  readonly MAILS: Queue;
}

interface Storage {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  setAlarm(at: number): Promise<void>;
}

initializeTracing().start();

const CREATE = 'CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, cart TEXT)';
const INSERT = 'INSERT INTO items (cart) VALUES (?)';
const SELECT = 'SELECT COUNT(*) AS items FROM items WHERE cart = ?';

async function add(env: Env, cart: string): Promise<Response> {
  const allowed = await traceAuthOperation('authorize', async () => cart !== '0', { method: 'session' });
  if (!allowed) return new Response('not yours', { status: 403 });
  const key = `session:${cart}`;
  await traceKVOperation('put', key, () => env.SESSIONS.put(key, 'open'));
  await traceD1Operation('create', CREATE, () => env.DB.prepare(CREATE).run());
  await traceD1Operation('insert', INSERT, () => env.DB.prepare(INSERT).bind(cart).run());
  const count = await traceD1Operation('query', SELECT, () => env.DB.prepare(SELECT).bind(cart).first<number>('items'));
  await traceR2Operation('put', `carts/${cart}`, () => env.IMAGES.put(`carts/${cart}`, `${count} items`));
  const stub = env.CART.get(env.CART.idFromName(cart));
  await fetchDO(stub, 'CartDurableObject', '/cart/add', { method: 'POST' });
  await traceQueue(env.MAILS, 'mails').send({ cart });
  return Response.json({ items: count });
}

/** A cart reminds its owner: by an alarm, which goes on with the trace that set it. */
export class CartDurableObject {
  readonly #storage: Storage;

  constructor({ storage }: { readonly storage: Storage }) {
    this.#storage = storage;
  }

  fetch(request: Request): Promise<Response> {
    return traceRequest(request, async (span) => {
      span.setAttribute('http.route', '/cart/add');
      await this.#storage.put('trace', carrierForStorage());
      await this.#storage.setAlarm(Date.now() + 100);
      return new Response('added');
    });
  }

  async alarm(): Promise<void> {
    const carrier = await this.#storage.get<Record<string, string>>('trace');
    await withAlarmSpan('CartDurableObject', carrier, async () => {});
  }
}

export default {
  fetch: (request: Request, env: Env): Promise<Response> =>
    traceRequest(request, async (span) => {
      const [, cart] = /^\/cart\/(\w+)\/add$/.exec(new URL(request.url).pathname) ?? [];
      if (cart === undefined) return new Response('ask for POST /cart/:id/add', { status: 404 });
      span.setAttribute('http.route', '/cart/:id/add');
      return add(env, cart);
    }),

  queue: (batch: MessageBatch<{ readonly cart: string }>, env: Env): Promise<unknown> =>
    traceQueueBatch(batch, ({ body: { cart } }) =>
      traceKVOperation('get', `session:${cart}`, () => env.SESSIONS.get(`session:${cart}`)),
    ),
};
