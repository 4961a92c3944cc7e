import { traceDatabaseQuery, traceDatabaseTransaction, tracePrismaOperation, traceSync } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { tree } from '../../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

/** What drivers throw: `pg` and Prisma put a code on an Error. */
function refused(code: unknown): Error {
  return Object.assign(new Error('the database said no'), { code });
}

describe('traceDatabaseQuery', () => {
  it('tells the statement without its values, how many parameters, how many rows', async () => {
    const sql =
      "SELECT * FROM users WHERE organization_id = $1 AND email = 'planted@example.com' AND card = 4111111111111111";
    const result = await traceDatabaseQuery(
      'SELECT',
      sql,
      async () => ({ rows: [{ id: 1 }, { id: 2 }], rowCount: 2 }),
      {
        table: 'users',
        params: ['planted-parameter'],
        organizationId: 'org-456',
      },
    );
    const [span] = await tracing.spans();
    expect([result.rows.length, span?.name, span?.kind, span?.attributes]).toEqual([
      2,
      'SELECT users',
      2,
      {
        'db.system.name': 'postgresql',
        'db.operation.name': 'SELECT',
        'db.collection.name': 'users',
        'db.query.text': 'SELECT * FROM users WHERE organization_id = $1 AND email = ? AND card = ?',
        'db.query.summary': 'SELECT users',
        'db.response.returned_rows': 2,
        'throughline.db.parameter_count': 1,
        'throughline.organization.id': 'org-456',
      },
    ]);
    expect(await tracing.bytes()).not.toMatch(/planted|4111/);
  });

  it.each<readonly [what: string, sql: string, details: object, name: string]>([
    ['summary of the text', 'select a from orders o join users u on 1 = 1', {}, 'select orders users'],
    ['table that was given', 'SELECT 1', { table: 'orders' }, 'SELECT orders'],
    ['operation, where the text says nothing', '???', {}, 'SELECT'],
    ['dialect that was given', 'SELECT * FROM `users` WHERE "secret"', { system: 'mysql' }, 'SELECT `users`'],
    ['operation, where nothing of the text can be read', 7 as never, {}, 'query'],
  ])('is named by the %s', async (_what, sql, details, name) => {
    expect(traceDatabaseQuery('SELECT', sql, () => 'ran', details)).toBe('ran');
    expect((await tracing.spans()).map((span) => span.name)).toEqual([name]);
  });

  it.each<readonly [what: string, result: unknown, rows: number | undefined]>([
    ['pg', { rows: [1, 2, 3], rowCount: 3 }, 3],
    ['mysql2', [[{ id: 1 }], [{ name: 'id', columnLength: 11 }]], 1],
    ['mysql2, none', [[], [{ name: 'id', columnLength: 11 }]], 0],
    ['mysql2 without rows', [{ affectedRows: 3, insertId: 0 }, undefined], undefined],
    ['a list', [1, 2], 2],
    ['an empty list', [], 0],
    ['a count', 7, undefined],
    ['nothing', undefined, undefined],
    ['rows that are none', { rows: 'many' }, undefined],
  ])('counts the rows of %s', async (_what, result, rows) => {
    await traceDatabaseQuery('SELECT', 'SELECT 1', async () => result);
    const [span] = await tracing.spans();
    expect(span?.attributes['db.response.returned_rows']).toBe(rows);
  });

  it.each<readonly [what: string, code: unknown, status: string]>([
    ['an SQLSTATE', '23505', ' error.type="23505" db.response.status_code="23505"'],
    ['a code in letters', '40P01', ' error.type="40P01" db.response.status_code="40P01"'],
    ["Prisma's", 'P2002', ' error.type="P2002" db.response.status_code="P2002"'],
    ["the system's", 'ECONNREFUSED', ' error.type="ECONNREFUSED" db.response.status_code="ECONNREFUSED"'],
    ['none', undefined, ' error.type="Error"'],
    ['a number', 1062, ' error.type="Error"'],
    ['a sentence', 'value "planted" too long', ' error.type="Error"'],
  ])('tells a failure with %s', async (_what, code, status) => {
    const failing = traceDatabaseQuery('INSERT', 'INSERT INTO users VALUES ($1)', () => Promise.reject(refused(code)));
    await expect(failing).rejects.toThrow('the database said no');
    expect(await shown('error.type', 'db.response.status_code')).toBe(`INSERT users CLIENT ERROR${status}`);
    expect(await tracing.bytes()).not.toContain('planted');
  });

  it('keeps a query builder lazy: it runs when it is awaited, and the span is told of its rows', async () => {
    let runs = 0;
    const query = {
      // oxlint-disable-next-line unicorn/no-thenable -- a query builder such as knex's
      then(resolve: (rows: unknown) => void) {
        runs += 1;
        traceSync('on the wire', () => {});
        resolve([{ id: 1 }]);
      },
    };
    const pending = traceDatabaseQuery('SELECT', 'SELECT * FROM users', () => query);
    expect([pending === query, runs, await shown()]).toEqual([true, 0, '']);
    await pending;
    expect([runs, await shown('db.response.returned_rows')]).toEqual([
      1,
      tree(`
        SELECT users CLIENT db.response.returned_rows=1
          on the wire INTERNAL
      `),
    ]);
  });
});

