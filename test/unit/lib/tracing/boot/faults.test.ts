import type { ServerResponse } from 'node:http';
import { traceAsync, traceSync, tracingHealth } from '@/lib/tracing/index.ts';
import { getRuntime } from '@/lib/tracing/runtime.ts';
import { Collector, type Reply } from '../../../../helpers/collector.ts';
import { type OtlpTracing, bootOtlp } from './surroundings.ts';

let collector: Collector;
let tracing: OtlpTracing;
beforeEach(async () => {
  collector = await new Collector().start();
});
afterEach(async () => {
  await tracing.stop();
  await collector.close();
});

const status =
  (code: number, headers: Record<string, string> = {}): Reply =>
  (_request, response) => {
    response.writeHead(code, headers);
    response.end('ignored');
  };
const works = (name: string, times: number): void => {
  for (let count = 0; count < times; count++) expect(traceSync(name, () => count)).toBe(count);
};
/** The first line of an answer, and no more, where the message differs between systems. */
const withoutReason = (said: readonly string[]): string[] =>
  said.map((message) => message.replace(/\(connect ECONNREFUSED [^)]*\)/, '(connect ECONNREFUSED)'));

describe('a collector that fails', () => {
  const gone: Reply = (request) => request.socket.destroy();
  const garbage: Reply = (request) => request.socket.end('this is no HTTP\r\n\r\n');
  const rows: readonly (readonly [what: string, reply: Reply | undefined, reason: string])[] = [
    ['is not there', undefined, 'connect ECONNREFUSED'],
    ['never answers', () => {}, 'no answer within 250 ms'],
    ['closes the connection', gone, 'socket hang up'],
    ['answers garbage', garbage, 'Parse Error: Expected HTTP/, RTSP/ or ICE/'],
    ['answers 400', status(400), 'Bad Request'],
    ['answers 401', status(401), 'Unauthorized'],
    ['answers 404', status(404), 'Not Found'],
    ['answers 500', status(500), 'Internal Server Error'],
    ['answers 429', status(429), 'Export failed with retryable status'],
    ['answers 503 and wants us to wait for too long', status(503, { 'retry-after': '600' }), 'Export failed with retryable status'], // prettier-ignore
    ['answers 502', status(502), 'Export failed with retryable status'],
  ];

  it.each(rows)(
    '%s: work goes on, losses are counted, it is said once, and once when it is over',
    async (_what, reply, reason) => {
      const { port, url } = collector;
      if (reply === undefined) await collector.close();
      else collector.reply = reply;
      tracing = bootOtlp(url, { batch: { exportTimeoutMillis: 250 } });
      const { handle, said } = tracing;

      works('lost', 3);
      await handle.forceFlush();
      works('lost too', 2);
      await handle.forceFlush();
      const { status: whileFailing } = tracingHealth();
      await handle.forceFlush(); // the span of the health check
      if (reply === undefined) collector = await new Collector().start(port);
      else collector.reply = undefined;
      works('arrives', 4);
      await handle.forceFlush();

      expect({
        said: withoutReason(said),
        whileFailing,
        arrived: collector.spans.map(({ name }) => name),
        counters: getRuntime().counters,
      }).toEqual({
        said: [
          `throughline: ${url}/v1/traces did not take 3 spans (${reason}); the application is not affected, and sending goes on. Counts: tracingHealth()`,
          `throughline: ${url}/v1/traces takes spans again`,
        ],
        whileFailing: 'degraded',
        arrived: ['arrives', 'arrives', 'arrives', 'arrives'],
        counters: {
          spansCreated: 10,
          sampled: 10,
          unsampled: 0,
          queued: 10,
          exported: 4,
          dropped: 6,
          exportFailures: 3,
          retried: 0,
        },
      });
    },
  );

  it('for a moment, and says to come back: the batch is sent again and nothing is lost', async () => {
    const answers = [status(503, { 'retry-after': '0' }), status(429, { 'retry-after': '0' })];
    collector.reply = (request, response, body) => {
      collector.reply = answers[1];
      answers[0]?.(request, response, body);
      if (collector.requests.length === 2) collector.reply = undefined;
    };
    const [first, second] = answers;
    collector.reply = (...given) => {
      collector.reply = (...again) => {
        collector.reply = undefined;
        second?.(...again);
      };
      first?.(...given);
    };
    tracing = bootOtlp(collector.url);
    works('work', 3);
    await tracing.handle.forceFlush();
    works('more', 1);
    await tracing.handle.forceFlush();
    const { exported, dropped, exportFailures, retried } = getRuntime().counters;
    expect([{ exported, dropped, exportFailures, retried }, collector.requests.length, tracing.said]).toEqual([
      { exported: 4, dropped: 0, exportFailures: 0, retried: 2 },
      4,
      [],
    ]);
  });
});

