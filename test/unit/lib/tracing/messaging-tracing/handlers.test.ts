/**
 * The wrappers that hand out a promise of their own, against the loop they stand for: what they give, what they throw,
 * and how far they get. The others are in ../differential.test.ts.
 */
import { type TestTracing, bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';
import { jobHandler, sendJob, traceBatch, traceQueue, traceQueueBatch } from '@/lib/tracing/messaging-tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { tree } from '../../../../helpers/trace-tree.ts';

type Handle = (message: unknown) => unknown;

const TRACED = { _trace: { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' } };
const MESSAGES = [{ n: 1, ...TRACED }, { n: 2 }, { n: 3, ...TRACED }];

const BATCHES: readonly [name: string, run: (handle: Handle) => Promise<unknown>][] = [
  ['traceBatch', (handle) => traceBatch('q', MESSAGES, handle)],
  ['traceQueueBatch', (handle) => traceQueueBatch({ queue: 'q', messages: MESSAGES }, handle)],
  ['jobHandler', (handle) => jobHandler('q', handle)(MESSAGES)],
];

/** What each of them stands for. */
async function bare(handle: Handle): Promise<unknown> {
  const results: unknown[] = [];
  for (const { n } of MESSAGES) results.push(await handle({ n }));
  return results;
}

const frozen = Object.freeze({ n: 1 });
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const HANDLERS: readonly [what: string, handle: Handle][] = [
  ['a value', () => 42],
  ['the message', (message) => message],
  ['undefined', () => undefined],
  ['a promise', async (message) => message],
  ['a frozen object', () => frozen],
  ['a thenable', () => ({ then: (done: (value: string) => void) => done('thenable') })], // oxlint-disable-line unicorn/no-thenable
  ...[new Error('boom'), 'text', null, undefined, 0, Symbol('s'), frozen, revoked.proxy].flatMap(
    (thrown): [string, Handle][] => [
      [
        'a throw',
        () => {
          throw thrown;
        },
      ],
      ['a rejection', () => Promise.reject(thrown)], // oxlint-disable-line typescript/prefer-promise-reject-errors
    ],
  ),
];

interface Outcome {
  readonly gave?: unknown;
  readonly thrown?: unknown;
  readonly seen: readonly unknown[];
}

async function outcomeOf(run: (handle: Handle) => Promise<unknown>, handle: Handle): Promise<Outcome> {
  const seen: unknown[] = [];
  const counted: Handle = (message) => {
    seen.push(message);
    return handle(message);
  };
  try {
    return { gave: await run(counted), seen };
  } catch (thrown) {
    return { thrown, seen };
  }
}

const STATES: readonly [string, () => TestTracing | void][] = [
  ['booted', () => bootTracing()],
  ['nothing sampled', () => bootTracing({ sampling: { ratio: 0 } })],
  ['switched off', () => bootTracing({ enabled: false })],
  ['nothing booted', resetGlobals],
];

describe.each(STATES)('%s', (_state, enter) => {
  let tracing: TestTracing | undefined;
  beforeEach(() => {
    tracing = enter() ?? undefined;
  });
  afterEach(() => tracing?.stop());

  it.each(BATCHES)('%s does what the loop does', async (_name, run) => {
    for (const [, handle] of HANDLERS) {
      const [expected, actual] = [await outcomeOf(bare, handle), await outcomeOf(run, handle)];
      expect([Object.is(actual.thrown, expected.thrown), actual.gave, actual.seen]).toEqual([
        true,
        expected.gave,
        expected.seen,
      ]);
    }
  });

  it.each([null, undefined, 'text', new Error('boom')])(
    'sendBatch rejects with what the binding rejects with: %s',
    async (thrown) => {
      const binding = { send: async () => {}, sendBatch: (_messages: object[]) => Promise.reject(thrown) }; // oxlint-disable-line typescript/prefer-promise-reject-errors
      const caught = await traceQueue(binding, 'q')
        .sendBatch([{ body: {} }])
        .then(
          () => 'fulfilled',
          (error: unknown) => [error],
        );
      expect(caught).toEqual([thrown]);
    },
  );
});

describe('pg-boss by its shapes', () => {
  let tracing: TestTracing;
  beforeEach(() => void (tracing = bootTracing()));
  afterEach(() => tracing.stop());
  const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

  it('a job that was retried, and one that comes from another queue as a dead letter, say so', async () => {
    const job = { id: 'job-1', name: 'q', data: { zip: '1', ...TRACED }, expireInSeconds: 900, retryCount: 1 };
    const letter = { ...job, retryCount: 0, sourceName: 'fetch-jobs', sourceRetryCount: 2, createdOn: new Date() };
    const seen: unknown[] = [];
    const handler = jobHandler('q', (given: typeof job) => seen.push(given.data));
    await handler([job]);
    await handler([letter]);
    expect([
      seen,
      await shown(
        'messaging.system',
        'messaging.message.id',
        'throughline.messaging.attempt',
        'throughline.messaging.origin_queue',
      ),
    ]).toEqual([
      [{ zip: '1' }, { zip: '1' }],
      tree(`
        ^ process q CONSUMER messaging.system="pg-boss" messaging.message.id="job-1" throughline.messaging.attempt=2
        ^ process q CONSUMER messaging.system="pg-boss" messaging.message.id="job-1" throughline.messaging.attempt=4 throughline.messaging.origin_queue="fetch-jobs"
      `),
    ]);
  });

  it('options go to pg-boss only where there are some', async () => {
    const calls: unknown[][] = [];
    const boss = { send: async (...args: unknown[]) => (calls.push(args), null) };
    expect([await sendJob(boss, 'q', {}), await sendJob(boss, 'q', {}, { priority: 1 })]).toEqual([null, null]);
    const traced = { _trace: expect.objectContaining({ queue: 'q' }) };
    expect(calls).toEqual([
      ['q', traced],
      ['q', traced, { priority: 1 }],
    ]);
  });
});

it('nothing of a message leaves: a secret in its fields, its text or its envelope is nowhere in what is exported', async () => {
  const tracing = bootTracing();
  const secret = 'planted-0123456789';
  const sent: unknown[] = [];
  const binding = { send: async (body: unknown) => sent.push(body), sendBatch: async (_list: object[]) => 1 };
  await traceQueue(binding, 'q').send({ user: secret, list: [secret] });
  await traceQueue(binding, 'q', { envelope: true }).send(secret);
  await traceBatch('q', sent, async (message) => JSON.stringify(message));
  const bytes = await tracing.bytes();
  expect([JSON.stringify(sent).split(secret).length - 1, bytes.includes(secret), bytes.includes('process q')]).toEqual([
    3,
    false,
    true,
  ]);
  await tracing.stop();
});
