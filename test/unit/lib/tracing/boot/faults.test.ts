import type { ServerResponse } from 'node:http';
import { Collector, type Reply } from '../../../../helpers/collector.ts';
import { Program } from './program.ts';

let program: Program;
let collector: Collector;
beforeAll(async () => {
  program = await Program.start();
});
afterAll(() => program.stop());
beforeEach(async () => {
  collector = await new Collector().start();
});
afterEach(() => collector.close());

const status =
  (code: number, headers: Record<string, string> = {}): Reply =>
  (_request, response) => {
    response.writeHead(code, headers);
    response.end('ignored');
  };

function counted(values: Readonly<Record<string, number>>): Record<string, number> {
  const { spansCreated = 0 } = values;
  return {
    sampled: spansCreated,
    unsampled: 0,
    queued: spansCreated,
    exported: 0,
    dropped: 0,
    exportFailures: 0,
    retried: 0,
    tailKept: 0,
    tailDropped: 0,
    tailEvicted: 0,
    ...values,
  };
}

const didNotTake = (spans: number, reason: string): string =>
  `throughline: ${collector.url}/v1/traces did not take ${spans} spans (${reason}); the application is not affected, and sending goes on. Counts: tracingHealth()`;
const takesAgain = (): string => `throughline: ${collector.url}/v1/traces takes spans again`;
const FULL_AT = (limit: number): string =>
  `throughline: the queue of ${limit} spans is full; further spans are dropped`;

describe('a collector that fails', () => {
  const gone: Reply = (request) => request.socket.destroy();
  const garbage: Reply = (request) => request.socket.end('this is no HTTP\r\n\r\n');
  const RETRYABLE = 'Export failed with retryable status';
  const rows: readonly (readonly [what: string, reply: Reply | undefined, reason: string])[] = [
    ['is not there', undefined, 'connect ECONNREFUSED 127.0.0.1:PORT'],
    ['never answers', () => {}, 'no answer within 250 ms'],
    ['closes the connection', gone, 'socket hang up'],
    ['answers garbage', garbage, 'Parse Error: Expected HTTP/, RTSP/ or ICE/'],
    ['answers 400', status(400), 'Bad Request'],
    ['answers 401', status(401), 'Unauthorized'],
    ['answers 404', status(404), 'Not Found'],
    ['answers 500', status(500), 'Internal Server Error'],
    ['answers 502', status(502), RETRYABLE],
    ['answers 429', status(429), RETRYABLE],
    ['answers 503 and wants us to wait for too long', status(503, { 'retry-after': '600' }), RETRYABLE],
  ];

  it.each(rows)('%s: losses are counted, it is said once, and once when it is over', async (_what, reply, reason) => {
    const { port, url } = collector;
    if (reply === undefined) await collector.close();
    else collector.reply = reply;
    await program.call('boot', { endpoint: url, batch: { exportTimeoutMillis: 250 } });

    await program.call('work', 'lost', 3);
    await program.call('flush');
    await program.call('work', 'lost too', 2);
    await program.call('flush');
    const whileFailing = await program.call('health'); // one more span
    await program.call('flush');
    if (reply === undefined) collector = await new Collector().start(port);
    else collector.reply = undefined;
    await program.call('work', 'arrives', 4);
    const { counters, said } = await program.call('flush');

    expect({ said, whileFailing, arrived: collector.spans.map(({ name }) => name), counters }).toEqual({
      said: [didNotTake(3, reason.replace('PORT', String(port))), takesAgain()],
      whileFailing: 'degraded',
      arrived: ['arrives', 'arrives', 'arrives', 'arrives'],
      counters: counted({ spansCreated: 10, exported: 4, dropped: 6, exportFailures: 3 }),
    });
  });

  it('for a moment, and says to come back: the batch is sent again and nothing is lost', async () => {
    const answers = [status(503, { 'retry-after': '0' }), status(429, { 'retry-after': '0' })];
    collector.reply = (...given) => {
      answers.shift()?.(...given);
      if (answers.length === 0) collector.reply = undefined;
    };
    await program.call('boot', { endpoint: collector.url });
    await program.call('work', 'work', 3);
    await program.call('flush');
    await program.call('work', 'more', 1);
    const { counters, said } = await program.call('flush');
    expect([counters, said, collector.requests.length, collector.spans.length]).toEqual([
      counted({ spansCreated: 4, exported: 4, retried: 2 }),
      [],
      4,
      4,
    ]);
  });
});

