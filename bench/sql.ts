/**
 * How fast SQL is sanitised, against one pass of a regular expression over the same text, and whether the time stays
 * in proportion to the text on hostile input. Run: `node bench/sql.ts`
 */
import { sanitizeSql, summarizeSql, type SqlSystem } from '../src/lib/tracing/semconv/sql.ts';

const STATEMENTS: readonly string[] = [
  'SELECT "public"."User"."id", "public"."User"."email", "public"."User"."name", "public"."User"."createdAt" FROM "public"."User" WHERE ("public"."User"."email" = $1 AND 1=1) LIMIT $2 OFFSET $3',
  'INSERT INTO "public"."Order" ("customerId","status","total","currency","createdAt") VALUES ($1,$2,$3,$4,$5) RETURNING "public"."Order"."id", "public"."Order"."status"',
  "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'paid' AND o.total > 100.50 AND o.created_at >= '2026-01-01T00:00:00Z' ORDER BY o.created_at DESC LIMIT 50",
  "UPDATE products SET name = 'Hammock', price = 39.90, tags = '{outdoor,garden}' WHERE id = 4711 AND deleted_at IS NULL",
  `SELECT * FROM carts WHERE id IN (${Array.from({ length: 40 }, (_, index) => 1000 + index).join(', ')})`,
  `INSERT INTO events (id, kind, payload) VALUES ${Array.from({ length: 20 }, (_, index) => `(${index}, 'click', '{"page": "/products/${index}"}')`).join(', ')}`,
  `WITH recent AS (
     SELECT customer_id, max(created_at) AS latest   -- newest order of each customer
     FROM   orders
     WHERE  created_at > now() - interval '30 days'
     GROUP  BY customer_id
   )
   SELECT c.id, c.email, recent.latest
   FROM   customers c
          LEFT JOIN recent ON recent.customer_id = c.id
   WHERE  c.country = 'DE' AND c.email LIKE '%@example.com'
   ORDER  BY recent.latest DESC NULLS LAST
   LIMIT  25`,
  "DELETE FROM sessions WHERE expires_at < '2026-11-01' OR token = 'b6f0c9d0e7f84c5f9a1d2c3b4a596877'",
  'BEGIN',
  'SELECT "products"."id", "products"."name", "products"."price", count(*) OVER () AS full_count FROM "products" INNER JOIN "categories" ON "categories"."id" = "products"."category_id" WHERE "categories"."slug" = $1 AND "products"."price" BETWEEN $2 AND $3 ORDER BY "products"."price" ASC',
];
const REGEX = /'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b/g;
const ROUNDS = 60;
const REPEATS = 200;

let sink = 0;

/** Milliseconds for one round; a character is read because V8 joins strings only when somebody looks at them. */
function measure(texts: readonly string[], repeats: number, run: (text: string) => string): number {
  const begin = performance.now();
  for (let round = 0; round < repeats; round++) {
    for (const text of texts) {
      const result = run(text);
      sink += result.charCodeAt(result.length >> 1) || 0;
    }
  }
  return performance.now() - begin;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const WAYS: readonly (readonly [name: string, run: (text: string) => string])[] = [
  ['regular expression', (text) => text.replace(REGEX, '?')],
  ['sanitizeSql', (text) => sanitizeSql(text)],
  ['summarizeSql', (text) => summarizeSql(text)],
];

/** Rounds of all ways take turns, so that a busy machine is busy for each of them. */
function compare(title: string, texts: readonly string[], repeats: number): void {
  const bytes = texts.reduce((sum, text) => sum + text.length, 0) * repeats;
  const times = WAYS.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    WAYS.forEach(([, run], way) => times[way]?.push(measure(texts, repeats, run)));
  }
  console.log(`\n${title}: ${texts.length} texts, ${Math.round(bytes / repeats / texts.length)} characters on average`);
  const base = times[0] ?? [];
  WAYS.forEach(([name], way) => {
    const own = (times[way] ?? []).slice(ROUNDS / 3);
    const ratio = median(own.map((time, round) => (base[ROUNDS / 3 + round] ?? Number.NaN) / time));
    const speed = bytes / median(own) / 1000;
    console.log(`  ${name.padEnd(20)} ${speed.toFixed(0).padStart(6)} MB/s   ${ratio.toFixed(2).padStart(5)}x`);
  });
}

function showGrowth(name: string, system: SqlSystem, make: (size: number) => string): void {
  const sizes = [10_000, 100_000, 1_000_000];
  const perCharacter = sizes.map((size) => {
    const text = make(size);
    const rounds = 10_000_000 / size / 2;
    for (let warm = 0; warm < 3; warm++) measure([text], 1, (each) => sanitizeSql(each, { system }));
    return (measure([text], rounds, (each) => sanitizeSql(each, { system })) / rounds / text.length) * 1e6;
  });
  console.log(`  ${name.padEnd(24)} ${perCharacter.map((time) => time.toFixed(1).padStart(8)).join('')}`);
}

compare('Realistic statements', STATEMENTS, REPEATS);
compare('One long text', [STATEMENTS.join(';\n').repeat(100)], 4);

const fill = (unit: string) => (size: number) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
console.log('\nNanoseconds for a character        10k    100k      1M');
showGrowth('realistic', 'postgresql', fill(STATEMENTS.join(';\n')));
showGrowth("quotes '''", 'postgresql', fill("'"));
showGrowth("strings '' ''", 'postgresql', fill("'' "));
showGrowth('$a$a$a', 'postgresql', fill('$a'));
showGrowth('long dollar tags', 'postgresql', (size) => `$${'a'.repeat(size / 4)}$${'a$'.repeat(size / 4)}`);
showGrowth('/*/*/*', 'postgresql', fill('/*'));
showGrowth('digits', 'postgresql', fill('7'));
showGrowth('((((', 'postgresql', fill('('));
showGrowth('IN (1,1,1', 'postgresql', (size) => `SELECT 1 WHERE a IN (${fill('1,')(size)}1)`);
showGrowth('VALUES (1),(1)', 'postgresql', (size) => `VALUES ${fill('(1),')(size)}(1)`);
showGrowth('\\\\\\', 'mysql', (size) => `'${fill('\\')(size)}`);
showGrowth(']]]]', 'microsoft.sql_server', (size) => `[${fill(']]')(size)}`);
if (sink === 0) console.log('nothing was read');
