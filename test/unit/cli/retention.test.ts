import { readRetention } from '@/cli/retention.ts';

test.each([
  [undefined, {}],
  ['spans=1000000,bytes=2GB,age=7d', { maxSpans: 1_000_000, maxBytes: 2_147_483_648, maxAgeHours: 168 }],
  ['age=12h', { maxAgeHours: 12 }],
  ['age=2w, spans=5', { maxAgeHours: 336, maxSpans: 5 }],
  ['age=1.5d', { maxAgeHours: 36 }],
  ['bytes=500mb', { maxBytes: 524_288_000 }],
  ['bytes=2000000', { maxBytes: 2_000_000 }],
])('%p keeps %p', (text, kept) => {
  expect(readRetention(text)).toEqual(kept);
});

const BYTES = '--retention: bytes takes a size of at least 1MB, as in bytes=2GB or bytes=500MB, got';
const AGE = '--retention: age takes hours, days or weeks, as in age=12h, age=7d or age=2w, got';
test.each([
  ['', '--retention: expected spans=N, bytes=N or age=N, with commas between, got ""'],
  ['1000', '--retention: expected spans=N, bytes=N or age=N, with commas between, got "1000"'],
  ['span=1', '--retention: expected spans=N, bytes=N or age=N, with commas between, got "span=1"'],
  ['spans=0', '--retention: spans takes a whole number, as in spans=1000000, got "spans=0"'],
  ['spans=1.5', '--retention: spans takes a whole number, as in spans=1000000, got "spans=1.5"'],
  ['bytes=2TB', `${BYTES} "bytes=2TB"`],
  ['bytes=5', `${BYTES} "bytes=5"`],
  ['age=7', `${AGE} "age=7"`],
  ['age=0d', `${AGE} "age=0d"`],
  ['age=-1d', `${AGE} "age=-1d"`],
])('%p is refused', (text, message) => {
  expect(() => readRetention(text)).toThrow(message);
});
