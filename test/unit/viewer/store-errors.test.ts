import { BusyError, revivedError, storeErrorOf, UnavailableError } from '../../../src/viewer/server/store-errors.ts';
import { createReceiver } from '../../../src/viewer/server/receiver.ts';
import { createLive } from '../../../src/viewer/server/live.ts';
import { createViewerApi } from '../../../src/viewer/server/viewer-api.ts';
import { openStore } from '../../../src/viewer/server/index.ts';
import { OtlpError } from '../../../src/viewer/server/otlp.ts';

/** As node:sqlite throws; extended codes carry more in their upper bits. */
const sqliteError = (errcode: number, message: string) => Object.assign(new Error(message), { errcode });

test.each([
  [
    'a lock of another program',
    sqliteError(5, 'database is locked'),
    'BusyError: another program holds the store: send again in a second',
  ],
  [
    'the same, extended',
    sqliteError(5 | (2 << 8), 'database is locked'),
    'BusyError: another program holds the store: send again in a second',
  ],
  [
    'a full disk',
    sqliteError(13, 'database or disk is full'),
    'UnavailableError: the store cannot be written (database or disk is full): send again when there is room on its disk',
  ],
  [
    'a failing disk',
    sqliteError(10 | (3 << 8), 'disk I/O error'),
    'UnavailableError: the store cannot be written (disk I/O error): send again when there is room on its disk',
  ],
  [
    'damage',
    sqliteError(11, 'database disk image is malformed'),
    'UnusableFileError: is damaged (database disk image is malformed)',
  ],
  ['a wrong request', new OtlpError('resourceSpans: expected a list'), 'OtlpError: resourceSpans: expected a list'],
  ['no error at all', 'why', 'Error: why'],
])('%s is said in words that tell whether to come again', (_, thrown, expected) => {
  const { name, message } = storeErrorOf(thrown);
  const revived = revivedError({ name, message });
  expect(`${revived.name}: ${revived.message}`).toBe(expected);
});

type Refusal = readonly [
  failure: Error,
  answer: readonly [status: number, seconds: string, body: { code: number; message: string }],
];
const REFUSALS: readonly Refusal[] = [
  [new BusyError('later'), [429, '1', { code: 8, message: 'later' }]],
  [new UnavailableError('the disk is full'), [503, '30', { code: 14, message: 'the disk is full' }]],
];

test.each(REFUSALS)('the page’s API answers %s in the same way', async (failure, [status, seconds, { message }]) => {
  const store = await openStore();
  const failing = { ...store, retain: () => Promise.reject(failure), remove: () => Promise.reject(failure) };
  const session = { role: 'admin', version: '0', otlpUrl: '', canDelete: true } as const;
  const live = createLive(failing, '0');
  const app = createViewerApi({ store: failing, live, session });
  const body = JSON.stringify({ maxSpans: 1, maxBytes: 1, maxAgeHours: 1 });
  const answers = [
    await app.request('/api/viewer/settings', { method: 'PUT', body }),
    await app.request('/api/viewer/traces?confirm=all', { method: 'DELETE' }),
  ];
  live.close();
  await store.close();
  expect(
    await Promise.all(answers.map(async (each) => [each.status, each.headers.get('retry-after'), await each.json()])),
  ).toEqual(answers.map(() => [status, seconds, { error: message }]));
});

test.each(REFUSALS)('the receiver answers %s so that exporters send it again', async (failure, expected) => {
  const store = await openStore();
  const app = createReceiver({ store: { ...store, write: () => Promise.reject(failure) }, host: '127.0.0.1' });
  const headers = { 'content-type': 'application/json', host: 'localhost' };
  const answer = await app.request('http://localhost/v1/traces', { method: 'POST', headers, body: '{}' });
  await store.close();
  expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual(expected);
});
