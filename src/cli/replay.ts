/** `throughline replay`: lines of a log become spans. */
import { createInterface } from 'node:readline';
import { type Output, readOptions } from './options.ts';

/** Where lines come from: standard input, or a stream in a test. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

function headersOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new Error('--header takes name=value');
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

/**
 * Runs the command.
 *
 * @param args what stands behind `replay`
 * @param input the log
 * @param out told the count
 * @param errors told of each line that is bad, and of what went wrong
 * @returns the exit code: 0, or 1 when a line was bad or a span was lost
 * @throws what is wrong with the arguments
 */
export async function runReplay(args: string[], input: Input, out: Output, errors: Output): Promise<number> {
  const values = readOptions(args, { endpoint: { type: 'string' }, header: { type: 'string', multiple: true } });
  if (input.isTTY === true) throw new Error('replay reads a log from its input: throughline replay < logs.jsonl');
  const headers = values.header === undefined ? {} : { headers: headersOf(values.header) };
  // Only here: the viewer needs none of the SDK.
  const { replayTraceLines } = await import('../lib/tracing/boot/index.ts');
  const { target, sent, repeated, other, bad, lost } = await replayTraceLines(
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }),
    {
      ...(values.endpoint === undefined ? {} : { endpoint: values.endpoint }),
      ...headers,
      onProblem: (problem) => errors.write(`throughline: ${problem}\n`),
    },
  );
  const left = [
    count(repeated, 'repeated line', 'repeated lines'),
    count(bad, 'bad line', 'bad lines'),
    count(other, 'other line', 'other lines'),
  ];
  out.write(`${target}: ${count(sent, 'span', 'spans')} sent; ${left.join(', ')}\n`);
  if (lost > 0) out.write(`${target}: ${count(lost, 'span', 'spans')} lost; run it again when the collector answers\n`);
  return bad > 0 || lost > 0 ? 1 : 0;
}
