import { EventEmitter } from 'node:events';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { startTracing } from '@/lib/tracing/boot/index.ts';
import { EXIT_HOLD_MILLIS, type ExitingProcess, flushOnSignals } from '@/lib/tracing/boot/shutdown.ts';
import { resetGlobals } from '../../../../helpers/test-tracing.ts';
import { listenToDiag } from './surroundings.ts';

/** A process that notes how it ended; what happens to it afterwards has no effect, as on a real one. */
class FakeProcess extends EventEmitter {
  readonly pid = 4711;
  exitCode: number | string | null | undefined = undefined;
  end: string | undefined;

  exit = ((code?: number | string | null) => {
    this.end ??= `exit ${String(code)}`;
  }) as ExitingProcess['exit'];

  kill(pid: number, signal: NodeJS.Signals): boolean {
    this.end ??= `${pid === this.pid ? 'itself' : pid} ${signal} with ${this.listenerCount(signal)} listeners`;
    return true;
  }
}

/** A flush that settles when the test says so. */
function openFlush(): { flush: () => Promise<void>; calls: () => number; settle: () => void; fail: () => void } {
  let calls = 0;
  let resolve = (): void => {};
  let reject = (): void => {};
  const settled = new Promise<void>((done, failed) => {
    resolve = done;
    reject = () => failed(new Error('flush'));
  });
  const flush = (): Promise<void> => {
    calls += 1;
    return settled;
  };
  return { flush, calls: () => calls, settle: resolve, fail: reject };
}

/** Lets every promise that is settled by now run its callbacks. */
const turn = (): Promise<void> => jest.advanceTimersByTimeAsync(0).then(() => {});

let fake: FakeProcess;
beforeEach(() => {
  jest.useFakeTimers();
  fake = new FakeProcess();
  resetGlobals();
});
afterEach(() => jest.useRealTimers());

describe('where somebody else ends the process', () => {
  it('holds the exit until everything is sent, and keeps its code', async () => {
    const { flush, settle } = openFlush();
    flushOnSignals(fake, flush);
    fake.on('SIGTERM', () => fake.exit(143));
    fake.emit('SIGTERM');
    await turn();
    expect([fake.end, fake.exitCode]).toEqual([undefined, 143]);
    settle();
    await turn();
    expect(fake.end).toBe('exit 143');
  });

  it('holds it also when the exit comes long after the signal', async () => {
    const { flush, calls, settle } = openFlush();
    flushOnSignals(fake, flush);
    fake.on('SIGINT', () => setTimeout(() => fake.exit(0), 60_000));
    fake.emit('SIGINT');
    await jest.advanceTimersByTimeAsync(59_999);
    expect([fake.end, calls()]).toEqual([undefined, 0]);
    await jest.advanceTimersByTimeAsync(1);
    expect([fake.end, calls()]).toEqual([undefined, 1]);
    settle();
    await turn();
    expect(fake.end).toBe('exit 0');
  });

  it('holds it for 3 seconds at the most', async () => {
    flushOnSignals(fake, openFlush().flush);
    fake.on('SIGTERM', () => fake.exit(143));
    fake.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(2999);
    expect(fake.end).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect([fake.end, EXIT_HOLD_MILLIS]).toEqual(['exit 143', 3000]);
  });

  it('lets a second exit through at once, with its own code', async () => {
    flushOnSignals(fake, openFlush().flush);
    fake.on('SIGTERM', () => fake.exit(143));
    fake.emit('SIGTERM');
    fake.exit(1);
    expect(fake.end).toBe('exit 1');
    await jest.advanceTimersByTimeAsync(5000);
  });

  it('ends also when the flush fails, and says so', async () => {
    const said = listenToDiag();
    const { flush, fail } = openFlush();
    flushOnSignals(fake, flush);
    fake.on('SIGTERM', () => fake.exit(143));
    fake.emit('SIGTERM');
    fail();
    await turn();
    expect([fake.end, said]).toEqual(['exit 143', ['throughline: the last spans could not be sent']]);
  });

  it('keeps the code that was set before, when the exit has none', async () => {
    const { flush, settle } = openFlush();
    flushOnSignals(fake, flush);
    fake.exitCode = 7;
    fake.on('SIGTERM', () => fake.exit());
    fake.emit('SIGTERM');
    settle();
    await turn();
    expect([fake.end, fake.exitCode]).toEqual(['exit undefined', 7]);
  });

  it('wraps the exit once for several signals', async () => {
    const { flush, calls, settle } = openFlush();
    flushOnSignals(fake, flush);
    for (const signal of ['SIGTERM', 'SIGINT']) fake.on(signal, () => {});
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGINT']) fake.emit(signal);
    fake.exit(0);
    settle();
    await turn();
    expect([fake.end, calls()]).toEqual(['exit 0', 1]);
  });
});

describe('where nobody else ends the process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('sends everything, and then %s has its usual meaning', async (signal) => {
    const { flush, settle } = openFlush();
    flushOnSignals(fake, flush);
    fake.emit(signal);
    await turn();
    expect(fake.end).toBeUndefined();
    settle();
    await turn();
    expect(fake.end).toBe(`itself ${signal} with 0 listeners`);
  });

  it('waits for 3 seconds at the most', async () => {
    flushOnSignals(fake, openFlush().flush);
    fake.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(2999);
    expect(fake.end).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(fake.end).toBe('itself SIGTERM with 0 listeners');
  });
});

it('leaves an exit without a signal alone', () => {
  const { flush, calls } = openFlush();
  flushOnSignals(fake, flush);
  fake.exit(3);
  expect([fake.end, calls()]).toEqual(['exit 3', 0]);
});

it('takes its listeners away, and its timers', async () => {
  const { flush, settle } = openFlush();
  const stop = flushOnSignals(fake, flush);
  const counts = (): number[] => [fake.listenerCount('SIGTERM'), fake.listenerCount('SIGINT')];
  expect(counts()).toEqual([1, 1]);
  fake.on('SIGTERM', () => fake.exit(143));
  fake.emit('SIGTERM');
  settle();
  await turn();
  stop();
  expect([counts(), jest.getTimerCount()]).toEqual([[1, 0], 0]);
});

it('leaves no listener behind when the tracing is shut down, however often', async () => {
  jest.useRealTimers();
  const counts = (): number[] => [process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')];
  const before = counts();
  for (let round = 0; round < 20; round++) {
    resetGlobals();
    const handle = startTracing({ autoInstrumentations: false, exporter: new InMemorySpanExporter() });
    expect(counts()).toEqual(before.map((count) => count + 1));
    await handle.shutdown();
    await handle.shutdown();
  }
  expect(counts()).toEqual(before);
  resetGlobals();
});
