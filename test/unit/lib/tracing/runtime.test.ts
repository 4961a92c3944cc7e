import type * as runtimeModule from '@/lib/tracing/runtime.ts';
import { DEFAULT_SETTINGS, RUNTIME_KEY, createRuntime, getRuntime, setRuntime } from '@/lib/tracing/runtime.ts';

afterEach(() => setRuntime(undefined));

it('is safe where nothing was booted: nothing is captured, nothing has happened', () => {
  setRuntime(undefined);
  expect(getRuntime()).toMatchObject({
    settings: {
      enabled: true,
      attributeValueLengthLimit: 4096,
      attributeCountLimit: 128,
      capturedRequestHeaders: [],
      capturedResponseHeaders: [],
      traceIdHeader: 'x-trace-id',
      capturedQueryParameters: [],
      captureMessageContent: false,
      genAiConvention: 'v1.41',
    },
    counters: {
      spansCreated: 0,
      sampled: 0,
      unsampled: 0,
      queued: 0,
      exported: 0,
      dropped: 0,
      exportFailures: 0,
      retried: 0,
    },
    startedAtUnixMillis: undefined,
  });
});

it('is one for the process, and stays the same until it is replaced', () => {
  setRuntime(undefined);
  const first = getRuntime();
  expect([getRuntime() === first, RUNTIME_KEY === Symbol.for('throughline.runtime')]).toEqual([true, true]);
  const own = createRuntime({ ...DEFAULT_SETTINGS, captureMessageContent: true }, 5);
  setRuntime(own);
  expect([getRuntime() === own, getRuntime().startedAtUnixMillis]).toEqual([true, 5]);
});

it('is shared by every copy of the module: Next evaluates one several times', () => {
  const runtime = createRuntime();
  setRuntime(runtime);
  jest.isolateModules(() => {
    const copy = jest.requireActual<typeof runtimeModule>('@/lib/tracing/runtime.ts');
    expect(copy.getRuntime).not.toBe(getRuntime);
    expect(copy.getRuntime()).toBe(runtime);
  });
});
