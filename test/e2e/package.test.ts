/** The package as it is packed: what tools say about it, and that both of its module forms are one library. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installLibrary, packLibrary, temporaryFolder } from '../helpers/stranger-app.ts';

const ROOT = resolve(__dirname, '../..');
const ENTRIES = [
  '.',
  './boot',
  './next',
  './http-tracing',
  './database-tracing',
  './ai-tracing',
  './service-tracing',
  './workers-tracing',
  './simple',
  './messaging-tracing',
  './propagation',
  './decorator',
];

/** Boots through one form, traces through both, and says what came of it. */
const BOTH_FORMS = `
import { createRequire } from 'node:module';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
const require = createRequire(import.meta.url);
const pages = {};
for (const entry of ${JSON.stringify(ENTRIES)}) {
  const name = entry.replace('.', 'throughline');
  const [esm, cjs] = [await import(name), require(name)];
  const names = (page) => Object.keys(page).filter((key) => !['default', '__esModule', 'module.exports'].includes(key));
  pages[entry] = {
    sameNames: String(names(esm).sort()) === String(names(cjs).sort()),
    twoModules: names(esm).some((key) => esm[key] !== cjs[key]),
  };
}
const [esm, cjs] = [await import('throughline'), require('throughline')];
const [esmBoot, cjsBoot] = [await import('throughline/boot'), require('throughline/boot')];
const exporter = new InMemorySpanExporter();
const handle = esmBoot.startTracing({ exporter, autoInstrumentations: false, handleSignals: false });
const error = new Error('told once');
await esm.traceAsync('esm', () =>
  cjs.baggage.run(async () => {
    esm.baggage.set('tenant', 'acme');
    const seen = cjs.baggage.get('tenant');
    await cjs.traceAsync('cjs', async () => { throw error; }, { seen }).catch(() => {});
    throw error;
  }),
).catch(() => {});
await handle.forceFlush();
const spans = exporter.getFinishedSpans().map((span) => ({
  name: span.name,
  parent: exporter.getFinishedSpans().find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId)?.name,
  events: span.events.length,
  seen: span.attributes.seen,
}));
process.stdout.write(JSON.stringify({
  pages,
  oneBoot: cjsBoot.startTracing() === handle,
  health: [esm.tracingHealth().counters.spansCreated, cjs.tracingHealth().counters.spansCreated],
  spans,
}));
process.exit(0);
`;

describe('the package', () => {
  let folder = '';
  beforeAll(() => void (folder = temporaryFolder('package')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is right for publint, and its types for are-the-types-wrong', () => {
    const checked = spawnSync(process.execPath, [join(ROOT, 'scripts/check-package.ts'), packLibrary(folder)], {
      encoding: 'utf8',
    });
    expect([checked.stdout, checked.status]).toEqual([`${ENTRIES.join(' ')}\n`, 0]);
  }, 60_000);

  it('is one library in two forms', () => {
    installLibrary(folder);
    writeFileSync(join(folder, 'both.mjs'), BOTH_FORMS);
    const { stdout, stderr } = spawnSync(process.execPath, ['both.mjs'], { cwd: folder, encoding: 'utf8' });
    const entry = { sameNames: true, twoModules: true };
    expect([JSON.parse(stdout || 'null'), stderr]).toEqual([
      {
        pages: Object.fromEntries(ENTRIES.map((name) => [name, entry])),
        oneBoot: true,
        // Asking opens a span too: the second one to ask counts the first one's.
        health: [3, 4],
        spans: [
          // The error is written once, on the span it came from.
          { name: 'cjs', parent: 'esm', events: 1, seen: 'acme' },
          { name: 'esm', events: 0 },
        ],
      },
      '',
    ]);
  }, 60_000);
});
