import { buildRows, formatTraceText, type Span } from '../../../src/viewer/server/index.ts';
import { EPOCH, id, MILLI, resourceOf, sampleSpan } from './sample-span.ts';

/** A span named by its id that starts `at` ms after the epoch. */
const span = (own: string, parent: string, at: number, changes: Partial<Span> = {}): Span =>
  sampleSpan({
    spanId: id(own),
    parentSpanId: parent === '' ? '' : id(parent),
    name: own,
    startTimeUnixNano: EPOCH + BigInt(at) * MILLI,
    ...changes,
  });

/** One string for each row: indentation, name, and why it stands there unless under its parent. */
const outline = (spans: readonly Span[]): string[] =>
  buildRows(spans).map((row) => {
    const note = row.place === 'child' || row.place === 'root' ? '' : ` (${row.place})`;
    return `${'  '.repeat(row.depth)}${row.span.name}${note}`;
  });

describe('the tree', () => {
  test('no spans, no rows', () => {
    expect(buildRows([])).toEqual([]);
  });

  test('children stand under their parent by start time, whatever the order of arrival', () => {
    expect(outline([span('d', 'b', 4), span('c', 'a', 9), span('b', 'a', 3), span('a', '', 0)])).toEqual([
      'a',
      '  b',
      '    d',
      '  c',
    ]);
  });

  test('a row says where it stands and when, from the start of the trace', () => {
    const a = span('a', '', 0);
    const b = span('b', 'a', 3);
    expect(buildRows([b, a])).toEqual([
      { span: a, depth: 0, place: 'root', isLast: true, childCount: 1, offsetNano: 0n, durationNano: 10n * MILLI },
      {
        span: b,
        depth: 1,
        place: 'child',
        isLast: true,
        childCount: 0,
        offsetNano: 3n * MILLI,
        durationNano: 10n * MILLI,
      },
    ]);
  });

  test('orphans stay, with what is under them', () => {
    expect(outline([span('a', '', 5), span('b', 'missing', 0), span('c', 'b', 1)])).toEqual(['b (orphan)', '  c', 'a']);
  });

  test.each([
    ['its own parent', [span('a', 'a', 0)], ['a (cycle)']],
    ['two that name each other', [span('a', 'b', 3), span('b', 'a', 2)], ['b (cycle)', '  a']],
    [
      'a cycle with a tail and a root beside it',
      [span('r', '', 9), span('a', 'c', 4), span('b', 'a', 5), span('c', 'b', 6), span('t', 'b', 1)],
      ['r', 'a (cycle)', '  b', '    t', '    c'],
    ],
    [
      'two cycles',
      [span('a', 'b', 1), span('b', 'a', 2), span('c', 'd', 3), span('d', 'c', 4)],
      ['a (cycle)', '  b', 'c (cycle)', '  d'],
    ],
  ])('a cycle keeps every span: %s', (_case, spans, expected) => {
    expect(outline(spans)).toEqual(expected);
  });

  test('a span that ends before it starts takes 0 ns', () => {
    expect(buildRows([span('a', '', 0, { endTimeUnixNano: 0n })])[0]?.durationNano).toBe(0n);
  });

  test('a chain of 50,000 and 200,000 siblings are rows like any other', () => {
    const chain = Array.from({ length: 50_000 }, (_, i) => span(String(i), i === 0 ? '' : String(i - 1), 0));
    const rows = buildRows(chain);
    expect([rows.length, rows.at(-1)?.depth]).toEqual([50_000, 49_999]);
    const wide = Array.from({ length: 200_000 }, (_, i) => span(String(i), i === 0 ? '' : '0', 0));
    expect(buildRows(wide).length).toBe(200_000);
    expect(formatTraceText(rows).split('\n').at(-1)).toBe(`${' '.repeat(69)}└─ (49999) 49999  10.00 ms`);
  });
});

describe('the tree as text', () => {
  test('names, services where they change, kinds, errors and durations', () => {
    const rows = buildRows([
      span('GET /', '', 0, { spanId: id('a'), kind: 2, endTimeUnixNano: EPOCH + 1234n * MILLI }),
      span('cart', 'a', 1, { spanId: id('b') }),
      span('SELECT carts', 'b', 2, { spanId: id('c'), kind: 3, endTimeUnixNano: EPOCH + 2n * MILLI + 4_560n }),
      span('pay', 'a', 3, { spanId: id('d'), kind: 3, status: { code: 2, message: 'no' } }),
      span('POST /charge', 'd', 4, { spanId: id('e'), kind: 2, resource: resourceOf('payments') }),
      span('lost', 'zz', 5, { spanId: id('f') }),
    ]);
    expect(formatTraceText(rows).split('\n')).toEqual([
      'GET /  web · server                    1234.00 ms',
      '├─ cart                                  10.00 ms',
      '│  └─ SELECT carts  client                0.00 ms',
      '└─ ✗ pay  client                         10.00 ms',
      '   └─ POST /charge  payments · server    10.00 ms',
      'lost  web · parent missing               10.00 ms',
    ]);
  });

  test('control characters cannot reach the terminal, and wide characters keep the columns straight', () => {
    const rows = buildRows([
      span('a', '', 0, { name: '\u001b[31mred\nline\u202e' }),
      span('b', '', 1, { name: '商品' }),
      span('c', '', 2, { name: '' }),
    ]);
    expect(formatTraceText(rows).split('\n')).toEqual([
      '�[31mred�line�  web  10.00 ms',
      '商品  web            10.00 ms',
      '(no name)  web       10.00 ms',
    ]);
  });

  test('no rows, no text', () => {
    expect(formatTraceText([])).toBe('');
  });
});
