/** Keeps `docs/conformance.md` as the last whole run of the end-to-end tests left it. A part of a run writes nothing. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Result, conformancePage } from './conformance.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/conformance.md');
const FILES = ['test/e2e/server-span/*.test.ts', 'test/e2e/actions.test.ts'];

/** What of the runner's report is read. */
interface FileResult {
  readonly testFilePath: string;
  readonly testResults: readonly Omit<Result, 'file'>[];
}

export default class ConformanceReporter {
  #stale: Error | undefined;

  onRunComplete(_contexts: unknown, { testResults }: { readonly testResults: readonly FileResult[] }): void {
    const expected = globSync(FILES, { cwd: ROOT });
    const results = testResults.flatMap(({ testFilePath, testResults: tests }) => {
      const file = relative(ROOT, testFilePath);
      return expected.includes(file) ? tests.map((test) => ({ ...test, file })) : [];
    });
    const ran = new Set(results.map(({ file }) => file));
    const isWhole = expected.every((file) => ran.has(file)) && results.every(({ status }) => status !== 'pending');
    if (!isWhole) return;
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const page = conformancePage(results, String(devDependencies['next']));
    if (page === readOr(PAGE, '')) return;
    if (process.env['CI'])
      this.#stale = new Error('docs/conformance.md is not what this run came to: run npm test and commit it');
    else writeFileSync(PAGE, page);
    if (this.#stale !== undefined) process.stderr.write(`${this.#stale.message}\n`);
  }

  /** The runner fails with it. */
  getLastError(): Error | undefined {
    return this.#stale;
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
