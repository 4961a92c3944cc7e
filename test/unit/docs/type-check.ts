/** Asks the compiler whether code in the documentation is correct TypeScript, under the repository's own settings. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../repository/sources.ts';
import type { CodeBlock } from './code-blocks.ts';
import { IMPORT_PATHS } from './run-block.ts';
import { surroundings, viewerSurroundings } from './surroundings.ts';

/** The type of each name that code may use without a word about it. */
export type GivenTypes = ReadonlyMap<string, string>;

/** A block, and the types of what it takes for granted. */
export interface TypedBlock {
  readonly block: CodeBlock;
  readonly given: GivenTypes;
}

/** Among what is given: what code uses as a type too. */
const CLASSES = new Set(['NextRequest', 'NextResponse']);

// From .throughline/test/types-XXXXXX back to the repository's root.
const UP = '../../..';

/**
 * The types of what a set of surroundings holds.
 *
 * @param set which one
 * @returns the type of each of its names
 */
export function typesOf(set: 'surroundings' | 'viewerSurroundings'): GivenTypes {
  const names = Object.keys(set === 'surroundings' ? surroundings() : viewerSurroundings());
  const all = `ReturnType<typeof import('${UP}/test/unit/docs/surroundings.ts').${set}>`;
  return new Map(names.map((name) => [name, `${all}['${name}']`]));
}

/**
 * The types of what a file exports.
 *
 * @param path of the file, from the repository's root
 * @param names what it exports
 * @returns the type of each name
 */
export function typesOfFile(path: string, names: readonly string[]): GivenTypes {
  return new Map(names.map((name) => [name, `typeof import('${UP}/${path}').${name}`]));
}

function isDeclared(code: string, name: string): boolean {
  return new RegExp(
    `\\b(?:const|let|class|function)\\s+(?:[{[][^=]*\\b)?${name}\\b|\\bimport\\s[^;]*\\b${name}\\b[^;]*\\bfrom\\b`,
  ).test(code);
}

/** The block as a module; what it takes for granted stands on one line before it. */
function moduleOf({ block: { code }, given }: TypedBlock): string {
  // A name behind a dot is a property, behind three it is spread.
  const isUsed = (name: string): boolean => new RegExp(`(?<![\\w$']|(?<!\\.\\.)\\.)${name}\\b`).test(code);
  const declared = [...given]
    .filter(([name]) => isUsed(name) && !isDeclared(code, name))
    .map(
      ([name, type]) =>
        `declare const ${name}: ${type};${CLASSES.has(name) ? ` type ${name} = InstanceType<typeof ${name}>;` : ''}`,
    );
  return `${declared.join(' ')}\n${code}\nexport {};\n`;
}

function settings(compilerOptions: object): string {
  const paths = Object.fromEntries([...IMPORT_PATHS].map(([name, path]) => [name, [path.replace('@/', `${UP}/src/`)]]));
  delete paths['@opentelemetry/sdk-trace-base'];
  return JSON.stringify({
    extends: `${UP}/tsconfig.json`,
    compilerOptions: {
      incremental: false,
      tsBuildInfoFile: null,
      plugins: [],
      paths: {
        ...paths,
        '@/*': [`${UP}/src/*`],
        '@opentelemetry/sdk-trace-base': [`${UP}/node_modules/@opentelemetry/sdk-trace`],
      },
      ...compilerOptions,
    },
    include: ['*.ts'],
    exclude: [],
  });
}

/**
 * Compiles blocks of code, each as a module of its own.
 *
 * @param blocks the code and what it takes for granted
 * @param compilerOptions in place of the repository's own
 * @returns one sentence for each error, with the place in the document; empty when all is well
 */
export async function typeErrors(blocks: readonly TypedBlock[], compilerOptions: object = {}): Promise<string[]> {
  const parent = join(ROOT, '.throughline/test');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'types-'));
  try {
    await writeFile(join(folder, 'tsconfig.json'), settings(compilerOptions));
    await Promise.all(blocks.map((block, index) => writeFile(join(folder, `${index}.ts`), moduleOf(block))));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const output = await promisify(execFile)(process.execPath, [tsc, '--noEmit', '--pretty', 'false', '-p', '.'], {
      cwd: folder,
    }).then(
      ({ stdout }) => stdout,
      (error: Error & { stdout?: string }) => error.stdout || error.message,
    );
    // The sources that are imported have a check of their own; anything else that goes wrong is no answer.
    const unplaced = output.split('\n').find((line) => line !== '' && !/^(?:\s|\S+\(\d+,\d+\): error TS)/.test(line));
    if (unplaced !== undefined) throw new Error(`the compiler did not run: ${unplaced}`);
    const errors = [...output.matchAll(/^(\d+)\.ts\((\d+),\d+\): error (.*)$/gm)];
    return errors.map(([, index, line, message]) => {
      const { file, line: first, title } = blocks[Number(index)]?.block ?? { file: '?', line: 0, title: '?' };
      return `${file}:${first + Number(line) - 2} ${title}: ${message}`;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
