/** The pages: their code runs and compiles, their trees are what comes of it, their links lead somewhere. */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseEnv } from 'node:util';
import { VARIABLES } from '@/lib/tracing/environment.ts';
import { resolveConfig } from '@/lib/tracing/config.ts';
import * as library from '@/lib/tracing/index.ts';
import * as testTracing from '../../helpers/test-tracing.ts';
import * as traceTree from '../../helpers/trace-tree.ts';
import { ROOT } from '../repository/sources.ts';
import { type CodeBlock, fencedBlocks } from './code-blocks.ts';
import { pages, textOf } from './files.ts';
import { headingsOf, linksOf } from './links.ts';
import { runCode, treeOf } from './run-block.ts';
import { typeErrors, typesOf, typesOfFile } from './type-check.ts';

const PAGES = new Map(pages());
const BLOCKS = [...PAGES].flatMap(([path, text]) => fencedBlocks(path, text));
const language = ({ title }: CodeBlock): string => title.split(' ', 1)[0] ?? '';
/** With `file=` a block is a file of an application, which an end-to-end test builds and runs. */
const isFile = ({ title }: CodeBlock): boolean => /\bfile=/.test(title);

/** Code, and the tree that the page shows below it. */
interface Shown {
  readonly code: CodeBlock;
  readonly tree: CodeBlock | undefined;
}

function codeWithTrees(): Shown[] {
  const found: Shown[] = [];
  for (const [index, code] of BLOCKS.entries()) {
    if (language(code) !== 'ts' || isFile(code)) continue;
    const next = BLOCKS[index + 1];
    found.push({ code, tree: next?.file === code.file && next.title === 'text tree' ? next : undefined });
  }
  return found;
}

const CODE = codeWithTrees();
/** CONTRIBUTING.md shows a test: what stands above it in a test's file. */
const OF_TESTS = { ...library, ...testTracing, ...traceTree, expect };
const where = ({ file, line }: CodeBlock): string => `${file}:${line}`;

describe('the code of the pages', () => {
  beforeAll(() => {
    for (const method of ['dir', 'log'] as const) jest.spyOn(console, method).mockImplementation(() => {});
  });
  afterAll(() => jest.restoreAllMocks());

  it.each(CODE.map((shown) => [where(shown.code), shown] as const))('runs: %s', async (_where, { code, tree }) => {
    const { spans, messages } = await runCode(code.code, { scope: code.file === 'CONTRIBUTING.md' ? OF_TESTS : {} });
    const attributes = [...(tree?.code ?? '').matchAll(/ ([a-z][\w.-]+)=/g)].map(([, name = '']) => name);
    const found = treeOf(spans, [...new Set(attributes)]);
    expect(tree === undefined ? '' : found).toBe(tree?.code ?? '');
    expect(messages).toEqual([]);
  });

  it('compiles', async () => {
    const given = typesOf('surroundings');
    const ofTests = new Map([
      ...given,
      ...typesOfFile('src/lib/tracing/index.ts', Object.keys(library)),
      ...typesOfFile('test/helpers/test-tracing.ts', Object.keys(testTracing)),
      ...typesOfFile('test/helpers/trace-tree.ts', Object.keys(traceTree)),
    ]);
    const blocks = CODE.map(({ code }) => ({ block: code, given: code.file === 'CONTRIBUTING.md' ? ofTests : given }));
    expect(await typeErrors(blocks)).toEqual([]);
  }, 60_000);

  it('stands above each tree', () => {
    const trees = BLOCKS.filter(({ title }) => title === 'text tree');
    const proved = new Set(CODE.map(({ tree }) => tree));
    const afterFile = (tree: CodeBlock): boolean =>
      BLOCKS.slice(0, BLOCKS.indexOf(tree)).findLast(({ file, title }) => file === tree.file && /^ts\b/.test(title)) !==
        undefined && tree.file === 'README.md';
    expect(trees.filter((tree) => !proved.has(tree) && !afterFile(tree)).map(where)).toEqual([]);
  });
});

describe('the environments of the pages', () => {
  const ENVIRONMENTS = BLOCKS.filter((block) => language(block) === 'dotenv');
  it.each(ENVIRONMENTS.map((block) => [where(block), block.code] as const))('are understood: %s', (_where, text) => {
    const environment = parseEnv(text);
    const warnings: string[] = [];
    resolveConfig({}, environment, (message) => warnings.push(message));
    expect([Object.keys(environment).filter((name) => !Object.hasOwn(VARIABLES, name)), warnings]).toEqual([[], []]);
  });
});

describe('the links of the pages', () => {
  it.each([...PAGES])('lead somewhere: %s', (path, text) => {
    const broken = linksOf(text).filter((link) => {
      if (/^(?:https?|mailto):/.test(link)) return false;
      const [target = '', anchor] = link.split('#');
      const file = target === '' ? path : normalize(join(dirname(path), target));
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !headingsOf(PAGES.get(file) ?? '').includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('reach every page from the index or from README.md', () => {
    const reached = new Set(
      ['README.md', 'docs/README.md'].flatMap((path) =>
        linksOf(PAGES.get(path) ?? '').map((link) => normalize(join(dirname(path), link.split('#')[0] ?? ''))),
      ),
    );
    // Decisions have an index of their own, and nobody has to find the two pages that links begin at.
    const rest = [...PAGES.keys()].filter((path) => !/^docs\/adr\/0|^(?:docs\/)?README\.md$/.test(path));
    expect(rest.filter((path) => !reached.has(path))).toEqual([]);
  });
});

describe('what the pages name', () => {
  const ALL = [...PAGES.values()].join('\n');

  it('are commands that are there', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const run = [...ALL.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);
    const files = [...ALL.matchAll(/\bnode ((?:bench|scripts)\/[\w./-]+)/g)].map(([, path = '']) => path);
    expect(run.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    expect(files.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('are the images of docker-compose.yml', () => {
    const compose = textOf('docker-compose.yml');
    const images = [...ALL.matchAll(/\bjaegertracing\/jaeger:[\w.]+/g)].map(([name]) => name);
    expect(images.filter((name) => !compose.includes(name))).toEqual([]);
  });

  it('are files, in the layout of the architecture', () => {
    const [layout] = fencedBlocks('docs/architecture.md', PAGES.get('docs/architecture.md') ?? '');
    const paths = (layout?.code ?? '').split('\n').flatMap((line) => {
      const [, indent = '', names = ''] = /^(\s*)([^\s,]+(?:, [^\s,]+)*)/.exec(line) ?? [];
      return names.split(', ').map((name) => (indent === '' ? name : `src/lib/tracing/${name}`));
    });
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
