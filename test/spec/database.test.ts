/**
 * Database spans by the stable conventions ("Database client spans": name, Common attributes, `db.query.text`;
 * "PostgreSQL"). What is inside SQL texts has its own tables beside `sql.ts`.
 */
import { argumentPaths, describeStatement, failureStatus, returnedRows } from '@/lib/tracing/semconv/database.ts';
import type { SqlSystem } from '@/lib/tracing/semconv/sql.ts';

describe('Name: the summary, else operation and target', () => {
  it.each<readonly [sql: string, operation: string, table: string | undefined, name: string]>([
    ['SELECT * FROM songs', 'SELECT', undefined, 'SELECT songs'],
    ['SELECT * FROM songs, artists', 'SELECT', undefined, 'SELECT songs artists'],
    ['INSERT INTO details (id) SELECT id FROM orders', 'INSERT', undefined, 'INSERT details SELECT orders'],
    ['SELECT 1', 'SELECT', undefined, 'SELECT'],
    ['SELECT * FROM songs', 'SELECT', 'artists', 'SELECT artists'],
    ['', 'SELECT', undefined, 'SELECT'],
    ['-- nothing', 'VACUUM', undefined, 'VACUUM'],
  ])('%p by %p on %p', (sql, operation, table, name) => {
    expect(describeStatement({ sql, operation, table, system: 'postgresql' }).name).toBe(name);
  });
});

describe('Common attributes', () => {
  it.each<readonly [section: string, given: readonly [string, string, SqlSystem, string?], attributes: object]>([
    [
      'db.query.text: every literal becomes a question mark',
      ['SELECT', "SELECT * FROM t WHERE a = 'x' AND b IN (1, 2)", 'postgresql'],
      {
        'db.system.name': 'postgresql',
        'db.operation.name': 'SELECT',
        'db.query.text': 'SELECT * FROM t WHERE a = ? AND b IN (?)',
        'db.query.summary': 'SELECT t',
      },
    ],
    [
      'db.query.text: a parameterised statement stays as it is',
      ['DELETE', 'DELETE FROM t WHERE id = $1', 'postgresql'],
      {
        'db.system.name': 'postgresql',
        'db.operation.name': 'DELETE',
        'db.query.text': 'DELETE FROM t WHERE id = $1',
        'db.query.summary': 'DELETE t',
      },
    ],
    [
      'db.collection.name: only where it was given',
      ['SELECT', 'SELECT 1', 'sqlite', 't'],
      {
        'db.system.name': 'sqlite',
        'db.operation.name': 'SELECT',
        'db.collection.name': 't',
        'db.query.text': 'SELECT ?',
        'db.query.summary': 'SELECT',
      },
    ],
    [
      'db.query.summary: left out where there is none',
      ['X', '???', 'mysql'],
      { 'db.system.name': 'mysql', 'db.operation.name': 'X', 'db.query.text': '???' },
    ],
  ])('%s', (_section, [operation, sql, system, table], attributes) => {
    expect(describeStatement({ operation, sql, system, table }).attributes).toEqual(attributes);
  });
});

describe('db.response.status_code: what the database said', () => {
  it.each<readonly [thrown: unknown, status: object]>([
    [{ code: '23505' }, { 'db.response.status_code': '23505' }],
    [{ code: 'P2025' }, { 'db.response.status_code': 'P2025' }],
    [{ code: 'ER_DUP_ENTRY' }, { 'db.response.status_code': 'ER_DUP_ENTRY' }],
    [{ code: 23505 }, {}],
    [{ code: 'not a code' }, {}],
    [{ code: 'A' }, {}],
    [{ code: 'X'.repeat(33) }, {}],
    [{}, {}],
    [null, {}],
    ['23505', {}],
  ])('%p', (thrown, status) => {
    expect(failureStatus(thrown)).toEqual(status);
  });
});

describe('db.response.returned_rows', () => {
  it.each<readonly [result: unknown, rows: number | undefined]>([
    [[], 0],
    [[1, 2], 2],
    [{ rows: [1] }, 1],
    [{ rows: 1 }, undefined],
    [{ count: 3 }, undefined],
    [null, undefined],
    [3, undefined],
  ])('%p', (result, rows) => {
    expect(returnedRows(result)).toBe(rows);
  });
});

describe('the shape of arguments (ours: no convention covers it) is bounded, and holds no value', () => {
  const wide = Object.fromEntries(Array.from({ length: 100 }, (_none, index) => [`k${index}`, index]));
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  it.each<readonly [what: string, args: unknown, paths: readonly string[]]>([
    ['nested', { where: { a: { b: { c: 'secret' } } } }, ['where.a.b']],
    ['lists and dates are values', { in: ['secret'], at: new Date(0) }, ['in', 'at']],
    ['empty objects', { where: {} }, ['where']],
    ['nothing', undefined, []],
    ['a value', 'secret', []],
    ['a cycle', loop, ['self.self.self']],
    ['wide', wide, Object.keys(wide).slice(0, 32)],
  ])('%s', (_what, args, paths) => {
    expect(argumentPaths(args)).toEqual(paths);
  });
});
