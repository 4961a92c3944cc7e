/** The example of docs/constrained-runtimes.md, as it is run there: what one program logs, the command sends. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Collector } from '../../helpers/collector.ts';
import { formatTree, tree } from '../../helpers/trace-tree.ts';
import { ROOT } from '../repository/sources.ts';

it('is logged, and sent from the log', async () => {
  const collector = await new Collector().start();
  const node = ['--no-warnings'];
  const { stdout } = await promisify(execFile)(process.execPath, [...node, join(ROOT, 'examples/constrained.ts')]);
  const replay = spawn(process.execPath, [...node, join(ROOT, 'src/cli/throughline.ts'), 'replay'], {
    env: { NODE_ENV: 'test', PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  replay.stdin.end(stdout);
  const [code] = (await once(replay, 'close')) as [number];
  const { spans } = collector;
  await collector.close();
  // A parent is logged after its children: the order of the lines is that of the ends.
  const ordered = spans.map((span) =>
    Object.assign(span, { startTimeNanos: span.parentSpanId === undefined ? 0n : 1n }),
  );
  expect([code, stdout.split('\n').length]).toEqual([0, 3]);
  expect(formatTree(ordered, ['gen_ai.request.model', 'gen_ai.usage.output_tokens'])).toBe(
    tree(`
      chat.continue_thread INTERNAL
        openai.chat.completions.create CLIENT gen_ai.request.model="gpt-4o-mini" gen_ai.usage.output_tokens=237
    `),
  );
  expect(stdout).not.toContain('lamp');
}, 60_000);
