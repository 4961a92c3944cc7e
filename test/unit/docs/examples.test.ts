/** Every example in a doc comment runs, and gives the value that it promises. */
import { join } from 'node:path';
import { type DatabaseStore, openStore } from '@/viewer/server/index.ts';
import { ROOT } from '../repository/sources.ts';
import { type CodeBlock, docExamples } from './code-blocks.ts';
import { sourcesOf } from './files.ts';
import { runCode } from './run-block.ts';
import { viewerSurroundings } from './surroundings.ts';
import { typeErrors, typesOf, typesOfFile } from './type-check.ts';

type Exports = Readonly<Record<string, unknown>>;

const LIBRARY = sourcesOf('src/lib/tracing');
/** But the program of the store's threads, which runs when it is loaded. */
const VIEWER = sourcesOf('src/viewer/server').filter(([path]) => !path.endsWith('/store-worker.ts'));
const isPage = (path: string): boolean => /^src\/(?:lib\/tracing|viewer\/server)\/(?:[\w-]+\/)?index\.ts$/.test(path);
/** What a file exports by name; a default export is one of these. */
function load(path: string): Exports {
  const { default: main, ...named } = require(join(ROOT, path)) as Exports;
  if (main !== undefined && !Object.values(named).includes(main)) throw new Error(`${path}: a default without a name`);
  return named;
}

function examplesOf(sources: typeof LIBRARY): [where: string, example: CodeBlock][] {
  return sources.flatMap(([path, text]) =>
    docExamples(path, text).map((example): [string, CodeBlock] => [
      `${path}:${example.line} ${example.title}`,
      example,
    ]),
  );
}

/** An example may use what its file exports, and before that what any file beside it does. */
function everyExport(sources: typeof LIBRARY): Exports {
  return Object.assign({}, ...sources.map(([path]) => load(path))) as Exports;
}

const exportTypes = ([path]: readonly [path: string, ...unknown[]]): [name: string, type: string][] => [
  ...typesOfFile(path, Object.keys(load(path))),
];

describe('the examples of the library', () => {
  beforeAll(() => void jest.spyOn(console, 'log').mockImplementation(() => {}));
  afterAll(() => jest.restoreAllMocks());

  it.each(examplesOf(LIBRARY))('%s', async (_where, { file, code }) => {
    const { messages } = await runCode(code, { scope: { ...everyExport(LIBRARY), ...load(file) } });
    expect(messages).toEqual([]);
  });
});

describe('the examples of the viewer', () => {
  let store: DatabaseStore;
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(() => store.close());

  it.each(examplesOf(VIEWER))('%s', async (_where, { file, code }) => {
    const scope = { ...everyExport(VIEWER), ...viewerSurroundings(store), ...load(file) };
    expect((await runCode(code, { scope })).messages).toEqual([]);
  });
});

describe('the examples', () => {
  it('are correct TypeScript', async () => {
    const [library, viewer] = [LIBRARY.flatMap(exportTypes), VIEWER.flatMap(exportTypes)];
    const blocks = [
      ...examplesOf(LIBRARY).map(([, block]) => ({
        block,
        given: new Map([...typesOf('surroundings'), ...library, ...exportTypes([block.file])]),
      })),
      ...examplesOf(VIEWER).map(([, block]) => ({
        block,
        given: new Map([
          ...typesOf('surroundings'),
          ...viewer,
          ...typesOf('viewerSurroundings'),
          ...exportTypes([block.file]),
        ]),
      })),
    ];
    expect(await typeErrors(blocks)).toEqual([]);
  }, 60_000);
});

describe('no example', () => {
  it('is overlooked', () => {
    const counts = [...LIBRARY, ...VIEWER].map(([path, text]) => [
      path,
      docExamples(path, text).length,
      text.match(/^\s*\*\s+@example\b/gm)?.length ?? 0,
    ]);
    expect(counts.filter(([, found, written]) => found !== written)).toEqual([]);
  });

  const shown = new Set([...examplesOf(LIBRARY), ...examplesOf(VIEWER)].map(([, { title }]) => title));
  it.each([...LIBRARY, ...VIEWER].filter(([path]) => isPage(path)))('is missing from what %s offers', (path) => {
    // An error is thrown at its reader: there is no call to show.
    const calls = Object.keys(load(path)).filter((name) => !name.endsWith('Error'));
    expect(calls.filter((name) => !shown.has(name))).toEqual([]);
  });
});
