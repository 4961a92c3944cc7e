/** What the page reckons from a trace's columns. */
import { indented } from '../../../../src/viewer/ui/pages/trace/indented.ts';
import { align, differenceOf } from '../../../../src/viewer/ui/pages/compare/align.ts';
import { markdown } from '../../../../src/viewer/ui/pages/trace/copy.ts';
import { criticalPath, drawable, gaps, ownTime } from '../../../../src/viewer/ui/pages/trace/time.ts';
import {
  buildTree,
  find,
  nameOf,
  reveal,
  visibleRows,
  type Folds,
  type Tree,
} from '../../../../src/viewer/ui/pages/trace/tree.ts';
import { fakeSkeleton, type FakeSpan } from '../../../helpers/viewer-fake.ts';

const span = (name: string, parent: number, start: number, length: number, more: Partial<FakeSpan> = {}): FakeSpan => ({
  name,
  type: 'internal',
  parent,
  start,
  length,
  ...more,
});
const spans: readonly FakeSpan[] = [
  span('GET /', -1, 0, 100_000),
  span('load', 0, 10_000, 60_000),
  span('SELECT', 1, 10_000, 5_000, { type: 'database' }),
  span('SELECT', 1, 20_000, 5_000, { type: 'database', error: true }),
  span('SELECT', 1, 30_000, 5_000, { type: 'database' }),
  span('render', 0, 40_000, 20_000),
];
const tree = buildTree(fakeSkeleton(1, spans));
const open: Folds = { closed: new Set(), openRuns: new Set() };
const shown = (of: Tree, folds: Folds): string[] =>
  visibleRows(of, folds).map(
    ({ at, run, inRun }) => `${inRun ? '> ' : ''}${run > 0 ? `${run} x ` : ''}${nameOf(of, at)}`,
  );

describe('rows', () => {
  it('folds equal calls one after the other into one row', () => {
    expect(shown(tree, open)).toEqual(['GET /', 'load', '3 x SELECT', 'render']);
  });

  it('shows the calls of an unfolded run under its head', () => {
    expect(shown(tree, { ...open, openRuns: new Set([2]) })).toEqual([
      'GET /',
      'load',
      '3 x SELECT',
      '> SELECT',
      '> SELECT',
      '> SELECT',
      'render',
    ]);
  });

  it('hides what is under a closed row', () => {
    expect(shown(tree, { ...open, closed: new Set([1]) })).toEqual(['GET /', 'load', 'render']);
  });

  it('opens whatever hides a span', () => {
    expect(reveal(tree, 3, { closed: new Set([0, 1]), openRuns: new Set() })).toEqual({
      closed: new Set(),
      openRuns: new Set([2]),
    });
  });

  it('marks every caller of a failed span', () => {
    expect([...tree.failed]).toEqual([1, 1, 0, 1, 0, 0]);
  });

  it('never folds two, nor calls that differ', () => {
    const pairs = [span('a', -1, 0, 9), span('b', 0, 0, 1), span('b', 0, 1, 1), span('c', 0, 2, 1), span('b', 0, 3, 1)];
    expect(shown(buildTree(fakeSkeleton(1, pairs)), open)).toEqual(['a', 'b', 'b', 'c', 'b']);
  });

  it('finds by name, service, type and id, without regard to case', () => {
    expect([
      find(tree, 'select'),
      find(tree, 'STOREFRONT').length,
      find(tree, '0000000000000002'),
      find(tree, 'DB'),
      find(tree, ' '),
    ]).toEqual([[2, 3, 4], 6, [1], [2, 3, 4], []]);
  });
});

describe('JSON in a text', () => {
  it.each([
    [
      '[{"role":"user","parts":[],"n":12345678901234567890}]',
      '[\n  {\n    "role": "user",\n    "parts": [],\n    "n": 12345678901234567890\n  }\n]',
    ],
    [' { "a" : "b, \\"c\\": {" } ', '{\n  "a": "b, \\"c\\": {"\n}'],
    ['{}', '{}'],
    ['{"a":', undefined],
    ['"a"', undefined],
    ['SELECT 1', undefined],
  ])('%s', (text, expected) => {
    expect(indented(text)).toBe(expected);
  });
});

