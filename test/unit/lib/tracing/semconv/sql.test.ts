import { sanitizeSql, summarizeSql, type SqlSystem } from '@/lib/tracing/semconv/sql';

type Row = readonly [system: SqlSystem, input: string, sanitized: string, summary: string];

const pg = 'postgresql';
const mysql = 'mysql';
const maria = 'mariadb';
const lite = 'sqlite';
const mssql = 'microsoft.sql_server';
/** A system that the sanitiser has never heard of. */
const other = 'oracle.db' as SqlSystem;
const SYSTEMS: readonly SqlSystem[] = [pg, mysql, maria, lite, mssql, other];

const STRINGS: readonly Row[] = [
  [pg, "SELECT * FROM t WHERE a = ''", 'SELECT * FROM t WHERE a = ?', 'SELECT t'],
  [pg, "SELECT * FROM t WHERE a = 'it''s'", 'SELECT * FROM t WHERE a = ?', 'SELECT t'],
  [pg, "SELECT 'a' 'b', 'c'\n'd'", 'SELECT ? ?, ? ?', 'SELECT'],
  [pg, "SELECT E'\\'' , a FROM t", 'SELECT ? , a FROM t', 'SELECT t'],
  [pg, "SELECT e'\\\\', b FROM t", 'SELECT ?, b FROM t', 'SELECT t'],
  [pg, "SELECT E'a'\n  'it\\'s', b FROM t", 'SELECT ? ?, b FROM t', 'SELECT t'],
  [
    pg,
    "SELECT E'a' -- x/y\n 'it\\'s', E'a' 'C:\\', E'a' /*\n*/ 'C:\\', b FROM t",
    'SELECT ? ?, ? ?, ? ?, b FROM t',
    'SELECT t',
  ],
  [pg, "SELECT N'n', B'01', X'1F', U&'d\\0061t' UESCAPE '!'", 'SELECT ?, ?, ?, ? UESCAPE ?', 'SELECT'],
  [
    pg,
    'SELECT U&"d\\0061t", "a""b" FROM "Song List"',
    'SELECT U&"d\\0061t", "a""b" FROM "Song List"',
    'SELECT "Song List"',
  ],
  [pg, "SELECT 'C:\\' , b FROM t", 'SELECT ? , b FROM t', 'SELECT t'],
  [pg, "SELECT * FROM t WHERE a LIKE 'x\\' ESCAPE '\\'", 'SELECT * FROM t WHERE a LIKE ? ESCAPE ?', 'SELECT t'],
  [pg, "SELECT $$it's$$, $tag$a $b$ 'c'$tag$, $1 FROM t", 'SELECT ?, ?, $1 FROM t', 'SELECT t'],
  [pg, 'SELECT $é$a$é$, a$b$c FROM t$1', 'SELECT ?, a$b$c FROM t$1', 'SELECT t$1'],
  [pg, "SELECT $a$ $ab$ $a $a$, 'x'", 'SELECT ?, ?', 'SELECT'],
  [
    pg,
    "SELECT DATE '2026-01-01', INTERVAL '1' DAY, timestamp'now'",
    'SELECT DATE ?, INTERVAL ? DAY, timestamp?',
    'SELECT',
  ],
  [
    pg,
    "SELECT 'ü' AS \"ü\" FROM größe WHERE ł = 'ł' AND x = 1",
    'SELECT ? AS "ü" FROM größe WHERE ł = ? AND x = ?',
    'SELECT größe',
  ],
  [mysql, 'SELECT "it\\"s", \'it\\\'s\', "a""b" FROM `t 1`', 'SELECT ?, ?, ? FROM `t 1`', 'SELECT `t 1`'],
  [mysql, "SELECT _utf8mb4'x', N'x', x'1f', b'1' FROM t", 'SELECT _utf8mb4?, ?, ?, ? FROM t', 'SELECT t'],
  [mysql, "SELECT U&'1', e'2' FROM t", 'SELECT U&?, e? FROM t', 'SELECT t'],
  [mysql, "SELECT $$it's$$, $a FROM t", 'SELECT ?, $a FROM t', 'SELECT t'],
  [maria, "SELECT $a$b, 'c' FROM t", 'SELECT $a$b, ? FROM t', 'SELECT t'],
  [
    mssql,
    "SELECT N'it''s', 'C:\\', [a]]b], [it's] FROM [dbo].[Order]",
    "SELECT ?, ?, [a]]b], [it's] FROM [dbo].[Order]",
    'SELECT [dbo].[Order]',
  ],
  [
    lite,
    'SELECT [a], "b", `c`, \'C:\\\' FROM [my table]',
    'SELECT [a], "b", `c`, ? FROM [my table]',
    'SELECT [my table]',
  ],
  [other, 'SELECT "secret", \'x\' FROM `t`', 'SELECT ?, ? FROM `t`', 'SELECT `t`'],
];

