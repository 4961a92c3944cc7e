/** Addresses of the page, and the numbers it writes. */
import {
  fromJaeger,
  goDuration,
  parseSearch,
  readFilter,
  stringifySearch,
  toggled,
} from '../../../../src/viewer/ui/filter.ts';
import { bytes, dollars, duration, percent, utcTime } from '../../../../src/viewer/ui/units.ts';

describe('filter', () => {
  it('is in the address as it is asked of the server', () => {
    const address = '?type=ai&type=database&service=web&attr=user.id%3D7&minMillis=12.5';
    const filter = readFilter(parseSearch(address));
    expect(filter).toEqual({ type: ['ai', 'database'], service: ['web'], minMillis: 12.5, attr: ['user.id=7'] });
    expect(stringifySearch({ ...filter })).toBe(address);
  });

  it('ignores what is no filter', () => {
    expect(readFilter(parseSearch('?type=toaster&status=maybe&minMillis=-1&maxMillis=x&from=&q=+&other=1'))).toEqual(
      {},
    );
  });

  it('puts a value in and takes it out', () => {
    const once = toggled({ q: 'tent' }, 'status', 'error');
    expect([once, toggled(once, 'status', 'error')]).toEqual([{ q: 'tent', status: ['error'] }, { q: 'tent' }]);
  });

  it('understands the address of Jaeger’s search', () => {
    const search = {
      service: 'web',
      operation: 'GET /cart',
      tags: '{"error":"true","http.method":"GET"}',
      tag: 'user.id:7',
      minDuration: '1.5s',
      maxDuration: '250us',
      lookback: '2d',
      start: '1',
      end: '2',
    };
    expect(fromJaeger(search, 172_800_500)).toEqual({
      q: 'GET /cart',
      service: ['web'],
      status: ['error'],
      attr: ['user.id=7', 'http.method=GET'],
      minMillis: 1500,
      maxMillis: 0.25,
      from: 500,
    });
    expect(fromJaeger({ operation: 'all', start: '1700000000000000', end: '1700000001000000', tags: '{' }, 0)).toEqual({
      from: 1_700_000_000_000,
      to: 1_700_000_001_000,
    });
  });

  it.each([
    ['1m30s', 90_000],
    ['250ms', 250],
    ['5us', 0.005],
    ['5', undefined],
    ['fast', undefined],
    ['1s later', undefined],
  ])('reads the duration %s', (text, millis) => expect(goDuration(text)).toBe(millis));
});

it('every number has its unit', () => {
  expect({
    durations: [0, 4e-15, 0.00042, 0.34, 0.9999, 12.345, 999.6, 1270, 59_996, 200_000, 7_500_000, Number.NaN].map(
      duration,
    ),
    bytes: [812, 4100, 32_000_000, 2.5e9].map(bytes),
    dollars: [0, 0.00001, 0.0042, 0.5, 1234.5].map(dollars),
    percents: [0, 0.0022, 0.005, 0.0769, 0.5, 1].map(percent),
    utc: utcTime(1_700_000_000_123),
  }).toEqual({
    durations: [
      '0 ms',
      '0 ms',
      '0.42 µs',
      '340 µs',
      '1 ms',
      '12.3 ms',
      '1 s',
      '1.27 s',
      '1 min 0 s',
      '3 min 20 s',
      '2 h 5 min',
      'unknown',
    ],
    bytes: ['812 B', '4.1 kB', '32 MB', '2.5 GB'],
    dollars: ['$0', '<$0.0001', '$0.0042', '$0.500', '$1,234.5'],
    percents: ['0 %', '0.22 %', '0.5 %', '7.7 %', '50 %', '100 %'],
    utc: '2023-11-14 22:13:20.123 UTC',
  });
});
