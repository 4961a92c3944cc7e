import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { openStore, toOtlpTraces } from '../../../src/viewer/server/index.ts';
import { logsRequest, sampleLog } from './sample-log.ts';
import { EPOCH, id, MILLI, sampleSpan, TRACE_ID, withStore, write } from './sample-span.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'viewer-store-'));
  file = join(folder, 'viewer.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const traceId = (number: number): string => number.toString(16).padStart(32, '0');

/** A trace of one span that starts as many seconds after the epoch as its number says. */
const trace = (number: number) =>
  sampleSpan({ traceId: traceId(number), spanId: id('1'), startTimeUnixNano: EPOCH + BigInt(number) * 1000n * MILLI });

function execute(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

const VIEWER = `
  const { startViewer } = await import(${JSON.stringify(new URL('../../../src/viewer/server/index.ts', `file://${__filename}`).href)});
  const viewer = await startViewer({ otlpPort: 0, queryPort: 0, file: process.argv[2] });
  console.log(viewer.otlpUrl);
`;

describe('a viewer that is killed', () => {
  test('has every span it acknowledged when it comes back', async () => {
    const program = join(folder, 'viewer.mjs');
    writeFileSync(program, VIEWER);
    const child = spawn(process.execPath, ['--no-warnings', program, file]);
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const acknowledged: string[] = [];
    let sent = 0;
    const sender = async (): Promise<void> => {
      for (;;) {
        sent += 1;
        const number = sent;
        const spans = Array.from({ length: 40 }, (_, index) => ({
          ...trace(number),
          spanId: id((index + 1).toString(16)),
        }));
        const body = JSON.stringify(toOtlpTraces(spans));
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body });
        await response.text();
        expect(response.status).toBe(200);
        acknowledged.push(traceId(number));
        // In the middle: the other senders' requests are on their way.
        if (acknowledged.length === 60) child.kill('SIGKILL');
      }
    };
    await Promise.allSettled(Array.from({ length: 6 }, sender));
    expect(acknowledged.length).toBeGreaterThanOrEqual(60);

    await withStore(
      [],
      async (store) => {
        const kept = await Promise.all(acknowledged.map(async (each) => (await store.query('spans', each))?.length));
        expect(kept).toEqual(acknowledged.map(() => 40));
        expect(store.notices).toEqual([]);
      },
      { file },
    );
  }, 30_000);
});

describe('a file that cannot be used', () => {
  const setAside = () => readdirSync(folder).filter((name) => /^viewer\.db\.\d{4}-[\dTZ-]+$/u.test(name));

  test.each([
    ['none of ours', () => execute('CREATE TABLE notes (text)'), 'is not a store of the viewer'],
    ['no database', () => writeFileSync(file, Buffer.alloc(8192, 0xa5)), 'is damaged (file is not a database)'],
    [
      'of a newer viewer',
      () => execute('PRAGMA user_version = 99'),
      'was written by another version of the viewer (format 99, this one reads 2)',
    ],
    ['cut in the middle', () => truncateSync(file, 8192), 'is damaged (database disk image is malformed)'],
  ])('one %s is set aside whole, and said so', async (what, damage, message) => {
    if (what === 'of a newer viewer' || what === 'cut in the middle') {
      await withStore([trace(1)], async () => undefined, { file });
    }
    damage();
    const before = readFileSync(file);
    await withStore(
      [trace(2)],
      async (store) => {
        const [aside = ''] = setAside();
        expect(store.notices).toEqual([
          `${file} ${message}; it was set aside as ${join(folder, aside)} and a new store was begun.`,
        ]);
        expect(readFileSync(join(folder, aside)).equals(before)).toBe(true);
        expect(await store.state()).toMatchObject({ traces: 1, spans: 1 });
      },
      { file },
    );
  });

  test('a folder that cannot be made is refused, and what is in its place is left alone', async () => {
    writeFileSync(file, 'mine');
    await expect(openStore({ file: join(file, 'viewer.db') })).rejects.toThrow(/ENOTDIR|EEXIST/u);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

describe('a file that is opened again', () => {
  const records = logsRequest([sampleLog('one'), sampleLog('two', 1)]);

  test('has its log records, those of a trace that has not come too', async () => {
    await withStore(
      [],
      async (store) => {
        await store.writeLogs('json', Buffer.from(records));
      },
      { file },
    );
    await withStore(
      [],
      async (store) => {
        expect(await store.query('logs', { traceId: TRACE_ID, limit: 1 })).toMatchObject({
          logs: [{ body: 'one' }],
          total: 2,
        });
        expect(await store.state()).toMatchObject({ traces: 0, logs: 2, waitingLogs: 2 });
        await write(store, [sampleSpan()]);
        expect(await store.state()).toMatchObject({ traces: 1, logs: 2, waitingLogs: 0 });
      },
      { file },
    );
  });

  test('of the format before logs gets what it lacks, and keeps its traces', async () => {
    await withStore([trace(1)], async () => undefined, { file });
    execute('DROP TABLE logs; DROP TABLE log_traces; PRAGMA user_version = 1');
    await withStore(
      [],
      async (store) => {
        await store.writeLogs('json', Buffer.from(records));
        expect([store.notices, await store.state()]).toMatchObject([[], { traces: 1, spans: 1, logs: 2 }]);
      },
      { file },
    );
  });
});

describe('bounds', () => {
  test('of spans: the trace that was quiet for longest leaves', async () => {
    await withStore(
      [],
      async (store) => {
        await write(store, [trace(1)]);
        await write(store, [trace(2)]);
        expect((await write(store, [trace(3)])).evicted).toEqual({
          spans: 1,
          logs: 0,
          traceIds: [traceId(1)],
          reason: 'more than 2 spans',
        });
        expect(await store.state()).toMatchObject({ traces: 2, spans: 2 });
      },
      { file, retention: { maxSpans: 2 } },
    );
  });

  test('of bytes, set anew: what is beyond them leaves at once', async () => {
    await withStore(
      [trace(1)],
      async (store) => {
        const { bytes, retention } = await store.state();
        expect(await store.retain({ ...retention, maxBytes: bytes - 1 })).toEqual({
          spans: 1,
          logs: 0,
          traceIds: [traceId(1)],
          reason: `more than ${bytes - 1} bytes`,
        });
        expect(await store.state()).toMatchObject({ traces: 0, spans: 0, bytes: 0 });
      },
      { file },
    );
  });
});