const NUMBERS: readonly Row[] = [
  [pg, 'SELECT 1, 1.5, .5, 5., 1e-9, 1E+9, 1.5e3, 0xFF, 0b1, 0o7, 1_000', `SELECT ${'?, '.repeat(10)}?`, 'SELECT'],
  [
    pg,
    'SELECT -1, +1.5, (-.5), a - 1, a-1, a*-1 FROM t LIMIT -1',
    'SELECT ?, ?, (?), a - ?, a-?, a*? FROM t LIMIT ?',
    'SELECT t',
  ],
  [pg, 'SELECT 1::int, b::"char", a[1], a[1:2] FROM t1', 'SELECT ?::int, b::"char", a[?], a[?:?] FROM t1', 'SELECT t1'],
  [pg, 'SELECT TRUE, false, t.true, NULL, :true', 'SELECT ?, ?, t.true, NULL, :true', 'SELECT'],
  [pg, 'SELECT 123abc, 1..10, 12-34-56', 'SELECT ?, ?, ?-?-?', 'SELECT'],
  [pg, 'SELECT c3po FROM covid19 WHERE n1h1=1234', 'SELECT c3po FROM covid19 WHERE n1h1=?', 'SELECT covid19'],
  [pg, 'SELECT $1, $65535, $4111111111111111', 'SELECT $1, $65535, ?', 'SELECT'],
  [pg, 'SELECT @ -5, |/ 25.0, 5 !', 'SELECT @ ?, |/ ?, ? !', 'SELECT'],
  [pg, 'SELECT 1\u00a02\u3000FROM\u00a0t', 'SELECT ? ? FROM t', 'SELECT t'],
  [mysql, 'SELECT db.2fa, @a, @@b, 0x1F, 1.5 FROM t', 'SELECT db.?, @a, @@b, ?, ? FROM t', 'SELECT t'],
  [
    mssql,
    'SELECT $12.50, $.5, £5, -$3, @p1, @@rowcount, $action FROM #tmp',
    'SELECT ?, ?, ?, ?, @p1, @@rowcount, $action FROM #tmp',
    'SELECT #tmp',
  ],
  [lite, 'SELECT ?1, :1, :name, @p1, $p1, ?, 5', 'SELECT ?1, :1, :name, @p1, $p1, ?, ?', 'SELECT'],
  [other, 'SELECT $5, :1, :name, ? FROM t', 'SELECT ?, :?, :name, ? FROM t', 'SELECT t'],
];

const LISTS: readonly Row[] = [
  [
    pg,
    "SELECT * FROM t WHERE a IN ('x', 22, 333) AND b IN (1, 22, 33x)",
    'SELECT * FROM t WHERE a IN (?) AND b IN (?)',
    'SELECT t',
  ],
  [
    pg,
    "SELECT * FROM t WHERE a IN (1, -2, 'x', true) AND b NOT IN( 'y' )",
    'SELECT * FROM t WHERE a IN (?) AND b NOT IN( ? )',
    'SELECT t',
  ],
  [pg, 'SELECT * FROM t WHERE a IN (?, ?, ?)', 'SELECT * FROM t WHERE a IN (?)', 'SELECT t'],
  [
    pg,
    'SELECT * FROM t WHERE a IN ($1, $2) AND b IN (1, $1, 2)',
    'SELECT * FROM t WHERE a IN ($1, $2) AND b IN (?, $1, ?)',
    'SELECT t',
  ],
  [
    pg,
    'SELECT * FROM t WHERE (a, b) IN ((1, 2), (3, 4), (5, 6)) OR c IN (1, x)',
    'SELECT * FROM t WHERE (a, b) IN ((?, ?), ...) OR c IN (?, x)',
    'SELECT t',
  ],
  [pg, 'SELECT * FROM t WHERE a IN (/* one */ 1, -- two\n 2\n)', 'SELECT * FROM t WHERE a IN ( ?)', 'SELECT t'],
  [
    pg,
    "INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL), ($1, DEFAULT) RETURNING id",
    'INSERT INTO t (a, b) VALUES (?, ?), ... RETURNING id',
    'INSERT t',
  ],
  [
    pg,
    "INSERT INTO t VALUES (1, now()), (2, f(3)), (4, 'x'), (5, 'y')",
    'INSERT INTO t VALUES (?, now()), (?, f(?)), ...',
    'INSERT t',
  ],
  [
    mysql,
    'INSERT INTO t VALUES ROW(1, 2), ROW(3, 4) ON DUPLICATE KEY UPDATE a = VALUES(a), b = VALUES(b)',
    'INSERT INTO t VALUES ROW(?, ?), ... ON DUPLICATE KEY UPDATE a = VALUES(a), b = VALUES(b)',
    'INSERT t',
  ],
];

