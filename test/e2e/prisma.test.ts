/** `tracePrismaClient` around a real Prisma client on a real PostgreSQL: what is traced, and that nothing else changes. */
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '@prisma/client';
import { traceAsync, tracePrismaClient } from '@/lib/tracing/index.ts';
import { type TestTracing, bootTracing } from '../helpers/test-tracing.ts';
import { startedTree } from '../helpers/started-tree.ts';
import { tree } from '../helpers/trace-tree.ts';

const CART = 'cart-of-the-prisma-tests';

let bare: PrismaClient;
let prisma: PrismaClient;
let tracing: TestTracing;

beforeAll(() => {
  const connectionString = process.env['DATABASE_URL'];
  if (connectionString === undefined) throw new Error('DATABASE_URL is needed: `npm test -- e2e` brings it');
  bare = new PrismaClient({ adapter: new PrismaPg({ connectionString }) });
});
afterAll(() => bare.$disconnect());

beforeEach(async () => {
  await bare.cart.deleteMany({ where: { id: { startsWith: CART } } });
  tracing = bootTracing();
  prisma = tracePrismaClient(bare);
});
afterEach(() => tracing.stop());

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

it('traces operations with their shape, and none of their values', async () => {
  const cart = await prisma.cart.create({ data: { id: CART } });
  const found = await prisma.cart.findMany({ where: { id: { startsWith: CART } }, include: { items: true } });
  const missing = await prisma.cart.findUnique({ where: { id: `${CART}-missing` } });
  expect([cart.id, found.map(({ items }) => items), missing]).toEqual([CART, [[]], null]);
  expect(await shown('db.system.name', 'db.operation.name', 'db.collection.name', 'db.response.returned_rows')).toBe(
    tree(`
      create Cart CLIENT db.system.name="postgresql" db.operation.name="create" db.collection.name="Cart"
      findMany Cart CLIENT db.system.name="postgresql" db.operation.name="findMany" db.collection.name="Cart" db.response.returned_rows=1
      findUnique Cart CLIENT db.system.name="postgresql" db.operation.name="findUnique" db.collection.name="Cart"
    `),
  );
  const paths = (await tracing.spans()).map(({ attributes }) => attributes['throughline.prisma.arguments']);
  expect(paths).toEqual([['data.id'], ['where.id.startsWith', 'include.items'], ['where.id']]);
  expect(await tracing.bytes()).not.toContain(CART);
});

it('leaves promises lazy: what is never awaited never runs and has no span', async () => {
  const pending = prisma.cart.create({ data: { id: CART } });
  expect([
    Object.prototype.toString.call(pending),
    await bare.cart.count({ where: { id: CART } }),
    await shown(),
  ]).toEqual(['[object PrismaPromise]', 0, '']);
  await pending;
  expect([await bare.cart.count({ where: { id: CART } }), await shown()]).toEqual([1, 'create Cart CLIENT']);
});

it('puts an operation under the span in which it is awaited', async () => {
  await traceAsync('service', async () => {
    await prisma.cart.count();
    return prisma.cart.findFirst();
  });
  expect(await shown()).toBe(
    tree(`
      service INTERNAL
        count Cart CLIENT
        findFirst Cart CLIENT
    `),
  );
});

it('keeps the fluent way of asking', async () => {
  await prisma.cart.create({ data: { id: CART } });
  expect(await prisma.cart.findUnique({ where: { id: CART } }).items()).toEqual([]);
  expect(await shown()).toBe(
    tree(`
      create Cart CLIENT
      findUnique Cart CLIENT
    `),
  );
});

it('holds a batch in one transaction', async () => {
  const [made, count] = await prisma.$transaction(
    [prisma.cart.create({ data: { id: CART } }), prisma.cart.count({ where: { id: CART } })],
    { isolationLevel: 'Serializable' },
  );
  expect([made.id, count]).toEqual([CART, 1]);
  expect(await shown('throughline.db.transaction.isolation_level')).toBe(
    tree(`
      TRANSACTION CLIENT throughline.db.transaction.isolation_level="Serializable"
        create Cart CLIENT
        count Cart CLIENT
    `),
  );
});