describe('a collector that is slow', () => {
  /** Lets the collector owe its answers until the returned function is called. */
  function hold(): () => void {
    const owed: ServerResponse[] = [];
    collector.reply = (_request, response) => void owed.push(response);
    return () => {
      collector.reply = undefined;
      for (const response of owed) response.end('{}');
    };
  }
  const asked = (times: number): Promise<void> =>
    collector.until(`${times} requests`, () => collector.requests.length === times);

  it('holds nobody up: neither the start nor the work', async () => {
    const answer = hold();
    const batch = { maxExportBatchSize: 1, exportTimeoutMillis: 60_000 };
    await program.call('boot', { endpoint: collector.url, batch });
    expect(collector.requests.length).toBe(0);
    await program.call('work', 'work', 1);
    await asked(1);
    // The batch is on its way now, and nobody answers.
    const { counters } = await program.call('work', 'work', 100);
    expect(counters).toEqual(counted({ spansCreated: 101 }));
    answer();
    // Each is a batch of its own, and all of them leave at once.
    expect((await program.call('flush')).counters).toEqual(counted({ spansCreated: 101, exported: 101 }));
  });

  it('fills the queue and no more: what does not fit is counted and said once, and it recovers by itself', async () => {
    const answer = hold();
    const batch = { maxQueueSize: 10, maxExportBatchSize: 5, exportTimeoutMillis: 60_000, scheduledDelayMillis: 1 };
    await program.call('boot', { endpoint: collector.url, batch });
    await program.call('work', 'first', 5);
    await asked(1);
    const full = await program.call('work', 'more', 995);
    answer();
    await collector.until('what waited', () => collector.spans.length === 10);
    await program.call('flush');
    await program.call('work', 'after', 2);
    const after = await program.call('flush');
    expect([full.counters, after.counters, after.said, collector.spans.length]).toEqual([
      counted({ spansCreated: 1000, queued: 15, dropped: 985 }),
      counted({ spansCreated: 1002, queued: 17, dropped: 985, exported: 17 }),
      [FULL_AT(10)],
      12, // the first batch was answered without being read
    ]);
  });

  it('is said to be full once, however often the queue fills while nothing arrives', async () => {
    hold();
    const batch = { maxQueueSize: 2, maxExportBatchSize: 2, exportTimeoutMillis: 50 };
    await program.call('boot', { endpoint: collector.url, batch });
    for (let round = 0; round < 3; round++) {
      await program.call('work', 'work', 9);
      await program.call('flush');
    }
    const { said, counters } = await program.call('state');
    expect([said, counters.spansCreated, counters.exported, counters.dropped]).toEqual([
      [FULL_AT(2), didNotTake(2, 'no answer within 50 ms')],
      27,
      0,
      27,
    ]);
  });

  it.each(['forceFlush', 'shutdown'] as const)(
    'is waited for by %s, also with a batch that left before',
    async (method) => {
      const answer = hold();
      await program.call('boot', { endpoint: collector.url, batch: { maxExportBatchSize: 1 } });
      await program.call('work', 'left before', 1);
      await asked(1);
      await program.call('begin', method);
      const early = await program.call('isDone');
      answer();
      const { counters } = await program.call('end');
      expect([early, counters]).toEqual([false, counted({ spansCreated: 1, exported: 1 })]);
    },
  );

  it('is given up by a flush after the timeout', async () => {
    hold();
    await program.call('boot', { endpoint: collector.url, batch: { exportTimeoutMillis: 50 } });
    await program.call('work', 'work', 1);
    const { counters } = await program.call('flush');
    expect(counters).toEqual(counted({ spansCreated: 1, dropped: 1, exportFailures: 1 }));
  });

  it('gives way to the shorter of the two timeouts', async () => {
    hold();
    const own = await Program.start({ OTEL_EXPORTER_OTLP_TIMEOUT: '50', OTEL_BSP_EXPORT_TIMEOUT: '60000' });
    try {
      await own.call('boot', { endpoint: collector.url });
      await own.call('work', 'work', 1);
      const { said } = await own.call('flush');
      expect(said).toEqual([didNotTake(1, 'Request timed out')]);
    } finally {
      await own.stop();
    }
  });
});