describe('time', () => {
  it('follows what everything waited for', () => {
    expect([...criticalPath(tree)]).toEqual([
      [
        0,
        [
          { from: 70_000, to: 100_000 },
          { from: 0, to: 10_000 },
        ],
      ],
      [
        1,
        [
          { from: 35_000, to: 70_000 },
          { from: 25_000, to: 30_000 },
          { from: 15_000, to: 20_000 },
        ],
      ],
      [2, [{ from: 10_000, to: 15_000 }]],
      [3, [{ from: 20_000, to: 25_000 }]],
      [4, [{ from: 30_000, to: 35_000 }]],
    ]);
  });

  it('calls one right after the other are all waited for, though their times do not add up to the last digit', () => {
    const calls = [
      span('GET /', -1, 0, 50_000),
      span('first', 0, 35_898.44, 7263.192),
      span('second', 0, 43_161.632, 6838.368),
    ];
    expect([...criticalPath(buildTree(fakeSkeleton(1, calls)))]).toEqual([
      [0, [{ from: 0, to: 35_898.44 }]],
      [1, [{ from: 35_898.44, to: 43_161.632 }]],
      [2, [{ from: 43_161.632, to: 50_000 }]],
    ]);
  });

  it('a chain of 100,000 spans is walked without a deep stack', () => {
    const chain = Array.from({ length: 100_000 }, (_, at) => span('deep', at - 1, at, 200_000 - 2 * at));
    expect(criticalPath(buildTree(fakeSkeleton(1, chain))).size).toBe(100_000);
  });

  it('knows the time that no child took', () => {
    expect(ownTime(tree, 0)).toEqual([
      { from: 0, to: 10_000 },
      { from: 70_000, to: 100_000 },
    ]);
  });

  it('names what stands around a gap, the longest first', () => {
    expect(gaps(tree, 0)).toEqual([
      { from: 70_000, to: 100_000, after: 5, before: -1 },
      { from: 0, to: 10_000, after: -1, before: 1 },
    ]);
  });

  it('draws what is closer than a pixel as one', () => {
    const shownAll = { from: 0, to: 100_000 };
    expect(
      drawable(
        [
          { from: 50, to: 60 },
          { from: 10, to: 20 },
          { from: 900, to: 1000 },
        ],
        shownAll,
      ),
    ).toEqual([
      { from: 10, to: 60 },
      { from: 900, to: 1000 },
    ]);
  });
});

it('writes a trace as Markdown that its names cannot break out of', () => {
  const text = markdown(
    buildTree(
      fakeSkeleton(1, [span('a\n```\n# b', -1, 0, 1500), ...spans.slice(2, 5).map((each) => ({ ...each, parent: 0 }))]),
    ),
    0,
    'http://x/trace/1',
  );
  expect(text).toBe(
    [
      "## a ''' # b",
      '',
      'Trace `00000000000000000000000000000001` · 4 spans, 1 error, 35 ms · 2026-11-21T12:00:01.000Z',
      'http://x/trace/1',
      '',
      '```text',
      "a ''' # b  [internal] · storefront · 1.5 ms · own 1.5 ms",
      '  3 × SELECT  [database] · storefront · 5 ms',
      '```',
      '',
    ].join('\n'),
  );
});

it('puts two traces side by side by the names on the way', () => {
  const other = buildTree(
    fakeSkeleton(2, [
      span('GET /', -1, 0, 130_000),
      span('load', 0, 0, 50_000),
      span('SELECT', 1, 0, 40_000, { type: 'database' }),
      span('flush', 0, 60_000, 10_000),
    ]),
  );
  expect(
    align(tree, other).map((pair) => [pair.name, pair.a?.calls ?? 0, pair.b?.calls ?? 0, differenceOf(pair)]),
  ).toEqual([
    ['GET /', 1, 1, 30],
    ['load', 1, 1, -10],
    ['SELECT', 3, 1, 25],
    ['render', 1, 0, -20],
    ['flush', 0, 1, 10],
  ]);
});
