import { formatCount, formatDuration, formatMillis, formatTime } from '../../../src/viewer/server/units.ts';

test.each([
  [0n, '0 ms'],
  [1n, '1 ns'],
  [999n, '999 ns'],
  [1_000n, '1.00 µs'],
  [840_400n, '840 µs'],
  [999_499n, '999 µs'],
  [999_500n, '1.00 ms'],
  [9_994_000n, '9.99 ms'],
  [9_995_000n, '10.0 ms'],
  [12_340_000n, '12.3 ms'],
  [999_499_999n, '999 ms'],
  [999_500_000n, '1.00 s'],
  [59_940_000_000n, '59.9 s'],
  [59_950_000_000n, '1 min 00 s'],
  [125_000_000_000n, '2 min 05 s'],
  [3_600_000_000_000n, '1 h 00 min'],
  [2n ** 63n, '2,562,047 h 47 min'],
])('%p ns reads %s', (nano, expected) => {
  expect(formatDuration(nano)).toBe(expected);
});

test('milliseconds keep two decimals, counts their commas, moments both clocks', () => {
  expect([formatMillis(182_400_000n), formatMillis(0n), formatCount(50_000, 'span'), formatCount(1, 'span')]).toEqual([
    '182.40 ms',
    '0.00 ms',
    '50,000 spans',
    '1 span',
  ]);
  const { local, utc } = formatTime(1_767_225_600_123_456_789n);
  expect(utc).toBe('2026-01-01T00:00:00.123Z');
  // The same moment, read back in this machine's own zone.
  expect(new Date(local).toISOString()).toBe(utc);
  expect(formatTime(2n ** 64n - 1n).utc).toBe('2554-07-21T23:34:33.709Z');
});
