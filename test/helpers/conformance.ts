/** Writes `docs/conformance.md` from what a whole run of the end-to-end tests came to. */

/** One test, as the runner reports it. */
export interface Result {
  /** Where its file stands, from the repository's folder. */
  readonly file: string;
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

/** With and without a caller; a test of neither kind counts once. */
const FROM = ['no parent', 'incoming parent'] as const;
const HEAD = (next: string): string => `# Conformance

What the SERVER span, and everything around it, came to on Next ${next}: each row is a test of \`test/e2e\`, which compares what arrives
at a collector with one literal. \`npm test\` writes this page; where the variable \`CI\` is set it fails when the page is not what the run came to.

✓ as expected, ✗ not, – not run that way. Of two marks the first is for a request that nobody traced before, the second for one below
an incoming \`traceparent\`. \`start\` is \`next start\` on a build of Turbopack, \`webpack\` the same on one of webpack; \`https\` and \`http2\` are
custom servers.
`;

function mark(results: readonly Result[]): string {
  if (results.length === 0) return '–';
  return results.every(({ status }) => status === 'passed') ? '✓' : '✗';
}

function cell(results: readonly Result[]): string {
  const groups = FROM.map((from) => results.filter(({ ancestorTitles }) => ancestorTitles.includes(from)));
  return groups.some(({ length }) => length > 0) ? groups.map(mark).join(' ') : mark(results);
}

const modeOf = ({ ancestorTitles }: Result): string =>
  ancestorTitles.find((title) => title.startsWith('next '))?.slice('next '.length) ?? 'start';

/** What a table is headed by: the groups around a test, apart from the ways in which it is run. */
function headingOf({ file, ancestorTitles }: Result): string {
  const groups = ancestorTitles.filter((title) => !title.startsWith('next ') && !FROM.some((from) => from === title));
  return groups.join(': ') || (file.includes('actions') ? 'Server Actions, components, control flow' : 'the whole run');
}

/** In the order in which they first came. */
function grouped(results: readonly Result[], keyOf: (result: Result) => string): Map<string, Result[]> {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const key = keyOf(result);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return groups;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function table(heading: string, results: readonly Result[]): string {
  const modes = [...grouped(results, modeOf).keys()];
  const rows = [...grouped(results, ({ title }) => title)].map(([title, tests]) => {
    const cells = modes.map((mode) => cell(tests.filter((test) => modeOf(test) === mode)));
    return `| ${[title.replace(/^\[(.*?)\] /, '`$1` ').replaceAll('|', '\\|'), ...cells].join(' | ')} |`;
  });
  const head = [`| case | ${modes.join(' | ')} |`, `| --- |${' --- |'.repeat(modes.length)}`];
  return [`## ${capital(heading)}`, '', ...head, ...rows, ''].join('\n');
}

/**
 * The page.
 *
 * @param results every test that belongs on it, of files in any order, in the order of each file
 * @param next the version of Next
 * @returns Markdown, the same for the same results
 */
export function conformancePage(results: readonly Result[], next: string): string {
  const files = grouped(results, ({ file }) => file);
  const inOrder = [...files.keys()].toSorted().flatMap((file) => files.get(file) ?? []);
  const tables = [...grouped(inOrder, headingOf)].map(([heading, tests]) => table(heading, tests));
  return [HEAD(next), ...tables].join('\n');
}