const BLANKS_AND_COMMENTS: readonly Row[] = [
  [pg, '  SELECT\t*\r\n  FROM   t  ', 'SELECT * FROM t', 'SELECT t'],
  [pg, "SELECT a--it's\n,b/* 'x' /* nested */ y */FROM/**/t -- end", 'SELECT a ,b FROM t', 'SELECT t'],
  [pg, "SELECT 1 -- a\r, 'b'", 'SELECT ? , ?', 'SELECT'],
  [
    pg,
    "SELECT a #> '{x}', b #>> '{y}', c->'k', d->>'k', e ?| array['z'], f @> '{}' FROM t",
    'SELECT a #> ?, b #>> ?, c->?, d->>?, e ?| array[?], f @> ? FROM t',
    'SELECT t',
  ],
  [pg, '/* only a comment */', '', ''],
  [pg, '', '', ''],
  [mysql, "SELECT 1--2 # it's\n, 3 -- it's\n, /*! 4 */ 5 /* a /* b */ FROM t", 'SELECT ?-? , ? , ? FROM t', 'SELECT t'],
  [maria, 'SELECT /*M! SQL_NO_CACHE */ a FROM t', 'SELECT a FROM t', 'SELECT t'],
  [lite, "SELECT 1 --it's\r 'x'\n, 2 /* a /* b */ FROM t", 'SELECT ? , ? FROM t', 'SELECT t'],
  [mssql, 'SELECT a /* x /* y */ z */ FROM t', 'SELECT a FROM t', 'SELECT t'],
];

const CREDENTIALS: readonly Row[] = [
  [pg, "CREATE USER bob PASSWORD 'hunter2'", 'CREATE USER bob PASSWORD ?', 'CREATE USER bob'],
  [
    pg,
    'CREATE ROLE bob WITH LOGIN ENCRYPTED PASSWORD "hunter2" VALID UNTIL \'2027-01-01\'',
    'CREATE ROLE bob WITH LOGIN ENCRYPTED PASSWORD ? VALID UNTIL ?',
    'CREATE ROLE bob',
  ],
  [pg, 'ALTER USER bob PASSWORD hun!ter$2;SELECT 1', 'ALTER USER bob PASSWORD ? ?', 'ALTER USER bob SELECT'],
  [
    pg,
    'ALTER USER bob PASSWORD hun!ter; SELECT password FROM t',
    'ALTER USER bob PASSWORD ?; SELECT password FROM t',
    'ALTER USER bob SELECT t',
  ],
  [pg, 'ALTER\n  USER bob PASSWORD NULL', 'ALTER USER bob PASSWORD NULL', 'ALTER USER bob'],
  [
    pg,
    "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password hunter2)",
    'CREATE USER MAPPING FOR u SERVER s OPTIONS (user ?, password ?)',
    'CREATE USER MAPPING',
  ],
  [
    pg,
    'UPDATE users SET password = $1, name = \'x\' WHERE password = "old"',
    'UPDATE users SET password = $1, name = ? WHERE password = "old"',
    'UPDATE users',
  ],
  [
    pg,
    'SELECT password, u.password FROM users ORDER BY password DESC',
    'SELECT password, u.password FROM users ORDER BY password DESC',
    'SELECT users',
  ],
  [mysql, 'CREATE USER bob IDENTIFIED BY "hunter2"', 'CREATE USER bob IDENTIFIED BY ?', 'CREATE USER bob'],
  [
    mysql,
    "CREATE USER 'bob'@'%' IDENTIFIED BY hunter2, al@localhost IDENTIFIED BY `hunter3`",
    'CREATE USER ?@? IDENTIFIED BY ?, al@localhost IDENTIFIED BY ?',
    'CREATE USER',
  ],
  [
    mysql,
    'ALTER USER bob IDENTIFIED WITH plugin BY hunter2 REPLACE hunter1 PASSWORD EXPIRE NEVER',
    'ALTER USER bob IDENTIFIED WITH plugin BY ? REPLACE ? PASSWORD EXPIRE NEVER',
    'ALTER USER bob',
  ],
  [mysql, 'SET PASSWORD FOR bob = hunter2', 'SET PASSWORD FOR bob = ?', 'SET'],
  [mysql, 'SET PASSWORD = PASSWORD("hunter2")', 'SET PASSWORD = PASSWORD(?)', 'SET'],
  [
    mysql,
    'GRANT ALL ON db.* TO bob IDENTIFIED BY PASSWORD hunter2',
    'GRANT ALL ON db.* TO bob IDENTIFIED BY PASSWORD ?',
    'GRANT',
  ],
  [
    mssql,
    "ALTER LOGIN bob WITH PASSWORD = 'hunter2' OLD_PASSWORD = 'hunter1'",
    'ALTER LOGIN bob WITH PASSWORD = ? OLD_PASSWORD = ?',
    'ALTER LOGIN bob',
  ],
  [
    mssql,
    'CREATE LOGIN bob WITH PASSWORD = 0x0200F00D HASHED, SID = 0x1',
    'CREATE LOGIN bob WITH PASSWORD = ? HASHED, SID = ?',
    'CREATE LOGIN bob',
  ],
  [mssql, 'CREATE LOGIN bob WITH PASSWORD = [hunter2]', 'CREATE LOGIN bob WITH PASSWORD = ?', 'CREATE LOGIN bob'],
  [
    mssql,
    'OPEN SYMMETRIC KEY k DECRYPTION BY PASSWORD = "hunter2"',
    'OPEN SYMMETRIC KEY k DECRYPTION BY PASSWORD = ?',
    'OPEN',
  ],
  [lite, 'PRAGMA key = "x\'2DD29CA851\'"', 'PRAGMA key = ?', 'PRAGMA key'],
  [lite, "ATTACH DATABASE 'a.db' AS a KEY hunter2", 'ATTACH DATABASE ? AS a KEY ?', 'ATTACH'],
  [pg, 'ALTER USER bob PASSWORD ‘hunter two’', 'ALTER USER bob PASSWORD ?', 'ALTER USER bob'],
];

