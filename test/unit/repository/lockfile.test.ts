import { repositoryFile } from './sources.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}
interface LockedPackage extends Manifest {
  readonly version?: string;
}
interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const readJson = async (path: string): Promise<unknown> => JSON.parse(await repositoryFile(path));
const readManifest = async (): Promise<Manifest> => (await readJson('package.json')) as Manifest;
const readLockfile = async (): Promise<Lockfile> => (await readJson('package-lock.json')) as Lockfile;
const everyDependency = ({ dependencies, devDependencies }: Manifest): [name: string, version: string][] =>
  Object.entries({ ...dependencies, ...devDependencies });

/** Every place a package is installed in, by name: more than one is more than one copy. */
function copiesByName({ packages }: Lockfile): Map<string, string[]> {
  const copies = new Map<string, string[]>();
  for (const [path, { version }] of Object.entries(packages)) {
    const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    if (name !== undefined) copies.set(name, [...(copies.get(name) ?? []), `${path}@${version ?? '?'}`]);
  }
  return copies;
}

/** The rows of the table in docs/dependencies.md, by the package in their first cell. */
function rowsByName(markdown: string): Map<string, string> {
  const rows = [...markdown.matchAll(/^\|\s*`?(?<name>(?:@[\w.-]+\/)?[\w.-]+)`?\s*\|(?<rest>.*)$/gm)];
  return new Map(rows.map((row) => [row.groups?.['name'] ?? '', row.groups?.['rest'] ?? '']));
}

const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

describe('the packages', () => {
  it('hold one copy of each of OpenTelemetry: two would not share spans', async () => {
    const copies = [...copiesByName(await readLockfile())].filter(([name]) => name.startsWith('@opentelemetry/'));
    expect(copies.length).toBeGreaterThan(10);
    expect(copies.filter(([, places]) => places.length > 1)).toEqual([]);
  });

  it('are the ones package.json names', async () => {
    const { dependencies, devDependencies } = await readManifest();
    const root = (await readLockfile()).packages[''];
    expect({ dependencies: root?.dependencies, devDependencies: root?.devDependencies }).toEqual({
      dependencies,
      devDependencies,
    });
  });

  it('are pinned exactly, or docs/dependencies.md says why a range', async () => {
    const rows = rowsByName(await repositoryFile('docs/dependencies.md'));
    const loose = everyDependency(await readManifest()).filter(
      ([name, version]) => !EXACT.test(version) && !/\brange\b/i.test(rows.get(name) ?? ''),
    );
    expect(loose).toEqual([]);
  });

  it('each have a line in docs/dependencies.md', async () => {
    const rows = rowsByName(await repositoryFile('docs/dependencies.md'));
    const missing = everyDependency(await readManifest()).filter(
      ([name]) => (rows.get(name) ?? '').replaceAll(/[|\s]/g, '') === '',
    );
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  it('would be found twice', () => {
    const copies = copiesByName({
      packages: {
        '': {},
        'node_modules/@opentelemetry/core': { version: '3.0.0' },
        'node_modules/a/node_modules/@opentelemetry/core': { version: '2.12.0' },
        'node_modules/a': { version: '1.0.0' },
      },
    });
    expect(Object.fromEntries(copies)).toEqual({
      '@opentelemetry/core': [
        'node_modules/@opentelemetry/core@3.0.0',
        'node_modules/a/node_modules/@opentelemetry/core@2.12.0',
      ],
      a: ['node_modules/a@1.0.0'],
    });
  });

  it('are looked up by the first cell of a row', () => {
    expect([
      ...rowsByName(
        '| name | why |\n| --- | --- |\n| `@types/pg` | range: types only |\n| zod | schemas |\n',
      ).entries(),
    ]).toEqual([
      ['name', ' why |'],
      ['---', ' --- |'],
      ['@types/pg', ' range: types only |'],
      ['zod', ' schemas |'],
    ]);
  });
});
