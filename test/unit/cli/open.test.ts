/** `throughline viewer --open`, with a browser of the test's own. */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { addressToOpen } from '@/cli/browser.ts';
import { type Command, startCommand } from './command.ts';

/** Says what it was started with, and what nobody is to see. */
const BROWSER = `#!${process.execPath}
console.log('a browser talks');
console.error('and complains');
fetch(process.env.TOLD, { method: 'POST', body: JSON.stringify(process.argv.slice(2)) });
`;

// Each test starts a process, or two.
jest.setTimeout(30_000);

let folder: string;
let told: Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'viewer-open-'));
  told = createServer().listen(0, '127.0.0.1');
  await once(told, 'listening');
});
afterEach(() => {
  told.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The command on free ports, with nothing of this machine's desktop around it. */
function start(args: readonly string[], path: string): Command {
  const env = {
    PATH: path,
    HOME: folder,
    BROWSER: 'test-browser',
    TOLD: `http://127.0.0.1:${(told.address() as AddressInfo).port}`,
  };
  return startCommand(['viewer', '--open', '--port=0', '--otlp-port=0', '--memory', ...args], env);
}

/** A folder for PATH: `open` is what macOS is asked for a browser, the other name what BROWSER names elsewhere. */
function withBrowser(): string {
  const browser = join(folder, 'test-browser');
  writeFileSync(browser, BROWSER);
  chmodSync(browser, 0o755);
  symlinkSync(browser, join(folder, 'open'));
  return `${folder}${delimiter}${process.env['PATH']}`;
}

/** What the browser was started with, as soon as it runs. */
async function whatOpens(): Promise<unknown> {
  const [request, response] = (await once(told, 'request')) as [
    NodeJS.ReadableStream & AsyncIterable<Buffer>,
    { end(): void },
  ];
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  response.end();
  return JSON.parse(Buffer.concat(parts).toString());
}

test('the page opens, and nothing of the browser is mixed in', async () => {
  const opens = whatOpens();
  const { child, until, ended } = start([], withBrowser());
  const said = await until('Ctrl-C stops.\n');
  const [, port] = /Traces: http:\/\/127\.0\.0\.1:(\d+)\n/u.exec(said) ?? [];
  expect(await opens).toEqual([`http://localhost:${port}/`]);
  expect((await fetch(`http://localhost:${port}/api/viewer/session`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toEqual({ code: 0, out: said, errors: '' });
});

test('where a token is needed, the link signs the browser in', async () => {
  const opens = whatOpens();
  const { child, until, ended } = start(['--host=0.0.0.0'], withBrowser());
  const said = await until('Who reads which trace');
  const [, port, token] = /to read: {4}http:\/\/[^:]+:(\d+)\/\?token=(\S+)/u.exec(said) ?? [];
  expect(await opens).toEqual([`http://localhost:${port}/?token=${token}`]);
  const signedIn = await fetch(`http://localhost:${port}/?token=${token}`, { redirect: 'manual' });
  expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/']);
  child.kill('SIGTERM');
  expect((await ended).errors).toBe('');
});

test('without a browser one line says so, and the viewer runs', async () => {
  const { child, until, ended } = start([], join(folder, 'nothing'));
  const said = await until('--open');
  const [, url] = /Traces: (\S+)/u.exec(said) ?? [];
  expect((await fetch(`${url}/api/viewer/session`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toEqual({
    code: 0,
    out: expect.stringMatching(
      /^Traces: \S+\nSend OTLP\/HTTP to \S+ \(OTEL_EXPORTER_OTLP_ENDPOINT\)\. Ctrl-C stops\.\n$/u,
    ),
    errors: 'throughline: --open found no browser that starts; open the address above by hand\n',
  });
});

const tokens = { viewer: 'a+b/c=0123456789', admin: 'to-change-0123456789' };
test.each([
  [{ queryUrl: 'http://127.0.0.1:16686' }, 'http://localhost:16686/'],
  [{ queryUrl: 'http://127.0.0.1:8080', tokens }, 'http://localhost:8080/?token=a%2Bb%2Fc%3D0123456789'],
  [{ queryUrl: 'http://192.0.2.7:16686' }, 'http://192.0.2.7:16686/'],
  [{ queryUrl: 'http://[::1]:16686' }, 'http://[::1]:16686/'],
])('of %j, %s is opened', (viewer, address) => {
  expect(addressToOpen(viewer)).toBe(address);
});