const BROKEN: readonly Row[] = [
  [pg, "SELECT a FROM t WHERE b = 'x' AND c = 'secret", 'SELECT a FROM t WHERE b = ? AND c = ?', 'SELECT t'],
  [pg, 'SELECT a FROM t WHERE b = "secret', 'SELECT a FROM t WHERE b = ?', 'SELECT t'],
  [pg, 'SELECT a FROM t /* secret /* x */', 'SELECT a FROM t ?', 'SELECT t'],
  [pg, 'SELECT a FROM t WHERE b = $tag$secret$ta', 'SELECT a FROM t WHERE b = ?', 'SELECT t'],
  [pg, 'SELECT $1$secret$ FROM hidden', 'SELECT $1?', 'SELECT'],
  [pg, "SELECT E'secret\\'", 'SELECT ?', 'SELECT'],
  [mssql, 'SELECT a FROM [secret', 'SELECT a FROM ?', 'SELECT'],
  [mysql, 'SELECT a FROM `secret', 'SELECT a FROM ?', 'SELECT'],
  // A quote that was not escaped: what stands behind the early end was meant as text.
  [pg, "SELECT a FROM t WHERE n = 'it's secret FROM hidden", 'SELECT a FROM t WHERE n = ?', 'SELECT t'],
  [pg, "SELECT a FROM t WHERE n = 'a dog's secret' AND m = 'x'", 'SELECT a FROM t WHERE n = ?', 'SELECT t'],
  [pg, "SELECT a FROM t WHERE n = 'O' Secret FROM hidden'", 'SELECT a FROM t WHERE n = ?', 'SELECT t'],
  // standard_conforming_strings = off, NO_BACKSLASH_ESCAPES = on
  [pg, "SELECT a FROM t WHERE n = 'it\\'s secret'", 'SELECT a FROM t WHERE n = ?', 'SELECT t'],
  [pg, "SELECT a FROM t WHERE n = 'x\\'', 'secret', '\\''", 'SELECT a FROM t WHERE n = ?', 'SELECT t'],
  [mysql, "SELECT 'C:\\', 'secret', a FROM t", 'SELECT ?', 'SELECT'],
  [pg, 'SELECT a FROM t \\g secret', 'SELECT a FROM t ?', 'SELECT t'],
  [pg, 'SELECT a FROM t WHERE n = “secret words”', 'SELECT a FROM t WHERE n = ?', 'SELECT t'],
  [mysql, "SELECT a /*! 'b */ secret ' */ FROM t", 'SELECT a ?', 'SELECT'],
  [mssql, 'SELECT a -- b\r secret\n FROM t', 'SELECT a ?', 'SELECT'],
  [other, "SELECT a FROM t WHERE n = 'x\\' secret '", 'SELECT a FROM t WHERE n = ?', 'SELECT t'],
  [other, "SELECT a FROM t WHERE n = q'[it's secret]'", 'SELECT a FROM t WHERE n = ?', 'SELECT t'],
  [other, 'SELECT a FROM t # secret', 'SELECT a FROM t ?', 'SELECT t'],
  [other, 'SELECT a FROM t --secret', 'SELECT a FROM t ?', 'SELECT t'],
  [other, 'SELECT a FROM [secret]', 'SELECT a FROM ?', 'SELECT'],
  [other, 'SELECT a FROM t /* x /* y */ secret */', 'SELECT a FROM t ?', 'SELECT t'],
];

