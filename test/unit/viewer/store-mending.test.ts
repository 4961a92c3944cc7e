/** A store whose threads die and whose file is damaged under it: what it is asked is answered all the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { DEFAULT_RETENTION } from '../../../src/viewer/server/database-store.ts';
import type { StoreFile } from '../../../src/viewer/server/store-file.ts';
import { openThreads } from '../../../src/viewer/server/store-threads.ts';
import { id, sampleSpan, withStore, write } from './sample-span.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'viewer-mending-'));
  file = join(folder, 'viewer.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const trace = (number: number) => sampleSpan({ traceId: number.toString(16).padStart(32, '0'), spanId: id('1') });

/** Every page but the first, which was read when the file was opened. */
function damage(): void {
  const size = statSync(file).size;
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(size - 4096, 0x5a), 0, size - 4096, 4096);
  closeSync(handle);
}

/** In a process of its own: threads announce themselves to the process alone. */
const PROGRAM = `
  const { openStore } = await import(${JSON.stringify(new URL('../../../src/viewer/server/index.ts', `file://${__filename}`).href)});
  const threads = [];
  process.on('worker', (worker) => threads.push(worker));
  const store = await openStore({ file: process.argv[2] });
  const body = (number) => Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [
    { traceId: String(number).padStart(32, '0'), spanId: '00000000000000aa' }] }] }] }));
  const list = async () => (await store.query('traces', { filter: {}, limit: 10 })).total;
  const seen = [];
  for (let number = 1; number <= 3; number += 1) {
    await store.write('json', body(number));
    seen.push(await list());
    await Promise.all(threads.splice(0).map((thread) => thread.terminate()));
  }
  await store.write('json', body(4));
  console.log(JSON.stringify([...seen, await list()]));
  await store.close();
`;

test('threads that died are started again, and the process ends', async () => {
  const program = join(folder, 'store.mjs');
  writeFileSync(program, PROGRAM);
  const child = spawn(process.execPath, ['--no-warnings', program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect([output, code]).toEqual(['[1,2,3,4]\n', 0]);
}, 30_000);

test.each([
  ['set in the page go into the new file', { maxSpans: 7, maxBytes: 8_000_000, maxAgeHours: 9 }],
  ['of the command do not', undefined],
])('bounds that were %s', async (_, retained) => {
  await withStore([trace(1)], async () => undefined, { file });
  await withStore(
    [],
    async (store) => {
      if (retained !== undefined) await store.retain(retained);
      // Moves what was retained out of the journal.
      await store.close();
    },
    { file },
  );
  await withStore(
    [],
    async (store) => {
      damage();
      await write(store, [trace(2)]);
      expect(store.notices.length).toBe(1);
    },
    { file, ...(retained === undefined && { retention: { maxSpans: 5 } }) },
  );
  await withStore(
    [],
    async (store) => expect((await store.state()).retention.maxSpans).toBe(retained?.maxSpans ?? 1_000_000),
    { file },
  );
});

test('a disk that damages file after file is not filled with them', async () => {
  await withStore([trace(1)], async () => undefined, { file });
  const database = new DatabaseSync(file);
  const page = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'spans'").get()?.['rootpage'];
  database.close();
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(4096, 0x5a), 0, 4096, (Number(page) - 1) * 4096);
  closeSync(handle);
  // Each new file is as damaged as the one before it.
  const taken: StoreFile = { notices: [], retention: {}, replace: () => 'replaced', release: () => undefined };
  const threads = await openThreads(file, taken, { current: DEFAULT_RETENTION, inFile: {} });
  const answers: string[] = [];
  for (let attempt = 0; attempt < 7; attempt += 1) {
    const asked = threads.ask('reader', () => ({ do: 'query', name: 'spans', args: trace(1).traceId }));
    answers.push(await asked.then(String, (error: Error) => `${error.name}: ${error.message.replace(folder, '')}`));
  }
  await threads.close();
  const damaged = 'UnusableFileError: is damaged (database disk image is malformed)';
  const full = 'UnavailableError: /viewer.db and 5 files before it were damaged: look at the disk, then start again';
  expect([answers, threads.notices.length]).toEqual([[...Array<string>(5).fill(damaged), full, full], 5]);
}, 30_000);
