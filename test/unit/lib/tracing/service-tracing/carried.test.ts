/** RPC and alarms: nothing of the caller's context arrives, only what is handed on. */
import { ROOT_CONTEXT, context } from '@opentelemetry/api';
import { baggage, traceAsync } from '@/lib/tracing/index.ts';
import {
  type StoredCarrier,
  carrierForStorage,
  runRpc,
  withAlarmSpan,
  withRpcSpan,
} from '@/lib/tracing/service-tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';
import { tree } from '../../../../helpers/trace-tree.ts';

let tracing: TestTracing;
beforeEach(() => void (tracing = bootTracing()));
afterEach(() => tracing.stop());

/** Runs work as another isolate does: what is active here is not there. */
const elsewhere = <R>(work: () => R): R => context.with(ROOT_CONTEXT, work);
/** As a call over RPC copies its arguments. */
const copy = <T>(value: T): T => structuredClone(value);

const verify = (carrier: StoredCarrier): Promise<string> =>
  elsewhere(() => runRpc(carrier, 'AuthService.verify', () => traceAsync('look up', async () => 'ada')));

it('a call over RPC is one trace, through the argument', async () => {
  const user = await traceAsync('request', () =>
    withRpcSpan('AUTH_SERVICE', 'verify', (_span, carrier) => verify(copy(carrier))),
  );
  expect(user).toBe('ada');
  expect(await startedTree(tracing, ['service.peer.name', 'rpc.system.name', 'rpc.method'])).toBe(
    tree(`
      request INTERNAL
        AUTH_SERVICE verify CLIENT service.peer.name="AUTH_SERVICE" rpc.system.name="workers_rpc" rpc.method="AUTH_SERVICE/verify"
          AuthService.verify SERVER rpc.system.name="workers_rpc" rpc.method="AuthService.verify"
            look up INTERNAL
    `),
  );
});

it('a failure on the other side fails both spans', async () => {
  const failing = withRpcSpan('AUTH_SERVICE', 'verify', (_span, carrier) =>
    elsewhere(() => runRpc(carrier, 'AuthService.verify', () => Promise.reject(new RangeError('no such user')))),
  );
  await expect(failing).rejects.toThrow('no such user');
  expect(await startedTree(tracing, ['error.type'])).toBe(
    tree(`
      AUTH_SERVICE verify CLIENT ERROR error.type="RangeError"
        AuthService.verify SERVER ERROR error.type="RangeError"
    `),
  );
});

it('the result of a call is not touched: reading a property of it may be another call', async () => {
  const touched: PropertyKey[] = [];
  const stub = new Proxy(
    {},
    {
      get(_target, name) {
        touched.push(name);
        return undefined;
      },
    },
  );
  const result = withRpcSpan('AUTH_SERVICE', 'session', () => stub);
  // Whether it can be awaited has to be asked, as `await` asks it.
  expect([result === stub, touched]).toEqual([true, ['then']]);
});

it.each<[what: string, carrier: unknown]>([
  ['no carrier', undefined],
  ['null', null],
  ['an empty carrier', {}],
  ['nonsense', { traceparent: 'nonsense' }],
  ['a text', 'nonsense'],
])('%s begins a trace, whatever is active here', async (_what, carrier) => {
  await traceAsync('somebody else', () => runRpc(carrier as StoredCarrier, 'AuthService.verify', async () => {}));
  expect(await startedTree(tracing)).toBe('somebody else INTERNAL\nAuthService.verify SERVER');
});

it('an alarm goes on with the trace that set it, each time it is tried', async () => {
  const storage = new Map<string, unknown>();
  await traceAsync('add to cart', async () => void storage.set('trace', copy(carrierForStorage())));
  const alarm = (): Promise<unknown> =>
    elsewhere(() =>
      withAlarmSpan('CartDurableObject', storage.get('trace') as StoredCarrier, async () => {
        if (!storage.has('tried')) {
          storage.set('tried', true);
          throw new Error('try again');
        }
      }),
    );
  await expect(alarm()).rejects.toThrow('try again');
  await alarm();
  expect(await startedTree(tracing, ['faas.trigger', 'cloudflare.durable_object.name'])).toBe(
    tree(`
      add to cart INTERNAL
        CartDurableObject alarm SERVER ERROR faas.trigger="timer" cloudflare.durable_object.name="CartDurableObject"
        CartDurableObject alarm SERVER faas.trigger="timer" cloudflare.durable_object.name="CartDurableObject"
    `),
  );
});

it('stores trace context and no baggage, and an alarm has baggage of its own', async () => {
  const seen = await baggage.run(async () => {
    baggage.set('tenant', 'PLANTED');
    const stored = await traceAsync('add to cart', async () => carrierForStorage());
    const after = elsewhere(() =>
      withAlarmSpan('CartDurableObject', stored, () => {
        baggage.set('own', 'yes');
        return baggage.getAll();
      }),
    );
    return [stored, after, baggage.getAll()];
  });
  expect(seen).toEqual([
    { traceparent: '00-00000000000000000000000000000001-0000000000000001-01' },
    { own: 'yes' },
    { tenant: 'PLANTED' },
  ]);
});

it('there is nothing to store where there is no trace', () => {
  expect(carrierForStorage()).toEqual({});
});
