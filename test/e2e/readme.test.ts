/** The README's five minutes, step by step: the package is packed, installed into a bare Next app, built and started. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { Collector } from '../helpers/collector.ts';
import { createApp } from '../helpers/stranger-app.ts';
import { formatTree } from '../helpers/trace-tree.ts';

const README = readFileSync(join(resolve(__dirname, '../..'), 'README.md'), 'utf8');

/** The files that the README tells the reader to write. */
function filesOf(markdown: string): [path: string, text: string][] {
  const blocks = markdown.matchAll(/^```(?:ts|js) file=(\S+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, path = '', text = '']) => [path, text]);
}

function treeOf(markdown: string): string {
  return /^```text tree\n([\s\S]*?)\n```$/m.exec(markdown)?.[1] ?? '';
}

it('names every file it needs', () => {
  expect(filesOf(README).map(([path]) => path)).toEqual([
    'instrumentation.ts',
    'next.config.js',
    'src/greeter.ts',
    'src/app/api/hello/[name]/route.ts',
  ]);
});

it('adds tracing to a stranger’s app', async () => {
  const collector = await new Collector().start();
  // The README says it: inside src, if the app lives there.
  const place = (path: string): string => (path === 'instrumentation.ts' ? 'src/instrumentation.ts' : path);
  const app = createApp('readme', Object.fromEntries(filesOf(README).map(([path, text]) => [place(path), text])));
  try {
    await app.build();
    const running = await app.start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const response = await fetch(`${running.url}/api/hello/Ada`);
    const answer: unknown = await response.json();
    const traceId = response.headers.get('x-trace-id') ?? '';
    await collector.until('the trace', () => collector.ofTrace(traceId).some((span) => span.kind === SpanKind.SERVER));
    await running.stop();
    expect([answer, formatTree(collector.ofTrace(traceId))]).toEqual([{ text: 'Hello, Ada' }, treeOf(README)]);
    expect(collector.spans[0]?.resource['service.name']).toBe('my-shop');
  } finally {
    await collector.close();
    app.remove();
  }
}, 180_000);
