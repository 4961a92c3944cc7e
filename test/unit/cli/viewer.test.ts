/** `throughline viewer`: what it says of wrong options, and how it ends. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@/viewer/server/index.ts';
import { startCommand } from './command.ts';

// Each test starts a process, or two.
jest.setTimeout(30_000);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'viewer-command-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PORT = 'takes a whole number from 0 to 65535, got';
const TOKEN =
  'must have at least 16 characters, letters, digits and . _ ~ + / = - alone; leave it out to have one made.';
const HELP = '; see throughline --help';

test.each<[args: string, sentence: string]>([
  ['--nothing', `Unknown option '--nothing'${HELP}`],
  ['--memory=yes', `Option '--memory' does not take an argument${HELP}`],
  ['--port', `Option '--port <value>' argument missing${HELP}`],
  ['--port --memory', `Option '--port' argument is ambiguous${HELP}`],
  ['4318', `Unexpected argument '4318'${HELP}`],
  ['--port abc', `--port ${PORT} "abc"`],
  ['--port=', `--port ${PORT} ""`],
  ['--port=-1', `--port ${PORT} "-1"`],
  ['--port 65536', `--port ${PORT} "65536"`],
  ['--otlp-port 1e3', `--otlp-port ${PORT} "1e3"`],
  ['--max-spans 0', '--max-spans takes a whole number from 1 to 999999999999, got "0"'],
  ['--retention spans=-1', '--retention: spans takes a whole number, as in spans=1000000, got "spans=-1"'],
  ['--host 203.0.113.7', 'Host 203.0.113.7 is not an address of this machine; use 127.0.0.1 or one that is.'],
  ['--token short', `--token ${TOKEN}`],
  ['--admin-token short', `--admin-token ${TOKEN}`],
  [
    '--token 0123456789abcdef --admin-token 0123456789abcdef',
    '--token and --admin-token must differ: they are two roles.',
  ],
  ['--forward ftp://x', '--forward expects an address such as http://localhost:4319, got ftp://x.'],
  ['--forward http://a:b@x', '--forward: the address must not hold a password; use --forward-header.'],
  ['--forward http://x --forward-header x', '--forward-header expects NAME=VALUE, got no name.'],
  ['--forward-header x=1', '--forward-header needs --forward, which says where to send it'],
])('%s is refused in one sentence', async (args, sentence) => {
  const { ended } = startCommand(['viewer', '--port=0', '--otlp-port=0', `--data=${folder}`, ...args.split(' ')]);
  expect(await ended).toEqual({ code: 2, out: '', errors: `throughline: ${sentence}\n` });
});

test('a folder that cannot be one is named', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'mine');
  expect(await startCommand(['viewer', '--port=0', '--otlp-port=0', `--data=${file}`]).ended).toEqual({
    code: 2,
    out: '',
    errors: `throughline: The store cannot be written in ${file} (EEXIST: file already exists, mkdir '${file}'): choose another folder with --data, or keep nothing with --memory.\n`,
  });
});

test.each([
  ['--port', '--otlp-port'],
  ['--otlp-port', '--port'],
])('a taken %s is named, with what to do', async (option, other) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  expect(await startCommand(['viewer', '--memory', option, String(port), other, '0']).ended).toEqual({
    code: 2,
    out: '',
    errors: `throughline: Port ${port} on 127.0.0.1 is already in use; stop the program that has it (another viewer, Jaeger, a collector?) or choose another port with ${option}.\n`,
  });
  holder.close();
});

const traceId = (number: number): string => number.toString(16).padStart(32, '0');
const spanId = (number: number): string => number.toString(16).padStart(16, '0');
const SPANS = 40;

function requestOf(number: number): string {
  const spans = Array.from({ length: SPANS }, (_, index) => ({ traceId: traceId(number), spanId: spanId(index + 1) }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

test.each(['SIGINT', 'SIGTERM'] as const)('on %s it ends in order, with every span it acknowledged', async (signal) => {
  const { child, until, ended } = startCommand(['viewer', '--port=0', '--otlp-port=0', `--data=${folder}`]);
  const [, url] = /OTLP\/HTTP to (\S+)/u.exec(await until('Ctrl-C stops.')) ?? [];
  const acknowledged: number[] = [];
  let sent = 0;
  const sender = async (): Promise<void> => {
    for (;;) {
      sent += 1;
      const number = sent;
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: requestOf(number) });
      if (response.status !== 200) throw new Error(String(response.status));
      acknowledged.push(number);
      // In the middle: the other senders' requests are on their way.
      if (acknowledged.length === 60) child.kill(signal);
    }
  };
  // Each ends when its connection does.
  const failures = await Promise.allSettled(Array.from({ length: 6 }, sender));
  const { code, errors } = await ended;
  // Whoever closes last moves the journal into the file and takes it away.
  const files = readdirSync(folder).toSorted();
  const store = await openStore({ file: join(folder, 'traces.sqlite') });
  const kept = await Promise.all(acknowledged.map(async (id) => (await store.query('spans', traceId(id)))?.length));
  await store.close();
  expect([code, errors, files, kept, kept.length >= 60, failures.map(({ status }) => status)]).toEqual([
    0,
    '',
    ['traces.sqlite', 'traces.sqlite-lock'],
    acknowledged.map(() => SPANS),
    true,
    Array.from({ length: 6 }, () => 'rejected'),
  ]);
});
