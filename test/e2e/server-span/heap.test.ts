/** What 20,000 requests leave behind: nothing that grows, whatever was left open. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { type NextApp, buildNextApp, startNextApp } from '../../helpers/next-app.ts';

const PROBE = resolve(__dirname, '../../fixtures/heap-probe.cjs');
const REQUESTS = 20_000;
/** Enough to fill what is filled once: compiled code, caches, queues. */
const WARM_UP = 3000;
const AT_ONCE = 16;
/** What a count may differ by, for each request: connections and timers come and go. A leak of one for each is 100 times that. */
const COUNT_BOUND = 0.01;
/** What the heap may have grown by, in bytes for each request. An entry of a map takes more, before what is in it. */
const BYTES_BOUND = 64;

type Counts = Readonly<Record<string, number>>;

/** Streams that the client leaves, spans that nobody ends, work after the response, and one that is in order. */
const KINDS: readonly ((app: NextApp) => Promise<unknown>)[] = [
  (app) => app.client.leave('/api/stream'),
  (app) => app.client.ask('/api/open'),
  (app) => app.client.ask('/api/echo/1'),
  (app) => app.client.ask('/api/open'),
  (app) => app.client.ask('/api/later?at=once'),
];

async function send(app: NextApp, requests: number, kinds = KINDS): Promise<void> {
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < requests) {
      const kind = kinds[sent % kinds.length];
      sent += 1;
      await kind?.(app);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function count(app: NextApp): Promise<Counts> {
  // The server is busy for a while: connections that stay idle meanwhile run into its time limit, and the next request with them.
  app.client.close();
  const [, port] = /heap probe on (\d+)\./.exec(app.output()) ?? [];
  const socket = connect(Number(port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'close');
  return JSON.parse(text) as Counts;
}

/** What has grown by more than it may. */
function grown(before: Counts, after: Counts, requests: number): string[] {
  return Object.keys(before).filter((name) => {
    const growth = (after[name] ?? 0) - (before[name] ?? 0);
    return growth > (name === 'bytes' ? BYTES_BOUND : COUNT_BOUND) * requests;
  });
}

beforeAll(() => buildNextApp(), 300_000);

describe('The heap after 20,000 requests, with streams left open and spans never ended', () => {
  it.each<readonly [what: string, boot: string]>([
    ['every trace is sampled', ''],
    ['no trace is sampled, and the failed ones are to be kept', 'keep'],
  ])(
    '%s',
    async (_what, boot) => {
      const app = await startNextApp('start', { TEST_BOOT: boot }, 'Ready', {
        flags: ['--expose-gc', '--require', PROBE],
      });
      try {
        await send(app, WARM_UP);
        const before = await count(app);
        await send(app, REQUESTS);
        const after = await count(app);
        expect(grown(before, after, REQUESTS)).toEqual([]);
        // A leak of one entry for each request, in the app itself, is seen.
        const leaks = REQUESTS / 10;
        await send(app, leaks, [(one) => one.client.ask('/api/leak')]);
        expect(grown(after, await count(app), leaks)).toEqual(expect.arrayContaining(['entries of maps', 'bytes']));
      } finally {
        await app.stop();
        await app.collector.close();
      }
    },
    180_000,
  );
});