it('takes a failing batch back whole, with the error as it was', async () => {
  const failing = prisma.$transaction([
    prisma.cart.create({ data: { id: CART } }),
    prisma.cart.create({ data: { id: CART } }),
  ]);
  await expect(failing).rejects.toMatchObject({ name: 'PrismaClientKnownRequestError', code: 'P2002' });
  expect([await bare.cart.count({ where: { id: CART } }), await shown('db.response.status_code')]).toEqual([
    0,
    expect.stringContaining('TRANSACTION CLIENT ERROR db.response.status_code="P2002"'),
  ]);
});

it('holds what is done in an interactive transaction, and gives what it returned', async () => {
  const count = await prisma.$transaction(async (tx) => {
    await tx.cart.create({ data: { id: CART } });
    return tx.cart.count({ where: { id: CART } });
  });
  expect([count, await shown()]).toEqual([
    1,
    tree(`
      TRANSACTION CLIENT
        create Cart CLIENT
        count Cart CLIENT
    `),
  ]);
});

it('takes an interactive transaction back that throws, and throws the same', async () => {
  const boom = new RangeError('boom');
  const failing = prisma.$transaction(async (tx) => {
    await tx.cart.create({ data: { id: CART } });
    throw boom;
  });
  await expect(failing).rejects.toBe(boom);
  expect([await bare.cart.count({ where: { id: CART } }), await shown('error.type')]).toEqual([
    0,
    tree(`
      TRANSACTION CLIENT ERROR error.type="RangeError"
        create Cart CLIENT
    `),
  ]);
});

it('traces raw queries without their text or values', async () => {
  const rows = await prisma.$queryRaw<{ one: string }[]>`SELECT ${'planted-value'} AS one`;
  const changed = await prisma.$executeRaw`DELETE FROM carts WHERE id = ${'planted-value'}`;
  const unsafe = await prisma.$queryRawUnsafe<{ one: string }[]>(`SELECT 'planted-value' AS one`);
  expect([rows, changed, unsafe]).toEqual([[{ one: 'planted-value' }], 0, [{ one: 'planted-value' }]]);
  expect([await shown('db.response.returned_rows'), await tracing.bytes()]).toEqual([
    tree(`
      $queryRaw CLIENT db.response.returned_rows=1
      $executeRaw CLIENT
      $queryRawUnsafe CLIENT db.response.returned_rows=1
    `),
    expect.not.stringContaining('planted'),
  ]);
});

it("tells a failure by Prisma's code, and throws what Prisma throws", async () => {
  await prisma.cart.create({ data: { id: CART } });
  const [traced, untraced] = await Promise.all(
    [prisma, bare].map((client) => client.cart.create({ data: { id: CART } }).catch((error: unknown) => error)),
  );
  expect([(traced as Error).name, (traced as { code?: string }).code]).toEqual([
    (untraced as Error).name,
    (untraced as { code?: string }).code,
  ]);
  expect(await shown('error.type', 'db.response.status_code')).toBe(
    tree(`
      create Cart CLIENT
      create Cart CLIENT ERROR error.type="P2002" db.response.status_code="P2002"
    `),
  );
});

it('keeps what is added to the client later, inside transactions too', async () => {
  const extended = prisma.$extends({
    query: { cart: { count: async () => 42 } },
    client: { $hello: () => 'hello' },
  });
  const inside = await extended.$transaction(async (tx) => [await tx.cart.count(), tx.$hello()]);
  const batch = await extended.$transaction([extended.cart.count()]);
  expect([await extended.cart.count(), extended.$hello(), inside, batch]).toEqual([42, 'hello', [42, 'hello'], [42]]);
});

it('keeps what was added to the client before', async () => {
  const extended = tracePrismaClient(bare.$extends({ client: { $hello: () => 'hello' } }));
  const inside = await extended.$transaction(async (tx) => [await tx.cart.count({ where: { id: CART } }), tx.$hello()]);
  expect([extended.$hello(), inside, await shown()]).toEqual([
    'hello',
    [0, 'hello'],
    tree(`
      TRANSACTION CLIENT
        count Cart CLIENT
    `),
  ]);
});

it('connects and disconnects as it did', async () => {
  const own = tracePrismaClient(
    new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env['DATABASE_URL'] ?? '' }) }),
  );
  await own.$connect();
  await own.$disconnect();
  expect(await shown()).toBe('');
});

it('works unchanged when tracing is switched off', async () => {
  await tracing.stop();
  tracing = bootTracing({ enabled: false });
  const made = await prisma.$transaction(async (tx) => tx.cart.create({ data: { id: CART } }));
  expect([made.id, await prisma.cart.count({ where: { id: CART } })]).toEqual([CART, 1]);
});
