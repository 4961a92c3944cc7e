import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { FineClock } from '@/lib/tracing/boot/fine-clock.ts';

const EPOCH_MILLIS = 1_700_000_000_000;

function spanAt(millis: number, given = false): ReadableSpan {
  const startTime = [Math.floor(millis / 1000), (millis % 1000) * 1_000_000];
  return { startTime, _startTimeProvided: given } as unknown as ReadableSpan;
}

describe('the fine clock', () => {
  let now = 0;
  beforeEach(() => {
    now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['adds what the wall clock leaves out', 7.25, spanAt(EPOCH_MILLIS + 7), [1_700_000_000, 7_250_000]],
    ['leaves a time that the caller gave', 7.25, spanAt(EPOCH_MILLIS + 7, true), [1_700_000_000, 7_000_000]],
    ['stays in the millisecond of the wall clock', 99, spanAt(EPOCH_MILLIS + 7), [1_700_000_000, 7_000_000]],
  ])('%s', (_what, monotonic, span, expected) => {
    now = monotonic;
    new FineClock(EPOCH_MILLIS).refine(span);
    expect(span.startTime).toEqual(expected);
  });

  it('keeps the order of spans after the clocks have drifted apart', () => {
    const clock = new FineClock(EPOCH_MILLIS);
    const starts = [100, 100.25, 100.5].map((monotonic) => {
      now = monotonic;
      const span = spanAt(EPOCH_MILLIS + 5000);
      clock.refine(span);
      return span.startTime[1];
    });
    expect(starts).toEqual([0, 250_000, 500_000]);
  });
});
