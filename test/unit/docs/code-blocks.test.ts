import { AndMore, checkedCode, docExamples, fencedBlocks, readLiteral } from './code-blocks.ts';
import { runCode } from './run-block.ts';
import { type TypedBlock, typeErrors, typesOf } from './type-check.ts';

const PAGE = `# Title

\`\`\`ts file=a.ts
const a = 1;

a; // 1
\`\`\`

1. In a list:
   ~~~text tree
   GET / SERVER
     work INTERNAL
   ~~~
`;

const SOURCE = `/** No example. */
export const LIMIT = 1;

/**
 * Adds.
 *
 * @returns the sum
 * @example
 * add(1, 2); // 3
 * @Decorated()
 * class A {}
 * @see elsewhere
 * @example
 * add(2, 2); // 4
 */
// oxlint-disable-next-line
export function add(a: number, b: number): number {
  return a + b;
}
`;

describe('blocks', () => {
  it('of a page are found, whatever fences them', () => {
    expect(fencedBlocks('a.md', PAGE)).toEqual([
      { file: 'a.md', line: 4, title: 'ts file=a.ts', code: 'const a = 1;\n\na; // 1' },
      { file: 'a.md', line: 11, title: 'text tree', code: 'GET / SERVER\n  work INTERNAL' },
    ]);
  });

  it('that are never closed are an error', () => {
    expect(() => fencedBlocks('a.md', 'text\n```ts\nconst a = 1;')).toThrow('a.md:2: this block is never closed');
  });

  it('of a doc comment are named after what is declared below', () => {
    expect(docExamples('a.ts', SOURCE)).toEqual([
      { file: 'a.ts', line: 9, title: 'add', code: 'add(1, 2); // 3\n@Decorated()\nclass A {}' },
      { file: 'a.ts', line: 14, title: 'add', code: 'add(2, 2); // 4' },
    ]);
  });
});

describe('a literal', () => {
  it.each<[text: string, value: unknown]>([
    [`'a'`, 'a'],
    ['-1.5', -1.5],
    ['1_000n', 1000n],
    ['true', true],
    ['undefined', undefined],
    [`{ a: [1, null], 'b.c': { d: NaN } }`, { a: [1, null], 'b.c': { d: Number.NaN } }],
    ['[1, ...]', [1, new AndMore()]],
    ['{ a: 1, ... }', { a: 1, __more: new AndMore() }],
  ])('is read: %s', (text, value) => {
    expect(readLiteral(text)).toEqual({ value });
  });

  it.each(['the id of the trace', 'status ERROR, one event', 'nullable', '...', ''])('is no remark: %s', (text) => {
    expect(readLiteral(text)).toBeUndefined();
  });

  it.each([`'a' or 'b'`, '{ a: 1', 'false, unless it was switched on', '[...others]', '{ [a]: 1 }', '2 + 2'])(
    'has to be one where it begins like one: %s',
    (text) => {
      expect(() => readLiteral(text)).toThrow(SyntaxError);
    },
  );
});

describe('promised values', () => {
  it('are found behind an expression, behind return, and on the line below', () => {
    const code = `const a = 1; // a remark\nawait f("//", a); // 'b'\ncall(() => {\n  return a; // 1\n});\nf(a)\n// [2]`;
    expect(checkedCode(code)).toEqual({
      code: `const a = 1;\n__promised(await f("//", a), 0);\ncall(() => {\n  return __promised(a, 1);\n});\n__promised(f(a), 2);\n`,
      promised: [
        { line: 2, literal: `'b'` },
        { line: 4, literal: '1' },
        { line: 6, literal: '[2]' },
      ],
    });
  });

  it('that nobody could compare are an error', () => {
    expect(() => checkedCode('const a = f(); // 3')).toThrow(
      'line 1: "3" is promised for something that is no expression',
    );
  });
});

describe('running code', () => {
  const REFUSED: readonly [what: string, code: string, message: string | RegExp][] = [
    ['another value', '1 + 1; // 3', /Expected: 3/],
    ['another value inside a list', '[1, [2, 3]]; // [1, [2, 4], ...]', /Expected: 4/],
    ['a shorter list', '[1]; // [1, 2, ...]', /Expected length: 2/],
    ['another value in an object', '({ a: 1, b: 2 }); // { a: 2, ... }', /"a": 2/],
    ['a key too many', '({ a: 1, b: 2 }); // { a: 1 }', /"b": 2/],
    ['a promise in a branch that is never taken', 'if (false) {\n  f(); // 1\n}', 'never reached: 1'],
    ['a name that is not there', 'nobody();', 'nobody is not defined'],
    ['what the code throws', `throw new Error('from inside');`, 'from inside'],
    ['what a route throws', `export const GET = () => { throw new Error('from a route'); };`, 'from a route'],
    ['an import that is not there', `import { a } from 'throughline/nothing';\na();`, 'throughline/nothing'],
    ['bad syntax', 'const = 1;', 'Syntax Error'],
  ];
  it.each(REFUSED)('fails for %s', async (_what, code, message) => {
    await expect(runCode(code)).rejects.toThrow(message);
  });

  it('finds the SDK booted, decorators, types, imports and top-level await in place', async () => {
    const { exported, spans, messages } = await runCode(`
      import { Trace, traceAsync } from 'throughline';
      class Service {
        @Trace('Service.run')
        async run(input: string): Promise<string> {
          return traceAsync('inner', async () => input as string);
        }
      }
      export const result = await new Service().run('a');
      result; // 'a'
    `);
    expect([exported['result'], spans.map(({ name }) => name), messages]).toEqual(['a', ['inner', 'Service.run'], []]);
  });

  it('leaves nothing behind', async () => {
    const before = globalThis.fetch;
    await runCode(`await fetch(url);`);
    const { spans } = await runCode('');
    expect([globalThis.fetch === before, spans]).toEqual([true, []]);
  });
});

const typed = (code: string): TypedBlock => ({
  block: { file: 'docs/a.md', line: 10, title: 'ts', code },
  given: typesOf('surroundings'),
});

describe('compiling code', () => {
  it('fails where the types do not fit, and says where', async () => {
    const found = await typeErrors([
      typed(`import { traceAsync } from 'throughline';\nconst a: string = await traceAsync('a', () => 1);\na;`),
      typed(`await db.query(sql);\nnobody();`),
      typed(`import { startTracing } from 'throughline/boot';\nstartTracing({ sampling: { ratio: 0.1 } });`),
    ]);
    expect(found).toEqual([
      `docs/a.md:11 ts: TS2322: Type 'number' is not assignable to type 'string'.`,
      `docs/a.md:11 ts: TS2304: Cannot find name 'nobody'.`,
    ]);
  }, 60_000);
});