describe('traceDatabaseTransaction', () => {
  it('holds its statements, and tells how it ran', async () => {
    await traceDatabaseTransaction(
      'order-7',
      async () => {
        await traceDatabaseQuery('BEGIN', 'BEGIN', async () => {});
        await traceDatabaseQuery('COMMIT', 'COMMIT', async () => {});
      },
      { isolationLevel: 'READ COMMITTED', readOnly: false },
    );
    expect(
      await shown(
        'db.system.name',
        'db.operation.name',
        'throughline.db.transaction.id',
        'throughline.db.transaction.isolation_level',
        'throughline.db.transaction.read_only',
      ),
    ).toBe(
      tree(`
        TRANSACTION CLIENT db.system.name="postgresql" db.operation.name="TRANSACTION" throughline.db.transaction.id="order-7" throughline.db.transaction.isolation_level="READ COMMITTED" throughline.db.transaction.read_only=false
          BEGIN CLIENT db.system.name="postgresql" db.operation.name="BEGIN"
          COMMIT CLIENT db.system.name="postgresql" db.operation.name="COMMIT"
      `),
    );
  });

  it('fails with what it threw, written once where it came from', async () => {
    const boom = refused('40001');
    const failing = traceDatabaseTransaction('t', () =>
      traceDatabaseQuery('UPDATE', 'UPDATE stock SET left = 1', () => Promise.reject(boom)),
    );
    await expect(failing).rejects.toBe(boom);
    const events = (await tracing.spans()).map((span) => [span.name, span.events.length]);
    expect([await shown('db.response.status_code'), events]).toEqual([
      tree(`
        TRANSACTION CLIENT ERROR db.response.status_code="40001"
          UPDATE stock CLIENT ERROR db.response.status_code="40001"
      `),
      [
        ['UPDATE stock', 1],
        ['TRANSACTION', 0],
      ],
    ]);
  });
});

describe('tracePrismaOperation', () => {
  it('tells model, operation, rows, and the shape of the arguments without a value', async () => {
    await tracePrismaOperation('User', 'findMany', async () => [{ id: 1 }], {
      where: { organizationId: 'planted-organisation', email: { contains: 'planted@example.com' }, OR: ['planted'] },
      include: { profile: true },
      take: 1,
    });
    const [span] = await tracing.spans();
    expect([span?.name, span?.attributes]).toEqual([
      'findMany User',
      {
        'db.system.name': 'postgresql',
        'db.operation.name': 'findMany',
        'db.collection.name': 'User',
        'db.response.returned_rows': 1,
        'throughline.prisma.arguments': [
          'where.organizationId',
          'where.email.contains',
          'where.OR',
          'include.profile',
          'take',
        ],
      },
    ]);
    expect(await tracing.bytes()).not.toContain('planted');
  });

  it('is named by its operation alone where there is no model', async () => {
    tracePrismaOperation(undefined, '$queryRaw', () => 1);
    expect(await shown('db.collection.name', 'throughline.prisma.arguments')).toBe('$queryRaw CLIENT');
  });

  it('runs the operation when its arguments cannot be read', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(tracePrismaOperation('User', 'findMany', () => 7, proxy)).toBe(7);
    expect(await shown()).toBe('findMany User CLIENT');
  });
});

it.each<readonly [what: string, call: () => unknown]>([
  ['traceDatabaseQuery', () => traceDatabaseQuery('SELECT', 'SELECT 1', () => 'ran', null as never)],
  ['traceDatabaseTransaction', () => traceDatabaseTransaction('t', () => 'ran', null as never)],
  ['tracePrismaOperation', () => tracePrismaOperation('User', 'count', () => 'ran', null)],
])('%s runs the work with null for details', (_what, call) => {
  expect(call()).toBe('ran');
});
