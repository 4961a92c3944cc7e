/** One statement, one span: whole trees of helpers, Prisma and drivers, which open their spans as the real ones do. */
import { type Attributes, type Span, SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import { traceAsync, traceDatabaseQuery, traceDatabaseTransaction, tracePrismaOperation } from '@/lib/tracing/index.ts';
import { StatementSpans } from '@/lib/tracing/boot/statement-spans.ts';
import { createRuntime } from '@/lib/tracing/runtime.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';
import { tree } from '../../../../helpers/trace-tree.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const SERVER = { 'server.address': 'db.internal', 'server.port': 5432, 'db.namespace': 'shop' };
const USERS = 'SELECT * FROM users WHERE id = $1';
const SHOWN = ['db.query.text', 'db.query.summary', 'server.address'] as const;
const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

type Work = () => unknown;
interface Driven {
  readonly attributes?: Attributes;
  readonly kind?: SpanKind;
  readonly error?: Error;
  readonly inside?: Work;
}

/** A span of somebody else's tracer, with work in it that is waited for. */
async function spanOf(scope: string, name: string, { attributes = {}, kind, error, inside }: Driven): Promise<void> {
  const span = trace.getTracer(scope).startSpan(name, { kind: kind ?? SpanKind.INTERNAL, attributes });
  await context.with(trace.setSpan(context.active(), span), async () => inside?.());
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.end();
  if (error !== undefined) throw error;
}

/** A statement as the instrumentation of `pg` tells it: a pool, a connection, the query, its text written later. */
async function pg(text: string, rest: Driven = {}): Promise<{ rows: unknown[] }> {
  const scope = '@opentelemetry/instrumentation-pg';
  const attributes = { 'db.system.name': 'postgresql', ...SERVER, ...rest.attributes };
  const client = { kind: SpanKind.CLIENT, attributes };
  const query = (): Promise<void> =>
    spanOf(scope, 'pg.query:SELECT shop', {
      ...rest,
      ...client,
      inside: () => {
        trace.getActiveSpan()?.setAttribute('db.query.text', text);
        return rest.inside?.();
      },
    });
  await spanOf(scope, 'pg-pool.connect', { ...client, inside: query });
  return { rows: [{}] };
}

const redis = (command: string): Promise<void> =>
  spanOf('@opentelemetry/instrumentation-ioredis', command, {
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': 'redis', 'db.query.text': command },
  });

/** A step of Prisma, as its own instrumentation tells it. */
const prisma = (step: string, inside: Work = () => {}, rest: Driven = {}): Promise<void> =>
  spanOf('prisma', `prisma:client:${step}`, { ...rest, inside });

/** What `@prisma/instrumentation` shows of an operation, around statements that a driver runs. */
const prismaOperation = (inside: Work): Promise<void> =>
  prisma('operation', inside, { attributes: { method: 'findMany', model: 'User', name: 'User.findMany' } });

const prismaSteps = async (...texts: string[]): Promise<void> => {
  await prisma('serialize');
  await prisma('compile');
  for (const text of texts) {
    await prisma('db_query', () => pg(text), {
      kind: SpanKind.CLIENT,
      attributes: { 'db.query.text': text, 'db.system.name': 'postgresql' },
    });
  }
};

/** What is done, and the tree that comes of it. */
const TREES: readonly (readonly [what: string, work: Work, expected: string])[] = [
  [
    'a helper around the statement it names',
    () => traceDatabaseQuery('SELECT', USERS, () => pg(USERS), { table: 'users' }),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    'the same statement, written with a value in place of a parameter',
    () => traceDatabaseQuery('SELECT', "SELECT * FROM users WHERE id = 'u-7'", () => pg(`${USERS};`)),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = ?" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    'a helper around another statement than it names',
    () => traceDatabaseQuery('SELECT', USERS, () => pg('DELETE FROM users')),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users"
      DELETE users CLIENT db.query.text="DELETE FROM users" server.address="db.internal"
    `,
  ],
  [
    'a helper around two statements',
    () => traceDatabaseQuery('SELECT', USERS, () => Promise.all([pg(USERS), pg(USERS)])),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users"
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
    `,
  ],
  [
    'a statement with a step of its own between it and the helper',
    () => traceDatabaseQuery('SELECT', USERS, () => traceAsync('retry', () => pg(USERS))),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users"
      retry INTERNAL
        SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
    `,
  ],
  [
    'a step beside the statement',
    () =>
      traceDatabaseQuery('SELECT', USERS, async () => {
        await traceAsync('wait', async () => {});
        return pg(USERS);
      }),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
      wait INTERNAL
    `,
  ],
  [
    'work inside a statement that is not shown',
    () => traceDatabaseQuery('SELECT', USERS, () => pg(USERS, { inside: () => traceAsync('read', async () => {}) })),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
      read INTERNAL
    `,
  ],
  [
    'work inside statements that are shown',
    () =>
      traceDatabaseQuery('SELECT', USERS, async () => {
        await pg(USERS, { inside: () => traceAsync('read', async () => {}) });
        await pg(USERS);
      }),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users"
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
        read INTERNAL
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
    `,
  ],
  [
    'an operation of Prisma around one statement',
    () => tracePrismaOperation('User', 'findMany', () => pg(USERS)),
    `
    findMany User CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    'an operation of Prisma around two statements',
    () =>
      tracePrismaOperation('User', 'findMany', async () => {
        await pg(USERS);
        await pg('SELECT * FROM posts');
      }),
    `
    findMany User CLIENT
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
      SELECT posts CLIENT db.query.text="SELECT * FROM posts" server.address="db.internal"
    `,
  ],
  [
    'an operation of Prisma that a cache answers',
    () => tracePrismaOperation('User', 'findMany', () => redis('get')),
    `
    findMany User CLIENT
      get CLIENT db.query.text="get"
    `,
  ],
  [
    'a helper around Prisma around a driver',
    () => traceDatabaseQuery('SELECT', USERS, () => tracePrismaOperation('User', 'findMany', () => pg(USERS))),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    'a helper around an operation of two statements',
    () =>
      traceDatabaseQuery('SELECT', USERS, () =>
        tracePrismaOperation('User', 'findMany', async () => {
          await pg(USERS);
          await pg(USERS);
        }),
      ),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users"
      findMany User CLIENT
        SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
        SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
    `,
  ],
  [
    "Prisma's own instrumentation, by itself",
    () => prismaOperation(() => prismaSteps(USERS)),
    `
    prisma:client:operation INTERNAL db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    "Prisma's own instrumentation, by itself, around two statements",
    () => traceAsync('service', () => prismaOperation(() => prismaSteps(USERS, 'SELECT * FROM posts'))),
    `
    service INTERNAL
      prisma:client:operation INTERNAL
        SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
        SELECT posts CLIENT db.query.text="SELECT * FROM posts" db.query.summary="SELECT posts" server.address="db.internal"
    `,
  ],
  [
    "Prisma's own instrumentation inside a helper",
    () => tracePrismaOperation('User', 'findMany', () => prismaOperation(() => prismaSteps(USERS))),
    `
    findMany User CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    "Prisma's own instrumentation inside a helper, around two statements",
    () => tracePrismaOperation('User', 'findMany', () => prismaOperation(() => prismaSteps(USERS, USERS))),
    `
    findMany User CLIENT
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    "Prisma's own instrumentation around a traced client",
    () =>
      traceAsync('service', () =>
        prismaOperation(() => tracePrismaOperation('User', 'findMany', () => prismaSteps(USERS))),
      ),
    `
    service INTERNAL
      findMany User CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    "a helper around Prisma's own instrumentation around a traced client",
    () =>
      traceDatabaseQuery('SELECT', USERS, () =>
        prismaOperation(() => tracePrismaOperation('User', 'findMany', () => prismaSteps(USERS))),
      ),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    'a transaction, whose statements stay',
    () =>
      traceDatabaseTransaction('order-7', async () => {
        await pg('BEGIN');
        await traceDatabaseQuery('SELECT', USERS, () => pg(USERS));
        await pg('COMMIT');
      }),
    `
    TRANSACTION CLIENT
      BEGIN CLIENT db.query.text="BEGIN" server.address="db.internal"
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
      COMMIT CLIENT db.query.text="COMMIT" server.address="db.internal"
    `,
  ],
  [
    'a failure that everybody sees',
    () => traceDatabaseQuery('SELECT', USERS, () => pg(USERS, { error: new Error('gone') })),
    `
    SELECT users CLIENT ERROR db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users" server.address="db.internal"
    `,
  ],
  [
    'a failure that is caught',
    () => traceDatabaseQuery('SELECT', USERS, () => pg(USERS, { error: new Error('gone') }).catch(() => {})),
    `
    SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" db.query.summary="SELECT users"
      SELECT users CLIENT ERROR db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
    `,
  ],
  [
    'a driver by itself, whose connection is not shown',
    () => traceAsync('service', () => pg(USERS)),
    `
    service INTERNAL
      SELECT users CLIENT db.query.text="SELECT * FROM users WHERE id = $1" server.address="db.internal"
    `,
  ],
];

it.each(TREES)('%s', async (_what, work, expected) => {
  await Promise.resolve(work()).catch(() => {});
  expect(await shown(...SHOWN)).toBe(tree(expected));
});

it('takes over all that the driver says, and keeps what the helper says', async () => {
  const described = { 'db.response.returned_rows': 9, 'db.client.tenant': 'acme' };
  await traceDatabaseQuery('SELECT', USERS, () => pg(USERS, { attributes: described }), { params: ['secret-7'] });
  const [span, ...others] = await tracing.spans();
  expect([others, span?.attributes]).toEqual([
    [],
    {
      'db.system.name': 'postgresql',
      'db.operation.name': 'SELECT',
      'db.query.text': USERS,
      'db.query.summary': 'SELECT users',
      'db.response.returned_rows': 1,
      'db.client.tenant': 'acme',
      'server.address': 'db.internal',
      'server.port': 5432,
      'db.namespace': 'shop',
      'throughline.db.parameter_count': 1,
    },
  ]);
});

it("reads a text in the driver's dialect: what is a name in PostgreSQL is a value in MySQL", async () => {
  const attributes = { 'db.system.name': 'mysql' };
  await tracePrismaOperation('User', 'findMany', () => pg('SELECT "planted" FROM users', { attributes }));
  expect([await shown('db.system.name', 'db.query.text'), await tracing.bytes()]).toEqual([
    'findMany User CLIENT db.system.name="mysql" db.query.text="SELECT ? FROM users"',
    expect.not.stringContaining('planted'),
  ]);
});

it('names nobody in what is sent from inside that is not exported', async () => {
  const sent: string[] = [];
  const send = (): void => {
    const carrier: { traceparent?: string } = {};
    propagation.inject(context.active(), carrier);
    sent.push(carrier.traceparent?.slice(36, 52) ?? '');
  };
  await prismaOperation(() => tracePrismaOperation('User', 'findMany', () => pg(USERS, { inside: send })));
  const ids = (await tracing.spans()).map((span) => span.spanContext().spanId);
  expect(sent).toEqual(ids);
});

/** A statement whose span has ended, in a call that goes on until it is told to end. */
function openCall(): { done: Promise<void>; end: () => void } {
  let end = (): void => {};
  const held = new Promise<void>((resolve) => (end = resolve));
  const done = traceDatabaseQuery('SELECT', USERS, async () => {
    await pg(USERS);
    await held;
  });
  return { done, end };
}

it('loses no statement when whoever waits for it does not end: a flush shows it', async () => {
  const call = openCall();
  await new Promise(setImmediate);
  expect(await shown()).toBe('^ SELECT users CLIENT');
  call.end();
  await call.done;
  expect(await shown()).toBe(
    tree(`
      SELECT users CLIENT
        SELECT users CLIENT
    `),
  );
});

it('shows a statement that outlives the call it was made in', async () => {
  let end = (): void => {};
  const held = new Promise<void>((resolve) => (end = resolve));
  let late: Promise<unknown> = Promise.resolve();
  await traceDatabaseQuery('SELECT', USERS, async () => {
    late = pg(USERS, { inside: () => held });
  });
  end();
  await late;
  expect(await shown()).toBe(
    tree(`
      SELECT users CLIENT
        SELECT users CLIENT
    `),
  );
});

it('holds no more statements than it may: the oldest is shown', () => {
  const ended: Span[] = [];
  const runtime = createRuntime();
  const next = {
    onStart() {},
    onEnd: (span: unknown) => void ended.push(span as Span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const statements = new StatementSpans(next, runtime, undefined, 2);
  const spanOfWork = (name: string): never =>
    ({
      name,
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': 'postgresql' },
      instrumentationScope: { name: 'some driver' },
      status: { code: SpanStatusCode.UNSET },
      links: [],
      events: [],
      spanContext: () => ({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }),
    }) as never;
  const calls = [1, 2, 3].map((count) => {
    const [outer, inner] = [spanOfWork(`call ${count}`), spanOfWork(`statement ${count}`)];
    statements.onStart(outer, context.active());
    statements.onStart(inner, trace.setSpan(context.active(), outer));
    statements.onEnd(inner);
    return outer;
  });
  for (const call of calls) statements.onEnd(call);
  expect(ended.map((span) => (span as unknown as { name: string }).name)).toEqual([
    'statement 1',
    'call 1',
    'call 2',
    'call 3',
  ]);
});