describe('a collector that is slow', () => {
  /** The answers that the collector owes. */
  function hold(): () => void {
    const owed: ServerResponse[] = [];
    collector.reply = (_request, response) => void owed.push(response);
    return () => {
      collector.reply = undefined;
      for (const response of owed) response.end('{}');
    };
  }

  it('holds nobody up: neither the start nor the work', async () => {
    hold();
    tracing = bootOtlp(collector.url, { batch: { maxExportBatchSize: 1, exportTimeoutMillis: 250 } });
    expect([tracing.handle.enabled, collector.requests.length]).toEqual([true, 0]);
    await expect(traceAsync('work', async () => 5)).resolves.toBe(5);
    await collector.until('the batch', () => collector.requests.length === 1);
    // The batch is on its way now, and nobody answers.
    await expect(traceAsync('work', async () => 6)).resolves.toBe(6);
    const { exported, dropped, queued } = getRuntime().counters;
    expect({ exported, dropped, queued }).toEqual({ exported: 0, dropped: 0, queued: 2 });
  });

  it('fills the queue and no more: what does not fit is counted and said once, and it recovers by itself', async () => {
    const answer = hold();
    tracing = bootOtlp(collector.url, {
      batch: { maxQueueSize: 10, maxExportBatchSize: 5, exportTimeoutMillis: 60_000, scheduledDelayMillis: 1 },
    });
    works('first', 5);
    await collector.until('the first batch', () => collector.requests.length === 1);
    works('more', 995);
    expect(getRuntime().counters).toMatchObject({ spansCreated: 1000, queued: 15, dropped: 985, exported: 0 });
    answer();
    await collector.until('what waited', () => collector.spans.length === 10);
    await tracing.handle.forceFlush();
    works('after', 2);
    await tracing.handle.forceFlush();
    expect([getRuntime().counters, tracing.said, collector.spans.length]).toEqual([
      {
        spansCreated: 1002,
        sampled: 1002,
        unsampled: 0,
        queued: 17,
        exported: 17,
        dropped: 985,
        exportFailures: 0,
        retried: 0,
      },
      ['throughline: the queue of 10 spans is full; further spans are dropped'],
      12, // the first batch was answered, but not taken apart
    ]);
  });

  it('and full says so once, however often the queue is filled while nothing arrives', async () => {
    hold();
    tracing = bootOtlp(collector.url, { batch: { maxQueueSize: 2, maxExportBatchSize: 2, exportTimeoutMillis: 50 } });
    for (let round = 0; round < 3; round++) {
      works('work', 9);
      await tracing.handle.forceFlush();
    }
    expect(tracing.said).toEqual([
      'throughline: the queue of 2 spans is full; further spans are dropped',
      `throughline: ${collector.url}/v1/traces did not take 2 spans (no answer within 50 ms); the application is not affected, and sending goes on. Counts: tracingHealth()`,
    ]);
    const { queued, dropped, exported, spansCreated } = getRuntime().counters;
    expect([spansCreated, exported, queued < 27, dropped]).toEqual([27, 0, true, 27]);
  });

  it.each(['forceFlush', 'shutdown'] as const)(
    'is waited for by %s, also with the batch that left before',
    async (method) => {
      const answer = hold();
      tracing = bootOtlp(collector.url, { batch: { maxExportBatchSize: 1 } });
      works('left before', 1);
      await collector.until('the batch', () => collector.requests.length === 1);
      let done = false;
      const flushed = tracing.handle[method]().then(() => (done = true));
      await new Promise(setImmediate);
      const tooEarly = done;
      answer();
      await flushed;
      expect([tooEarly, getRuntime().counters.exported]).toEqual([false, 1]);
    },
  );

  it('is given up by a flush after the timeout', async () => {
    hold();
    tracing = bootOtlp(collector.url, { batch: { exportTimeoutMillis: 50 } });
    works('work', 1);
    await tracing.handle.forceFlush();
    expect(getRuntime().counters).toMatchObject({ dropped: 1, exported: 0, exportFailures: 1 });
  });
});

it('an exporter that never calls back is counted as a failure, and said once', async () => {
  tracing = bootOtlp(collector.url, {
    exporter: { export: () => {}, shutdown: async () => {} },
    batch: { exportTimeoutMillis: 20 },
  });
  works('work', 1);
  await tracing.handle.forceFlush();
  works('work', 1);
  await tracing.handle.forceFlush();
  expect([tracing.said, getRuntime().counters]).toEqual([
    [
      'throughline: the exporter did not take 1 spans (no answer within 20 ms); the application is not affected, and sending goes on. Counts: tracingHealth()',
    ],
    { spansCreated: 2, sampled: 2, unsampled: 0, queued: 2, exported: 0, dropped: 2, exportFailures: 2, retried: 0 },
  ]);
});
