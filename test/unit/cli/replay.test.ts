import { Readable } from 'node:stream';
import { runCommand } from '../../../src/cli/main.ts';
import { createTracer } from '../../../src/lib/tracing/simple/index.ts';
import { Collector } from '../../helpers/collector.ts';
import { type Ended, startCommand } from './command.ts';

let collector: Collector;
beforeEach(async () => void (collector = await new Collector().start()));
afterEach(() => collector.close());

/** The command with a log on its input. */
async function run(args: string[], log: string): Promise<Ended> {
  const { child, ended } = startCommand(['replay', ...args]);
  child.stdin.on('error', () => {}); // it may have ended before it has read
  child.stdin.end(log);
  const { code, out, errors } = await ended;
  return { code, out: out.replaceAll(collector.url, 'URL'), errors: errors.replaceAll(collector.url, 'URL') };
}

function line(): string {
  let written = '';
  createTracer({ write: (text) => (written = text) }).withSpan('work', {}, () => {});
  return written;
}

const endpoint = (): string[] => ['--endpoint', collector.url];

it('sends a log and counts', async () => {
  const [one, two] = [line(), line()];
  expect(await run([...endpoint(), '--header', 'x-key=a=b'], `${one}\r\n${two}\nGET / 200\n${one}`)).toEqual({
    code: 0,
    out: 'URL/v1/traces: 2 spans sent; 1 repeated line, 0 bad lines, 1 other line\n',
    errors: '',
  });
  expect([collector.spans.length, collector.requests[0]?.headers['x-key']]).toEqual([2, 'a=b']);
});

it('names each bad line, and ends with 1', async () => {
  expect(await run(endpoint(), `${line()}\n${line().slice(0, 90)}\n${line()}\n${line().slice(0, 80)}\n`)).toEqual({
    code: 1,
    out: 'URL/v1/traces: 2 spans sent; 0 repeated lines, 2 bad lines, 0 other lines\n',
    errors:
      'throughline: line 2: it is no whole JSON object; was it cut off?\n' +
      'throughline: line 4: it is no whole JSON object; was it cut off?\n',
  });
});

it('says what was lost, and ends with 1', async () => {
  collector.reply = (_request, response) => response.writeHead(403).end();
  expect(await run(endpoint(), line())).toEqual({
    code: 1,
    out:
      'URL/v1/traces: 0 spans sent; 0 repeated lines, 0 bad lines, 0 other lines\n' +
      'URL/v1/traces: 1 span lost; run it again when the collector answers\n',
    errors: 'throughline: URL/v1/traces did not take 1 span: Forbidden\n',
  });
});

it.each<[what: string, args: string[], error: string]>([
  ['an unknown option', ['--nothing'], "Unknown option '--nothing'; see throughline --help"],
  ['a header without a value', ['--header', 'x'], '--header takes name=value'],
  ['an address that is none', ['--endpoint', 'nowhere'], 'throughline: option endpoint: an http(s) URL'],
])('ends with 2 for %s', async (_what, args, error) => {
  const { code, out, errors } = await run(args, line());
  expect([code, out, errors.startsWith('throughline: '), errors.includes(error)]).toEqual([2, '', true, true]);
});

it('asks for a log where a person sits at the input', async () => {
  const keyboard = Object.assign(Readable.from([]), { isTTY: true });
  let errors = '';
  const code = await runCommand(['replay'], { write: () => {} }, { write: (text) => (errors += text) }, keyboard);
  expect([code, errors]).toEqual([
    2,
    'throughline: replay reads a log from its input: throughline replay < logs.jsonl\n',
  ]);
});
