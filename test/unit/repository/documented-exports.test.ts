import { undocumentedExports } from './documented-exports.ts';
import { repositorySources } from './sources.ts';

const isPage = (path: string): boolean => /^src\/lib\/tracing\/(?:[\w-]+\/)?index\.ts$/.test(path);
/** Checks one module, which the public page offers where `offered` names something of it. */
function check(text: string, offered = ''): string[] {
  const page = offered === '' ? '' : `export { ${offered} } from './a.ts';`;
  return undocumentedExports(
    new Map([
      ['src/lib/tracing/index.ts', page],
      ['src/lib/tracing/a.ts', text],
    ]),
    isPage,
  );
}

describe('every export', () => {
  it('of the library is documented', async () => {
    expect(undocumentedExports(await repositorySources(['src/lib/tracing']), isPage)).toEqual([]);
  });

  it('of the receiver is documented', async () => {
    const sources = [...(await repositorySources(['src/viewer/server']))].filter(([path]) => !path.includes('/proto/'));
    expect(undocumentedExports(new Map(sources), isPage)).toEqual([]);
  });

  const A = 'src/lib/tracing/a.ts';
  const FULL = '/**\n * Says what it does.\n *\n * @returns nothing\n * @example\n * f();\n */\n';
  const REFUSED: readonly [text: string, offered: string, found: string[]][] = [
    ['export function f(): void {}', '', [`${A}:1: f has no doc comment directly above it`]],
    ['export async function* f() {}', '', [`${A}:1: f has no doc comment directly above it`]],
    ['export const LIMIT = 128;', '', [`${A}:1: LIMIT has no doc comment directly above it`]],
    ['export abstract class Store {}', '', [`${A}:1: Store has no doc comment directly above it`]],
    [
      'export interface Options {\n  /** One field. */\n  a: 1;\n}',
      '',
      [`${A}:1: Options has no doc comment directly above it`],
    ],
    ['export type Kind = 1;', '', [`${A}:1: Kind has no doc comment directly above it`]],
    ['function f() {}\nexport { f as g };', '', [`${A}:1: f has no doc comment directly above it`]],
    [
      '/** Belongs to the file, not to f. */\n\nexport function f() {}',
      '',
      [`${A}:3: f has no doc comment directly above it`],
    ],
    ['// Not a doc comment at all.\nexport function f() {}', '', [`${A}:2: f has no doc comment directly above it`]],
    ['/** f. */\nexport function f() {}', '', [`${A}:2: f has a doc comment that says nothing`]],
    [
      '/**\n * @returns a number of things\n */\nexport function f() {}',
      '',
      [`${A}:4: f has a doc comment that says nothing`],
    ],
    [
      '/** Says what it does. */\nexport function f() {}',
      'f',
      [`${A}:2: f does not say what it returns`, `${A}:2: f has no @example`],
    ],
    [
      '/** Says what it does. */\nexport const f = async <T>(fn: () => T): Promise<T> => fn();',
      'f',
      [`${A}:2: f does not say what it returns`, `${A}:2: f has no @example`],
    ],
    ['/** Returns what it got. */\nfunction f() {}\nexport { f as g };', 'g', [`${A}:2: f has no @example`]],
  ];
  it.each(REFUSED.map(([text, offered, found]) => [found.join('; '), text, offered, found] as const))(
    'that is short of something is found: %s',
    (_title, text, offered, found) => {
      expect(check(text, offered)).toEqual(found);
    },
  );

  it('is followed through the pages of folders', () => {
    const files = new Map([
      ['src/lib/tracing/index.ts', `export { baggage, set as put } from './propagation/index.ts';`],
      ['src/lib/tracing/propagation/index.ts', `export { baggage, set } from './baggage.ts';`],
      [
        'src/lib/tracing/propagation/baggage.ts',
        '/** Holds the pairs. */\nexport const baggage = { set };\n/** Sets a pair. */\nexport function set() {}\n/** Not offered by a page. */\nexport function inner() {}\n',
      ],
    ]);
    expect(undocumentedExports(files, isPage)).toEqual([
      'src/lib/tracing/propagation/baggage.ts:4: set does not say what it returns',
      'src/lib/tracing/propagation/baggage.ts:4: set has no @example',
    ]);
  });

  it.each<[text: string, offered: string]>([
    [`${FULL}export function f(): void;\nexport function f(a?: string): void {}`, 'f'],
    [`${FULL}// oxlint-disable-next-line\nexport function f() {}`, 'f'],
    [
      '/** Says what it is. */\nexport const LIMIT = 128;\n/** Says what it is. */\nexport type Limit = typeof LIMIT;',
      'LIMIT, type Limit',
    ],
    ['const hidden = 1;\nfunction alsoHidden() {\n  const type = 1;\n  return type;\n}', ''],
    [`const text = 'export function f() {}';\n// export const x = 1;`, ''],
    [`import type { A } from './b.ts';\nexport type { A } from './b.ts';\nexport { b } from './b.ts';`, ''],
    [
      '/** A type and a value of one name: the value. */\nexport const Kind = { a: 1 };\n/** The type of its members. */\nexport type Kind = number;',
      'Kind',
    ],
  ])('that says enough is let be, case %#', (text, offered) => {
    expect(check(text, offered)).toEqual([]);
  });
});
