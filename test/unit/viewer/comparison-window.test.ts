/** The window that a report is compared with, by the words of the address. */
import { windowBefore } from '../../../src/viewer/server/performance.ts';

const DAY = 86_400_000;
const NOW = { from: 3 * DAY, to: 3 * DAY + 60_000 };

test.each([
  ['previous', { from: 3 * DAY - 60_000, to: 3 * DAY }],
  ['yesterday', { from: 2 * DAY, to: 2 * DAY + 60_000 }],
  ['1000-2000', { from: 1000, to: 2000 }],
  ['2000-1000', undefined],
  ['tomorrow', undefined],
  [undefined, undefined],
])('against=%s', (against, expected) => {
  expect(windowBefore(against, NOW)).toEqual(expected);
});
