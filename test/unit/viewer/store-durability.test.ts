import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { DEFAULT_RETENTION } from '../../../src/viewer/server/database-store.ts';
import { openStore, toOtlpTraces } from '../../../src/viewer/server/index.ts';
import type { Evicted } from '../../../src/viewer/server/store-messages.ts';
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

/** The same numbers for the same seed (Lehmer's generator). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

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
      'was written by another version of the viewer (format 99, this one reads 3)',
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
    await expect(openStore({ file: join(file, 'sub', 'viewer.db') })).rejects.toThrow(
      `The store cannot be written in ${join(file, 'sub')} (ENOTDIR: not a directory, mkdir '${join(file, 'sub')}'): ` +
        'choose another folder with --data, or keep nothing with --memory.',
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('a folder in the place of the file is refused', async () => {
    mkdirSync(file);
    await expect(openStore({ file })).rejects.toThrow(
      `The store cannot be written in ${folder} (unable to open database file): ` +
        'choose another folder with --data, or keep nothing with --memory.',
    );
  });
});

describe('a file that another viewer has', () => {
  test('is refused in a sentence, and free when that one has ended', async () => {
    await withStore(
      [trace(1)],
      async () => {
        await expect(openStore({ file })).rejects.toThrow(
          `Another viewer has ${file} open: stop that one, or give this one a folder of its own with --data (or --memory for none).`,
        );
      },
      { file },
    );
    await withStore([], async (store) => expect((await store.state()).spans).toBe(1), { file });
  });
});

describe('a file that is damaged while it is in use', () => {
  test('is set aside at the first request that meets it; that request and those beside it are stored anew', async () => {
    await withStore([trace(1)], async () => undefined, { file });
    const size = statSync(file).size;
    await withStore(
      [],
      async (store) => {
        const handle = openSync(file, 'r+');
        // Every page but the first, which was read when the file was opened.
        writeSync(handle, Buffer.alloc(size - 4096, 0x5a), 0, size - 4096, 4096);
        closeSync(handle);
        const written = await Promise.all([2, 3, 4].map((number) => write(store, [trace(number)])));
        const [notice, ...others] = store.notices;
        expect({
          spans: written.map(({ spans }) => spans),
          kept: await Promise.all(
            [1, 2, 3, 4].map(async (number) => (await store.query('spans', traceId(number)))?.length),
          ),
          notice: notice?.replaceAll(folder, '').replaceAll(/\d{4}-[\dTZ-]+/gu, '(time)'),
          others,
        }).toEqual({
          spans: [1, 1, 1],
          kept: [0, 1, 1, 1],
          notice:
            '/viewer.db is damaged (database disk image is malformed); it was set aside as /viewer.db.(time) and a new store was begun.',
          others: [],
        });
      },
      { file },
    );
  });

  test('closed while it is being set aside, it is free, and nothing of it goes on', async () => {
    await withStore([trace(1)], async () => undefined, { file });
    const size = statSync(file).size;
    const store = await openStore({ file });
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(size - 4096, 0x5a), 0, size - 4096, 4096);
    closeSync(handle);
    const writing = write(store, [trace(2)]);
    const closing = store.close();
    const [, closed] = await Promise.allSettled([writing, closing]);
    expect(closed.status).toBe('fulfilled');
    await expect(write(store, [trace(3)])).rejects.toThrow('the store is closed');
    await withStore([trace(4)], async (next) => expect((await next.query('spans', traceId(4)))?.length).toBe(1), {
      file,
    });
  });

  test.each(['settings', 'traces', 'log_traces'])('in the table %s, which is read at the start', async (table) => {
    await withStore([trace(1)], async () => undefined, { file });
    const database = new DatabaseSync(file);
    const page = Number(database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)?.['rootpage']);
    database.close();
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(4096, 0x5a), 0, 4096, (page - 1) * 4096);
    closeSync(handle);
    await withStore(
      [trace(2)],
      async (store) => {
        expect(store.notices.map((notice) => notice.includes('is damaged (database disk image is malformed)'))).toEqual(
          [true],
        );
        expect(await store.state()).toMatchObject({ traces: 1, spans: 1 });
      },
      { file },
    );
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'bytes changed at random (seed %i): what is acknowledged is kept',
    async (seed) => {
      await withStore(
        Array.from({ length: 200 }, (_, number) => trace(number + 1)),
        async () => undefined,
        { file },
      );
      const random = createRandom(seed);
      const bytes = readFileSync(file);
      for (let change = 0; change < 400; change += 1) bytes[random(bytes.length)] = random(256);
      writeFileSync(file, bytes);
      await withStore(
        [],
        async (store) => {
          const answers = await Promise.allSettled([500, 501, 502].map((number) => write(store, [trace(number)])));
          const kept = await Promise.all(
            [500, 501, 502].map(async (number) => (await store.query('spans', traceId(number)))?.length),
          );
          expect({ answers: answers.map(({ status }) => status), kept }).toEqual({
            answers: ['fulfilled', 'fulfilled', 'fulfilled'],
            kept: [1, 1, 1],
          });
        },
        { file },
      );
    },
  );
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
    execute(
      'DROP INDEX traces_alike; DROP INDEX traces_duration; DROP INDEX spans_operation; DROP TABLE logs; DROP TABLE log_traces; PRAGMA user_version = 1',
    );
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

  test('of age: what has been quiet for longer leaves within a minute, though nothing arrives', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setTimeout', 'Date'] });
    try {
      let hours = 0;
      let evict: (evicted: Evicted) => void;
      const evicted = new Promise<Evicted>((resolve) => (evict = resolve));
      const options = {
        file,
        retention: { maxAgeHours: 24 },
        now: () => hours * 3_600_000,
        onEvicted: (it: Evicted) => evict(it),
      };
      await withStore(
        [trace(1)],
        async (store) => {
          hours = 20;
          await write(store, [trace(2)]);
          hours = 25;
          jest.advanceTimersByTime(60_000);
          expect(await evicted).toEqual({
            spans: 1,
            logs: 0,
            traceIds: [traceId(1)],
            reason: 'older than 24 hours',
          });
          expect(await store.state()).toMatchObject({ traces: 1, spans: 1 });
        },
        options,
      );
    } finally {
      jest.useRealTimers();
    }
  });

  test.each([
    ['set in the page hold at the next start', {}, { maxSpans: 7, maxBytes: 8_000_000, maxAgeHours: 9 }],
    ['of the command come before them', { maxSpans: 5 }, { maxSpans: 5, maxBytes: 8_000_000, maxAgeHours: 9 }],
  ])('%s', async (_, retention, expected) => {
    const retained = { maxSpans: 7, maxBytes: 8_000_000, maxAgeHours: 9 };
    await withStore([], async (store) => void (await store.retain(retained)), { file });
    await withStore([], async (store) => expect((await store.state()).retention).toEqual(expected), {
      file,
      retention,
    });
  });

  test('that somebody else wrote into the file do not count', async () => {
    await withStore([], async () => undefined, { file });
    execute("INSERT INTO settings VALUES ('retention', '{\"maxSpans\":-1}')");
    await withStore([], async (store) => expect((await store.state()).retention).toEqual(DEFAULT_RETENTION), { file });
  });
});
