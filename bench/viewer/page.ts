/**
 * How fast the page shows a trace of 100,000 spans, in Chromium: from the click to the first rows, and the longest frames of a
 * scroll through all of it. The server's part is answered from memory. Run: CHROMIUM_PATH=... node bench/viewer/page.ts
 */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { freshViewerPage } from '../../scripts/build-viewer-page.ts';
import { launchChromium } from '../../test/helpers/chromium.ts';
import { fakeSkeleton, startFakeViewer, type FakeSpan } from '../../test/helpers/viewer-fake.ts';

const SPANS = 100_000;
const ROUNDS = 5;
const spans = Array.from({ length: SPANS }, (_, at): FakeSpan => ({
  name: `step ${at % 37}`,
  type: (['database', 'http', 'internal', 'ai'] as const)[at % 4] ?? 'internal',
  parent: at === 0 ? -1 : at % 10 === 1 ? 0 : at - ((at - 1) % 10),
  start: at * 40,
  length: at === 0 ? SPANS * 40 : 30,
}));
const folder = await freshViewerPage();
const viewer = await startFakeViewer(folder, [fakeSkeleton(1, spans)]);
const browser = await launchChromium();
const firstRows: number[] = [];
/** Of each round: one that another program disturbed shows as such. */
const frames: number[][] = [];
const [loadBefore] = loadavg();
for (let round = 0; round < ROUNDS; round++) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(viewer.url);
  await page.locator('a.trace-row').first().waitFor();
  firstRows.push(
    await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const start = performance.now();
          const watcher = new MutationObserver(() => {
            if (document.querySelector('.span-row') === null) return;
            watcher.disconnect();
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
          });
          watcher.observe(document, { subtree: true, childList: true });
          document.querySelector<HTMLElement>('a.trace-row')?.click();
        }),
    ),
  );
  frames.push(
    await page.evaluate(
      () =>
        new Promise<number[]>((resolve) => {
          const rows = document.querySelector('.waterfall .scroller');
          const lengths: number[] = [];
          let last = performance.now();
          const step = (): void => {
            const now = performance.now();
            lengths.push(now - last);
            last = now;
            // A wheel's pace first, then a dragged scroll bar's.
            rows?.scrollBy(0, lengths.length < 120 ? 300 : 20_000);
            if (lengths.length < 240) requestAnimationFrame(step);
            else resolve(lengths.slice(1));
          };
          requestAnimationFrame(step);
        }),
    ),
  );
  await page.close();
}
await browser.close();
await viewer.close();

const GOAL = 50;
const sorted = frames.flat().toSorted((a, b) => a - b);
const at = (share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
process.stdout.write(`first rows after the click: ${firstRows.map((millis) => millis.toFixed(0)).join(', ')} ms\n`);
process.stdout.write(`frames while scrolling: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms\n`);
process.stdout.write(
  `longest frame of each round: ${frames.map((round) => Math.max(...round).toFixed(1)).join(', ')} ms; ` +
    `${sorted.filter((millis) => millis > GOAL).length} of ${sorted.length} frames over ${GOAL} ms; ` +
    `load of the machine before ${loadBefore?.toFixed(1)}, ${availableParallelism()} cores\n`,
);
for (const file of readdirSync(join(folder, 'assets')).toSorted()) {
  process.stdout.write(
    `${file}: ${(gzipSync(readFileSync(join(folder, 'assets', file))).length / 1000).toFixed(1)} kB gzip\n`,
  );
}