/** Where the text has nothing to hide, the sanitised text is the input itself. */
const SUMMARIES: readonly (readonly [system: SqlSystem, input: string, summary: string])[] = [
  // The examples of the conventions.
  [pg, 'SELECT * FROM wuser_table WHERE username = ?', 'SELECT wuser_table'],
  [
    pg,
    'INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE order_id = ?',
    'INSERT shipping_details SELECT orders',
  ],
  [pg, 'SELECT * FROM songs, artists WHERE songs.artist_id == artists.id', 'SELECT songs artists'],
  [
    pg,
    'SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON o.customer_id = c.customer_id)',
    'SELECT SELECT orders customers',
  ],
  [pg, 'SELECT * FROM "song list", artists', 'SELECT "song list" artists'],
  [pg, '{call some_stored_procedure}', 'call some_stored_procedure'],
  [pg, '{? = call some_stored_procedure(?)}', 'call some_stored_procedure'],
  // SELECT
  [pg, 'select x from Schema.Table', 'select Schema.Table'],
  [
    pg,
    'SELECT * FROM a."b c".d x, ONLY e AS y JOIN f ON x.i = y.i LEFT OUTER JOIN g USING (i), h ORDER BY i, j',
    'SELECT a."b c".d e f g h',
  ],
  [pg, 'SELECT a, (SELECT max(b) FROM t2) FROM t1 WHERE c IN (SELECT d FROM t3)', 'SELECT SELECT t2 t1 SELECT t3'],
  [pg, 'SELECT EXTRACT(YEAR FROM a), trim(b FROM c), d IS DISTINCT FROM e FROM t', 'SELECT t'],
  [
    pg,
    'SELECT * FROM (a CROSS JOIN b) x, LATERAL (SELECT c FROM d) y, generate_series($1, (SELECT max(i) FROM e)) z',
    'SELECT a b SELECT d generate_series SELECT e',
  ],
  [pg, 'SELECT * FROM (VALUES ($1), ($2)) v (id) JOIN users u ON u.id = v.id', 'SELECT users'],
  [
    pg,
    '(SELECT a FROM t1 UNION ALL SELECT a FROM t2) EXCEPT (SELECT a FROM t3) ORDER BY a',
    'SELECT t1 SELECT t2 SELECT t3',
  ],
  [
    pg,
    'SELECT a, count(*) OVER (PARTITION BY b ORDER BY c) FROM t WINDOW w AS (PARTITION BY d), v AS (ORDER BY e)',
    'SELECT t',
  ],
  [pg, 'SELECT * FROM users FOR UPDATE OF users, other SKIP LOCKED', 'SELECT users'],
  [
    mssql,
    'SELECT TOP (@n) * FROM dbo.t WITH (NOLOCK), db..u CROSS APPLY dbo.f(t.id) OPTION (RECOMPILE)',
    'SELECT dbo.t db..u dbo.f',
  ],
  [mysql, 'SELECT * FROM t USE INDEX (i, j) STRAIGHT_JOIN u', 'SELECT t u'],
  // WITH
  [pg, 'WITH c AS (SELECT a FROM b) SELECT * FROM c', 'SELECT b SELECT'],
  [
    pg,
    'WITH a AS (SELECT * FROM t1), "B" (x, y) AS NOT MATERIALIZED (SELECT * FROM a JOIN t2 ON true_ = x) SELECT * FROM A JOIN "B" ON x = y',
    'SELECT t1 SELECT t2 SELECT',
  ],
  [
    pg,
    'WITH RECURSIVE r AS (SELECT id FROM t UNION ALL SELECT t.id FROM t JOIN r ON t.p = r.id) SELECT * FROM r, public.r',
    'SELECT t SELECT t SELECT public.r',
  ],
  [
    pg,
    'WITH gone AS (DELETE FROM sessions WHERE stale RETURNING *) INSERT INTO log SELECT * FROM gone',
    'DELETE sessions INSERT log SELECT',
  ],
  [pg, 'INSERT INTO t (a, b) WITH x AS (SELECT a, b FROM u) SELECT * FROM x', 'INSERT t SELECT u SELECT'],
  [pg, 'SELECT * FROM f() WITH ORDINALITY AS x (a, b), t', 'SELECT f t'],
  // Changes
  [pg, 'UPDATE ONLY a.b AS x SET c = d.e FROM d WHERE x.i = d.i AND f = (SELECT g FROM h)', 'UPDATE a.b SELECT h'],
  [pg, 'DELETE FROM ONLY t USING u WHERE t.i = u.i', 'DELETE t'],
  [pg, 'INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING *', 'INSERT t'],
  [
    pg,
    'MERGE INTO t USING s ON t.i = s.i WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN INSERT (i) VALUES (s.i)',
    'MERGE t',
  ],
  [mysql, 'DELETE t1 FROM t1 JOIN t2 ON t1.i = t2.i', 'DELETE t1'],
  [mysql, 'INSERT LOW_PRIORITY IGNORE INTO t SET a = ?', 'INSERT t'],
  [mysql, 'REPLACE INTO `a b` VALUES (?)', 'REPLACE `a b`'],
  [lite, 'INSERT OR REPLACE INTO t VALUES (?)', 'INSERT t'],
  [mssql, 'DELETE TOP (@n) FROM t', 'DELETE t'],
  [pg, 'COPY t (a, b) FROM STDIN', 'COPY t'],
  [pg, 'COPY (SELECT a FROM t) TO STDOUT', 'COPY SELECT t'],
  // Definitions
  [pg, 'CREATE TABLE IF NOT EXISTS s.t (id int REFERENCES u ON DELETE CASCADE, "from" text)', 'CREATE TABLE s.t'],
  [pg, 'CREATE TEMP TABLE t AS SELECT * FROM u', 'CREATE TABLE t SELECT u'],
  [pg, 'CREATE OR REPLACE VIEW v AS WITH c AS (SELECT a FROM b) SELECT * FROM c, d', 'CREATE VIEW v SELECT b SELECT d'],
  [pg, 'CREATE MATERIALIZED VIEW v AS SELECT a FROM t WITH NO DATA', 'CREATE MATERIALIZED VIEW v SELECT t'],
  [pg, 'REFRESH MATERIALIZED VIEW CONCURRENTLY v', 'REFRESH MATERIALIZED VIEW v'],
  [pg, 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)', 'CREATE INDEX i'],
  [pg, 'CREATE INDEX ON t (a)', 'CREATE INDEX t'],
  [pg, 'ALTER TABLE IF EXISTS ONLY t ADD COLUMN a int, DROP COLUMN b', 'ALTER TABLE t'],
  [pg, 'DROP TABLE IF EXISTS a, b.c CASCADE', 'DROP TABLE a b.c'],
  [pg, 'DROP INDEX CONCURRENTLY i', 'DROP INDEX i'],
  [pg, 'TRUNCATE TABLE ONLY a, b RESTART IDENTITY', 'TRUNCATE TABLE a b'],
  [pg, 'TRUNCATE a', 'TRUNCATE a'],
  [pg, 'LOCK TABLE t IN EXCLUSIVE MODE', 'LOCK TABLE t'],
  [lite, 'CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE u SET a = b; DELETE FROM v; END', 'CREATE TRIGGER tr'],
  [mssql, 'CREATE PROCEDURE dbo.p AS SELECT * FROM t', 'CREATE PROCEDURE dbo.p'],
  [pg, 'CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN a; SELECT * FROM t', 'CREATE FUNCTION f SELECT t'],
  // Procedures and commands
  [mssql, 'EXEC @rc = dbo.p @a = @b', 'EXEC dbo.p'],
  [pg, 'CALL s.p($1)', 'CALL s.p'],
  [mssql, 'EXECUTE (@sql)', 'EXECUTE'],
  [pg, 'BEGIN', 'BEGIN'],
  [pg, 'START TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'START TRANSACTION'],
  [pg, 'COMMIT WORK', 'COMMIT WORK'],
  [pg, 'ROLLBACK TO SAVEPOINT sp_17', 'ROLLBACK'],
  [pg, 'RELEASE SAVEPOINT sp_17', 'RELEASE SAVEPOINT'],
  [pg, 'SET LOCAL search_path TO a, b', 'SET'],
  [pg, 'SHOW search_path', 'SHOW'],
  [mysql, 'SHOW COLUMNS FROM t', 'SHOW'],
  [pg, 'EXPLAIN (ANALYZE, FORMAT json) SELECT * FROM t', 'EXPLAIN SELECT t'],
  [pg, 'EXPLAIN ANALYZE VERBOSE UPDATE t SET a = b', 'EXPLAIN UPDATE t'],
  [lite, 'EXPLAIN QUERY PLAN SELECT * FROM t', 'EXPLAIN SELECT t'],
  [mysql, 'USE `my db`', 'USE `my db`'],
  [pg, 'GRANT SELECT, UPDATE ON t TO somebody', 'GRANT'],
  [pg, 'REVOKE SELECT ON t FROM somebody', 'REVOKE'],
  [pg, 'VALUES ($1, $2)', 'VALUES'],
  [pg, 'BEGIN; UPDATE t SET a = $1; COMMIT', 'BEGIN UPDATE t COMMIT'],
  [
    pg,
    ';; SELECT * FROM t1;; WITH t1 AS (SELECT a FROM b) SELECT * FROM t1; SELECT * FROM t1;',
    'SELECT t1 SELECT b SELECT SELECT t1',
  ],
  // Not SQL
  [pg, 'and now for something completely different', ''],
  [pg, 'hunter2', ''],
  [pg, ';', ''],
];

describe.each([
  ['strings and quoted names', STRINGS],
  ['numbers, booleans and parameters', NUMBERS],
  ['lists', LISTS],
  ['blanks and comments', BLANKS_AND_COMMENTS],
  ['credentials', CREDENTIALS],
  ['unfinished and malformed text', BROKEN],
])('%s', (_, rows) => {
  it.each(rows)('%s: %s', (system, input, sanitized, summary) => {
    expect([sanitizeSql(input, { system }), summarizeSql(input, { system })]).toEqual([sanitized, summary]);
  });

  it.each(rows)('sanitises only once, %s: %s', (system, _input, sanitized) => {
    expect(sanitizeSql(sanitized, { system })).toBe(sanitized);
  });
});

describe('summaries', () => {
  it.each(SUMMARIES)('%s: %s', (system, input, summary) => {
    expect(summarizeSql(input, { system })).toBe(summary);
  });

  it('leaves out a table in single quotes, which is a literal in all but a few statements', () => {
    expect(summarizeSql('SELECT * FROM "song list", \'artists\'')).toBe('SELECT "song list"');
  });

  it('cuts between words at 255 characters', () => {
    const tables = Array.from({ length: 50 }, (_, index) => `very_long_table_name_${index}`);
    const summary = summarizeSql(`SELECT * FROM ${tables.join(', ')}`);
    expect(summary).toBe(`SELECT ${tables.slice(0, 10).join(' ')}`);
    expect(summarizeSql(`SELECT * FROM ${'a'.repeat(300)}, b`)).toBe('SELECT');
  });

  it('takes a doubtful text back even when the summary was full before', () => {
    const tables = Array.from({ length: 50 }, (_, index) => `very_long_table_name_${index}`);
    expect(summarizeSql(`SELECT 'O' Secret FROM ${tables.join(', ')}'`)).toBe('SELECT');
  });
});

it('hides every value of a list behind a string that may have ended too early', () => {
  expect(sanitizeSql("SELECT 'a' b FROM t WHERE c IN (1, 22, 333)")).toBe('SELECT ? b FROM t WHERE c IN (?, ?, ?)');
});

it('reads PostgreSQL unless told otherwise', () => {
  expect(sanitizeSql('SELECT "a", $$b$$')).toBe('SELECT "a", ?');
});

/** mulberry32: a small generator whose sequence the seed fixes. */
function seedRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const WORDS = [
  'SELECT',
  'a',
  'FROM',
  'b.c',
  ',',
  '(',
  ')',
  '=',
  '$1',
  '?',
  'WHERE',
  'AND',
  'IN (',
  'VALUES (',
  '-',
  '/',
  ';',
  '::int',
  'x1',
];
const SECRET_WORD = 'zqxjkv';
const SECRET_DIGITS = '90817263';

/** Ways to write a secret that are literals, comments or credentials in the given system. */
function hideSecret(system: SqlSystem, random: (below: number) => number): string {
  const text = SECRET_WORD;
  const common = [
    `'${text}'`,
    `'${text} it''s ${text}'`,
    `'${text} -- /* ${text} $$ " \` ['`,
    `N'${text}'`,
    SECRET_DIGITS,
    `-${SECRET_DIGITS}.${SECRET_DIGITS}e-12`,
    `0x${SECRET_DIGITS}`,
    `IN ('${text}', ${SECRET_DIGITS}, '${text}')`,
    `VALUES ('${text}', 1), (${SECRET_DIGITS}, '${text}')`,
    `-- ${text}\n`,
    `/* ${text} ' */`,
    `; CREATE USER bob PASSWORD '${text}' ;`,
    `; CREATE USER bob IDENTIFIED BY ${text} ;`,
    `; CREATE USER bob PASSWORD ${text}!${text} ;`,
  ];
  const special: Readonly<Record<string, readonly string[]>> = {
    [pg]: [
      `E'${text}\\'${text}\\\\'`,
      `E'a'\n'\\'${text}'`,
      `$$${text} ' ${text}$$`,
      `$t1$${text} $t$ ' $t1$`,
      `U&'${text}'`,
      `/* /* ${text} */ ${text} */`,
      `'${text}\\'`,
    ],
    [mysql]: [`"${text} ' ${text}"`, `'${text}\\'${text}'`, `"${text}\\"${text}"`, `# ${text} '\n`, `$$${text}$$`],
    [maria]: [`"${text} ' ${text}"`, `'${text}\\'${text}'`, `# ${text} '\n`, `/*M! ${SECRET_DIGITS} */`],
    [lite]: [`x'${SECRET_DIGITS}'`, `'${text}\\'`, `-- ${text}\r${text} '\n`],
    [mssql]: [`$${SECRET_DIGITS}`, `€${SECRET_DIGITS}`, `/* /* ${text} */ ${text} */`, `'${text}\\'`],
    [other]: [
      `"${text}"`,
      `'${text}\\'${text}'`,
      `q'[${text}'${text}]'`,
      `# ${text}`,
      `$${SECRET_DIGITS}`,
      `--${text}\n`,
    ],
  };
  const ways = [...common, ...(special[system] ?? [])];
  return ways[random(ways.length)] ?? '';
}

function cutPieces(secret: string): string[] {
  return Array.from({ length: secret.length - 3 }, (_, at) => secret.slice(at, at + 4));
}

const PIECES = [...cutPieces(SECRET_WORD), ...cutPieces(SECRET_DIGITS)];

describe('a secret planted in random SQL, cut off at every position', () => {
  it.each(SYSTEMS)('%s', (system) => {
    const random = seedRandom(20261121);
    const leaks: string[] = [];
    for (let round = 0; round < 120; round++) {
      const parts = Array.from({ length: 12 }, () =>
        random(3) === 0 ? hideSecret(system, random) : (WORDS[random(WORDS.length)] ?? ''),
      );
      const text = parts.join(' ');
      for (let length = 0; length <= text.length; length++) {
        const cut = text.slice(0, length);
        const told = `${sanitizeSql(cut, { system })}\n${summarizeSql(cut, { system })}`;
        if (PIECES.some((piece) => told.includes(piece))) leaks.push(`${cut}\n-> ${told}`);
      }
    }
    expect(leaks.slice(0, 3)).toEqual([]);
  });
});

it('reads any characters at all without throwing', () => {
  const random = seedRandom(7);
  const alphabet = '\'"`[]()$$/**/--#\\;,.:@?0a\n\r\t E=\u0000é\u2019\ud83d£';
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random(24) }, () => alphabet[random(alphabet.length)]).join('');
    for (const system of SYSTEMS) {
      expect(typeof sanitizeSql(text, { system })).toBe('string');
      expect(summarizeSql(text, { system }).length).toBeLessThanOrEqual(255);
    }
  }
});

