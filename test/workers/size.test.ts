/** What the entry for Workers costs in a Worker's bundle, of which every byte is parsed at each cold start. */
import { bundleWorker } from '../helpers/workerd.ts';

const KB = 1024;

it('is at most 45 KB with everything in it, minified', async () => {
  const code = await bundleWorker('src/lib/tracing/workers-tracing/workerd.ts', { minify: true });
  // The bundle is whole: nothing but the runtime's own modules is left to import.
  expect([...code.matchAll(/\bfrom"([^"]+)"/g)].map(([, name]) => name)).toEqual([
    'cloudflare:workers',
    'node:async_hooks',
  ]);
  expect(Buffer.byteLength(code)).toBeLessThanOrEqual(45 * KB);
  // A test that looks into an empty bundle would pass too.
  expect(Buffer.byteLength(code)).toBeGreaterThan(30 * KB);
});
