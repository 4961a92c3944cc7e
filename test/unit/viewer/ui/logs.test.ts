import {
  countLevels,
  type Level,
  narrowLogs,
  offset,
  readLevels,
} from '../../../../src/viewer/ui/pages/trace/log-list.ts';
import type { LogRow } from '../../../../src/viewer/wire.ts';

let last = 0;
const log = (body: LogRow['body'], severity: LogRow['severity'], more: Partial<LogRow> = {}): LogRow => {
  last += 1;
  return { id: String(last), body, severity, service: 'web', attributes: [], ...more };
};

const logs = [
  log('Cart is full', 'WARN', { attributes: [{ key: 'cart.id', type: 'string', value: 'C-7' }] }),
  log({ order: 12, items: ['tent'] }, 'ERROR', { severityText: 'severe', eventName: 'order.failed' }),
  log('done', '', { service: 'worker', spanId: '00000000000000ab' }),
  log('done', 'INFO'),
  log(null, 'INFO'),
];

describe('the view of logs', () => {
  it('counts what is there, the worst first', () => {
    expect(countLevels(logs)).toEqual([
      ['ERROR', 1],
      ['WARN', 1],
      ['INFO', 2],
      ['NONE', 1],
    ]);
  });

  it.each<[wanted: readonly Level[], find: string, positions: readonly number[]]>([
    [[], '', [0, 1, 2, 3, 4]],
    [['ERROR', 'NONE'], '', [1, 2]],
    [[], ' CART  full ', [0]],
    [[], 'cart.id=c-7', [0]],
    [[], '"items":["tent"]', [1]],
    [[], 'severe', [1]],
    [[], 'order.failed', [1]],
    [[], 'worker done', [2]],
    [[], '00ab', [2]],
    [['INFO'], 'done', [3]],
    [['FATAL'], '', []],
    [[], 'null', []],
  ])('narrowed to %j and "%s" shows %j', (wanted, find, positions) => {
    expect(narrowLogs(logs, wanted, find).map((each) => logs.indexOf(each))).toEqual(positions);
  });

  it.each([
    [undefined, undefined],
    ['ERROR', ['ERROR']],
    [
      ['INFO', 'FATAL', 'x'],
      ['FATAL', 'INFO'],
    ],
    ['x', undefined],
  ])('reads %j in an address as %j', (value, expected) => {
    expect(readLevels(value)).toEqual(expected);
  });

  it.each([
    [undefined, 'no time'],
    [1_000, '+0 ms'],
    [1_012.5, '+12.5 ms'],
    [997, '-3 ms'],
    [1_000.000_01, '+0 ms'],
  ])('a record at %s stands at %s', (timeMillis, expected) => {
    expect(offset(log('', '', timeMillis === undefined ? {} : { timeMillis }), 1_000)).toBe(expected);
  });
});
