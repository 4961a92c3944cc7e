/** The pictures of the docs: each is shown, each says what it shows, and each system has one. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../repository/sources.ts';
import { pages } from './files.ts';

const shown = pages().flatMap(([page, text]) =>
  [...text.matchAll(/!\[([^\]]*)\]\((?:docs\/)?images\/([\w-]+\.png)\)/g)].map(([, alt = '', file = '']) => ({
    page,
    file,
    alt,
  })),
);

it('there is none that no page shows, and none is shown that is not there', () => {
  const there = readdirSync(join(ROOT, 'docs/images')).toSorted();
  expect([...new Set(shown.map(({ file }) => file))].toSorted()).toEqual(there);
});

it('each is described for those who cannot see it', () => {
  expect(shown.filter(({ alt }) => alt.split(' ').length < 5)).toEqual([]);
});

it.each([
  ['README.md', 'trace.png'],
  ['docs/workers.md', 'worker.png'],
  ['docs/gateway.md', 'gateway.png'],
  ['docs/queues.md', 'pipeline.png'],
  ['docs/constrained-runtimes.md', 'constrained.png'],
])('%s shows the trace of its system', (system, picture) => {
  expect(shown.filter(({ page, file }) => page === system && file === picture)).toHaveLength(1);
});
