/** One SERVER span for each request, however Next is run, and under it what was done for it. */
import { type NextApp, MODES, buildNextApp, startNextApp } from '../../helpers/next-app.ts';
import { CASES } from './cases.ts';
import { arrived, literalOf, parentNumber, textOf } from './traces.ts';

const POINTS = [...new Set(CASES.map(({ proves }) => proves))];

beforeAll(async () => {
  await buildNextApp('turbopack');
  await buildNextApp('webpack');
}, 600_000);

describe.each(MODES)('next %s', (mode) => {
  let app: NextApp;
  let requests = 0;
  const asked = new Set<string>();
  beforeAll(async () => {
    app = await startNextApp(mode);
  }, 60_000);
  afterAll(async () => {
    await app?.stop();
    await app?.collector.close();
  }, 30_000);

  describe.each(POINTS)('%s', (point) => {
    const cases = CASES.filter(({ proves }) => proves === point);
    describe.each(['no parent', 'incoming parent'] as const)('%s', (from) => {
      it.each(cases)(
        '[$id] $what',
        async ({ id, asking, expected, inDev }) => {
          const withParent = from === 'incoming parent';
          const name = `${id}, ${from}`;
          const { traceparent } = parentNumber((requests += 1));
          const literal = literalOf((mode === 'dev' ? inDev : undefined) ?? expected, withParent);
          await asking(app.client, { 'x-case': name, ...(withParent ? { traceparent } : {}) });
          expect(await arrived(app.collector, name, literal)).toBe(literal);
          for (const block of literal.split(/\n(?=\S)/)) asked.add(block);
        },
        30_000,
      );
    });
  });

  describe('no litter', () => {
    it('[nothing-else] nothing else: no trace at boot, no second span, no complaint', async () => {
      await app.stop();
      const left = textOf(app.collector.spans)
        .split(/\n(?=\S)/)
        .filter((block) => !asked.has(block));
      const complaints = app.output().match(/throughline: .*(?:Next|failed).*|ended Span/g);
      // Each case once without a parent and once below one; the two at once twice each.
      const roots = textOf(app.collector.spans).match(/^\S/gm)?.length;
      expect([left, complaints, roots]).toEqual([[], null, 2 * (CASES.length + 1)]);
    }, 30_000);
  });
});
