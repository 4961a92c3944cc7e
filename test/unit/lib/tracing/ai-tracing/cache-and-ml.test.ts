import { traceMLOperation, traceSemanticCache, traceSync } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../../helpers/started-tree.ts';
import { tree } from '../../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

describe('traceSemanticCache', () => {
  it('tells a hit from a miss, and a store from both', async () => {
    const values: unknown[] = [{ answer: 'planted' }, '', 0, false, null, undefined];
    const got = await Promise.all(values.map((value) => traceSemanticCache('lookup', 'q', async () => value)));
    await traceSemanticCache('store', 'q', async () => {});
    expect(got).toEqual(values);
    expect(await startedTree(tracing, ['throughline.cache.hit'])).toBe(
      tree(`
        semantic_cache lookup CLIENT throughline.cache.hit=true
        semantic_cache lookup CLIENT throughline.cache.hit=true
        semantic_cache lookup CLIENT throughline.cache.hit=true
        semantic_cache lookup CLIENT throughline.cache.hit=true
        semantic_cache lookup CLIENT throughline.cache.hit=false
        semantic_cache lookup CLIENT throughline.cache.hit=false
        semantic_cache store CLIENT
      `),
    );
  });

  it('never tells the key: the same one has the same hash, FNV-1a', async () => {
    const keys = ['', 'a', 'foobar', 'planted prompt', 'planted prompt', 7 as never];
    for (const key of keys) traceSemanticCache('lookup', key, () => null);
    const hashes = (await tracing.spans()).map(({ attributes }) => attributes['throughline.cache.key_hash']);
    // The first three are test vectors of the algorithm's authors.
    expect(hashes.slice(0, 3)).toEqual(['811c9dc5', 'e40c292c', 'bf9cf968']);
    expect([hashes[3] === hashes[4], await tracing.bytes()]).toEqual([true, expect.not.stringContaining('planted')]);
  });

  it('a cache that fails is a failure, and neither hit nor miss', async () => {
    await expect(traceSemanticCache('lookup', 'q', async () => Promise.reject(new Error('down')))).rejects.toThrow(
      'down',
    );
    expect(await startedTree(tracing, ['throughline.cache.hit', 'error.type'])).toBe(
      'semantic_cache lookup CLIENT ERROR error.type="Error"',
    );
  });
});

describe('traceMLOperation', () => {
  it('is named by operation and model, with its details in snake case', async () => {
    const model = await traceMLOperation(
      'train',
      'energy_prediction',
      async () => {
        traceSync('epoch', () => {});
        return { weights: [1] };
      },
      { datasetSize: 10_000, features: 50, usesGPU: true, 'learning\nrate': 'fast' },
    );
    const attributes = (await tracing.spans()).find(({ name }) => name.startsWith('train'))?.attributes;
    expect([model, attributes, await startedTree(tracing)]).toEqual([
      { weights: [1] },
      {
        'throughline.ml.operation': 'train',
        'throughline.ml.model': 'energy_prediction',
        'throughline.ml.dataset_size': 10_000,
        'throughline.ml.features': 50,
        'throughline.ml.uses_gpu': true,
        'throughline.ml.learning rate': 'fast',
      },
      tree(`
        train energy_prediction INTERNAL
          epoch INTERNAL
      `),
    ]);
  });

  it('details cannot stand in for operation and model', async () => {
    traceMLOperation('predict', 'm', () => {}, { operation: 'other', model: 'other' });
    traceMLOperation('predict', 'm', () => {}, null as never);
    const told = (await tracing.spans()).map(({ attributes }) => attributes);
    const own = { 'throughline.ml.operation': 'predict', 'throughline.ml.model': 'm' };
    expect(told).toEqual([own, own]);
  });
});
