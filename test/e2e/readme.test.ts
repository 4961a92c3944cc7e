/** The README's five minutes, step by step: the package is packed, installed into a bare Next app, built and started. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SpanKind } from '@opentelemetry/api';
import { Collector } from '../helpers/collector.ts';
import { freePort, printed } from '../helpers/platform.ts';
import { formatTree } from '../helpers/trace-tree.ts';

const ROOT = resolve(__dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The files that the README tells the reader to write. */
function filesOf(markdown: string): [path: string, text: string][] {
  const blocks = markdown.matchAll(/^```(?:ts|js) file=(\S+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, path = '', text = '']) => [path, text]);
}

function treeOf(markdown: string): string {
  return /^```text tree\n([\s\S]*?)\n```$/m.exec(markdown)?.[1] ?? '';
}

/** What `npm install` would do, without a registry: the packed files, beside the packages that are here already. */
function install(app: string): void {
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', app], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).replace(/^[^[]*(?=\[)/, ''),
  ) as { filename: string }[];
  const modules = join(app, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  execFileSync('tar', ['-xzf', join(app, packed[0]?.filename ?? '')], { cwd: app });
  cpSync(join(app, 'package'), join(modules, 'throughline'), { recursive: true });
}

const LAYOUT = `export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en"><body>{children}</body></html>;
}
`;

function writeApp(app: string): void {
  const files = [
    ...filesOf(README),
    ['package.json', '{ "name": "stranger", "private": true }'],
    ['src/app/layout.tsx', LAYOUT],
    ['tsconfig.json', '{ "compilerOptions": { "experimentalDecorators": true } }'],
  ] as const;
  for (const [path, text] of files) {
    // The README says it: inside src, if the app lives there.
    const place = join(app, path === 'instrumentation.ts' ? 'src/instrumentation.ts' : path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
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
  mkdirSync(join(ROOT, '.throughline'), { recursive: true });
  const app = mkdtempSync(join(ROOT, '.throughline', 'readme-'));
  const collector = await new Collector().start();
  const env = {
    ...process.env,
    NODE_ENV: 'production' as const,
    NEXT_TELEMETRY_DISABLED: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  };
  const next = join(ROOT, 'node_modules/next/dist/bin/next');
  try {
    install(app);
    writeApp(app);
    const build = spawn(process.execPath, [next, 'build'], { cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [build.stdout, build.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(build, 'exit')) as [number | null];
    expect([code, code === 0 ? '' : output]).toEqual([0, '']);

    const port = await freePort();
    const server = spawn(process.execPath, [next, 'start', '-p', String(port)], {
      cwd: app,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await printed(server, 'Ready');
    const response = await fetch(`http://localhost:${port}/api/hello/Ada`);
    const answer: unknown = await response.json();
    const traceId = response.headers.get('x-trace-id') ?? '';
    await collector.until('the trace', () => collector.ofTrace(traceId).some((span) => span.kind === SpanKind.SERVER));
    server.kill('SIGTERM');
    await once(server, 'exit');
    expect([answer, formatTree(collector.ofTrace(traceId))]).toEqual([{ text: 'Hello, Ada' }, treeOf(README)]);
    expect(collector.spans[0]?.resource['service.name']).toBe('my-shop');
  } finally {
    await collector.close();
    rmSync(app, { recursive: true, force: true });
  }
}, 180_000);