describe('a million hostile characters', () => {
  const size = 1_000_000;
  const fill = (unit: string): string => unit.repeat(size / unit.length);
  it.each<readonly [name: string, system: SqlSystem, text: string, sanitized: string]>([
    ['quotes', pg, fill("'"), '?'],
    ['an odd number of quotes', pg, `${fill("'")}'`, '?'],
    ['double quotes', pg, `SELECT ${fill('"')}`, `SELECT ${fill('"')}`],
    ['brackets', mssql, `[${fill(']')}`, '?'],
    ['backslashes', mysql, `'${fill('\\')}`, '?'],
    ['nested comments', pg, fill('/*'), '?'],
    ['stars', mysql, `/*${fill('*')}/ 1`, '?'],
    ['dashes', mysql, `SELECT ${fill('-')}1`, `SELECT ${fill('-').slice(1)}?`],
    ['dollars', pg, fill('$'), '?'.repeat(size / 4)],
    ['dollar tags', pg, fill('$a'), '?'],
    ['a long dollar tag', pg, `$${fill('a')}$${fill('a')}$`, '?'],
    ['digits', pg, fill('7'), '?'],
    ['exponents', pg, fill('1e-1'), '?'],
    ['an IN list', pg, `SELECT 1 WHERE a IN (${fill('1,')}1)`, 'SELECT ? WHERE a IN (?)'],
    ['an IN list that never ends', pg, `a IN (${fill('1')}`, 'a IN (?'],
    ['rows', pg, `VALUES ${fill('(1),')}(1)`, 'VALUES (?), ...'],
    ['parentheses', pg, fill('('), fill('(')],
    ['blanks', pg, `SELECT ${fill(' ')}1`, 'SELECT ?'],
    ['statements', pg, fill('x;'), fill('x;')],
    ['a secret that never ends', pg, `ALTER USER a PASSWORD ${fill('x!')}`, 'ALTER USER a PASSWORD ?'],
  ])('%s', (_, system, text, sanitized) => {
    // Not toBe: on failure it would print both.
    expect(sanitizeSql(text, { system }) === sanitized).toBe(true);
    expect(summarizeSql(text, { system }).length).toBeLessThanOrEqual(255);
  });
});
