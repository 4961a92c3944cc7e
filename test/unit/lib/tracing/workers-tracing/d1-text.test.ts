/** The small sanitiser for D1 against the large one, which knows every dialect: neither may show what the other hides. */
import { describeD1, sanitizeD1 } from '@/lib/tracing/semconv/d1.ts';
import { sanitizeSql } from '@/lib/tracing/semconv/sql.ts';

const STATEMENTS = [
  'SELECT * FROM users WHERE id = ?',
  "SELECT * FROM users WHERE name = 'Ada' AND id IN (1, 2, 3)",
  "SELECT 'it''s', x'1f', X'2E' FROM t",
  'SELECT "name", `other`, [third] FROM "my table"',
  'SELECT a -- a remark with \'quotes\'\n, b /* and "more" */ FROM t',
  'SELECT ?1, :name, @p1, $p1, ?, 5 FROM t',
  'SELECT -1, 1.5, .5, 1e-9, 0xFF FROM t LIMIT 10 OFFSET 20',
  'SELECT c3po FROM covid19 WHERE n1h1=1234',
  'SELECT TRUE, false, NULL FROM t',
  "INSERT INTO sessions (user_id, token) VALUES (7, 'planted')",
  "UPDATE OR REPLACE users SET password = 'planted' WHERE id = 7",
  "DELETE FROM users WHERE email = 'planted@example.com'",
  "SELECT größe FROM größe WHERE ł = 'planted'",
  "SELECT json_extract(data, '$.planted') FROM t",
  'CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, total REAL DEFAULT 1.5)',
  'PRAGMA table_info(users)',
  "WITH recent AS (SELECT * FROM orders WHERE day > '2026-01-01') SELECT * FROM recent",
  'SELECT 1; DROP TABLE users',
];

/** Blanks apart, which carry nothing, and the sign before a number, which the small one shows. */
const words = (text: string): string => text.replace(/\s+/g, ' ').replaceAll(' -?', ' ?').trim();

it.each(STATEMENTS)('hides what the other hides: %s', (sql) => {
  expect(words(sanitizeD1(sql))).toBe(words(sanitizeSql(sql, { system: 'sqlite' })));
});

it.each([
  ["SELECT 'planted", 'SELECT ?'],
  ["SELECT a FROM t WHERE b = 'x' AND c = 'planted", 'SELECT a FROM t WHERE b = ? AND c = ?'],
  ['SELECT "planted', 'SELECT ?'],
  ['SELECT [planted', 'SELECT ?'],
  ['SELECT 1 /* planted', 'SELECT ?'],
  ['', ''],
])('hides the rest of what is unfinished: %s', (sql, text) => {
  expect(sanitizeD1(sql)).toBe(text);
});

it.each([
  ['query', 'SELECT * FROM users', 'SELECT users'],
  ['insert', 'insert into "sessions" values (1)', 'INSERT "sessions"'],
  ['insert', 'INSERT INTO sessions ...', 'INSERT sessions'],
  ['drop', 'DROP TABLE IF EXISTS users', 'DROP users'],
  ['update', 'UPDATE OR IGNORE users SET a = 1', 'UPDATE users'],
  ['exec', 'VACUUM', 'd1_exec'],
])('names the span of %s by its text: %s', (operation, sql, name) => {
  expect(describeD1(operation, sql).name).toBe(name);
});

it('takes time in proportion to the text', () => {
  const nasty = [
    `SELECT ${"'".repeat(30_001)}`,
    `SELECT ${'('.repeat(30_000)}`,
    `IN (${'?, '.repeat(10_000)}`,
    '/*'.repeat(15_000),
  ];
  const started = performance.now();
  for (const sql of nasty) describeD1('query', sql);
  expect(performance.now() - started).toBeLessThan(2000);
});
