import { VARIABLES, type Environment } from '@/lib/tracing/environment.ts';
import { repositoryFile, repositorySources } from './sources.ts';

interface Entry {
  readonly name: string;
  readonly default: string;
  readonly does: string;
}

/** A comment and, on the next line, a variable with the mark before it. */
function entriesOf(section: string): Entry[] {
  return section
    .split('\n\n')
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const [, does, name, value] = /^# (.+)\n# ([A-Z][A-Z0-9_]*)=(.*)\n?$/.exec(block) ?? [];
      if (does === undefined || name === undefined || value === undefined) throw new Error(`no entry:\n${block}`);
      return { name, default: value, does };
    });
}

async function sections(): Promise<{ tracing: Entry[]; platform: Entry[] }> {
  const [, tracing = '', platform = ''] = (await repositoryFile('.env.example')).split(/^# == .* ==\n\n/m);
  return { tracing: entriesOf(tracing), platform: entriesOf(platform) };
}

/** Every variable that a source asks its environment for, by name. */
function readsOf(source: string): string[] {
  const read = /\b(?:env|environment)(?:\[['"]([A-Z][A-Z0-9_]+)['"]\]|\.([A-Z][A-Z0-9_]+)\b)(?!\s*(?:\?\?)?=[^=])/g;
  const port = /\bportFrom\(\s*[\w.]+,\s*['"]([A-Z][A-Z0-9_]+)['"]/g;
  return [...source.matchAll(read), ...source.matchAll(port)].map(([, first, second]) => first ?? second ?? '');
}

// Set by the machine, by Next and by our own scripts, for each other.
const NOT_FOR_USERS = new Set(['CI', 'NEXT_RUNTIME', 'PATH', 'THROUGHLINE_REQUIRE_ALL', 'THROUGHLINE_RUNTIME']);

describe('.env.example', () => {
  it('lists what the configuration reads, in its order, with its defaults', async () => {
    expect((await sections()).tracing).toEqual(
      Object.entries(VARIABLES).map(([name, { default: value, does }]) => ({ name, default: value, does })),
    );
  });

  it('lists what the platform reads, and nothing that it does not', async () => {
    const sources = await repositorySources([
      'instrumentation.ts',
      'src/instrumentation.ts',
      'src/app',
      'src/services',
      'src/pipeline',
      'scripts',
      'prisma/seed.ts',
      'prisma/demo-user.ts',
    ]);
    const reads = new Set([...sources.values()].flatMap(readsOf));
    const expected = [...reads].filter((name) => !NOT_FOR_USERS.has(name) && !(name in VARIABLES)).toSorted();
    expect((await sections()).platform.map(({ name }) => name).toSorted()).toEqual(expected);
  });

  it('changes nothing when it is copied as it is', async () => {
    const active = (await repositoryFile('.env.example')).split('\n').filter((line) => line !== '' && line[0] !== '#');
    expect(active).toEqual([]);
  });

  it('names no variable twice', async () => {
    const { tracing, platform } = await sections();
    const names = [...tracing, ...platform].map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe('what counts as reading a variable', () => {
  it.each<[source: string, reads: string[]]>([
    ["process.env['DATABASE_URL'] ?? ''", ['DATABASE_URL']],
    ['process.env.NODE_ENV === "test"', ['NODE_ENV']],
    ["env['OPENAI_API_KEY'] || env.OPENAI_BASE_URL", ['OPENAI_API_KEY', 'OPENAI_BASE_URL']],
    ["portFrom(process.env, 'PORT', 3000)", ['PORT']],
    ["process.env['A_B'] = 'set'; process.env['C_D'] ??= 'set'", []],
    ["{ DATABASE_URL: url, PATH: env['PATH'] }", ['PATH']],
    ['env[name]; environment.length; event.NAME', []],
  ])('%s', (source, reads) => {
    expect(readsOf(source)).toEqual(reads);
  });
});

/** How Next tells its processes apart: nobody sets these by hand. */
const OF_NEXT = new Set(['NEXT_PHASE', 'NEXT_RUNTIME']);

it('knows every variable of the library: nothing else in it reads the environment', async () => {
  const sources = await repositorySources(['src/lib/tracing']);
  const known: Environment = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']));
  const unknown = [...sources]
    .filter(([path]) => !path.includes('/simple/') && !path.includes('/workers-tracing/'))
    .flatMap(([path, source]) => readsOf(source).map((name) => ({ path, name })))
    .filter(({ name }) => !(name in known) && !OF_NEXT.has(name));
  expect(unknown).toEqual([]);
});
