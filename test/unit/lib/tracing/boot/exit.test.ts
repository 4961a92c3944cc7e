import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Collector } from '../../../../helpers/collector.ts';

let collector: Collector;
let child: ChildProcess | undefined;
beforeEach(async () => {
  collector = await new Collector().start();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await collector.close();
});

/** Ends a traced program by a signal: with what code or signal it ended, how many spans arrived, what it printed. */
async function end(how: string, signal: NodeJS.Signals, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const started = fork(join(__dirname, 'traced-process.ts'), [how], {
    execArgv: [],
    silent: true,
    env: { NODE_ENV: 'test', NODE_NO_WARNINGS: '1', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
  });
  child = started;
  let printed = '';
  started.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  started.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const exited = once(started, 'close');
  await Promise.race([
    once(started, 'message'),
    exited.then(() => Promise.reject(new Error(`ended before it was ready:\n${printed}`))),
  ]);
  started.kill(signal);
  const [code, endedBy] = (await exited) as [number | null, NodeJS.Signals | null];
  const names = new Set(collector.spans.map(({ name }) => name));
  return { code, endedBy, spans: collector.spans.length, names: names.size, printed };
}

const EVERY_SPAN = { spans: 1000, names: 1000, printed: '' };

describe('a process that is told to stop loses no span', () => {
  it.each<[what: string, how: string, signal: NodeJS.Signals, ends: object]>([
    ['SIGTERM, nobody listening', '', 'SIGTERM', { code: null, endedBy: 'SIGTERM' }],
    ['SIGINT, nobody listening', '', 'SIGINT', { code: null, endedBy: 'SIGINT' }],
    ['SIGTERM, ended by somebody else', 'listens', 'SIGTERM', { code: 42, endedBy: null }],
    ['SIGINT, ended by somebody else', 'listens', 'SIGINT', { code: 42, endedBy: null }],
  ])('%s', async (_what, how, signal, ends) => {
    expect(await end(how, signal)).toEqual({ ...ends, ...EVERY_SPAN });
  });

  it('as protobuf, compressed', async () => {
    const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' };
    expect(await end('listens', 'SIGTERM', env)).toEqual({ code: 42, endedBy: null, ...EVERY_SPAN });
  });

  it('but when it ends twice: who calls exit a second time does not want to wait', async () => {
    collector.reply = () => {}; // never
    expect(await end('listens twice', 'SIGTERM')).toEqual({ code: 43, endedBy: null, spans: 0, names: 0, printed: '' });
  });
});
