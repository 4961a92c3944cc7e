import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { select } from '../../../scripts/test/steps.ts';
import { add, readTally, tallyLine } from '../../../scripts/test/tally.ts';
import { findTool } from '../../../scripts/test/tools.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'with space '));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the selection of steps', () => {
  it.each([
    [[], ['types', 'lint', 'format', 'unit', 'spec', 'workers', 'build', 'e2e'], []],
    [['unit'], ['unit'], []],
    [['e2e'], ['build', 'e2e'], []],
    [['unit', 'types'], ['types', 'unit'], []],
    [['span.test'], ['unit', 'spec', 'workers', 'build', 'e2e'], ['span.test']],
    [['unit', '-t', 'redirect'], ['unit'], ['-t', 'redirect']],
  ])('npm test -- %j', (args, steps, jestArgs) => {
    expect(select(args)).toEqual({ steps, jestArgs });
  });
});

describe('the last line', () => {
  it('names skipped tests only when there are any', () => {
    expect([tallyLine({ passed: 3, failed: 0, skipped: 0 }), tallyLine({ passed: 3, failed: 1, skipped: 2 })]).toEqual([
      '3 passed, 0 failed',
      '3 passed, 1 failed, 2 skipped',
    ]);
  });

  it('counts files that could not run as failures, and what is still to write as skipped', () => {
    const file = join(folder, 'report.json');
    const counts = {
      numPassedTests: 5,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 1,
      numRuntimeErrorTestSuites: 1,
    };
    writeFileSync(file, JSON.stringify(counts));
    expect(readTally(file)).toEqual({ passed: 5, failed: 2, skipped: 3 });
    expect(readTally(join(folder, 'none.json'))).toBeUndefined();
    expect(add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 })).toEqual({
      passed: 11,
      failed: 22,
      skipped: 33,
    });
  });
});

describe('a program that npm cannot bring', () => {
  const tool = { name: 'Tea', variable: 'TEA_PATH', candidates: ['tea'], advice: 'brew' };

  it('is found by its variable, else on the PATH; a wrong variable finds nothing', () => {
    const file = join(folder, 'tea');
    writeFileSync(file, '');
    expect([
      findTool(tool, { TEA_PATH: file, PATH: '' }),
      findTool(tool, { PATH: `/nowhere:${folder}` }),
      findTool(tool, { TEA_PATH: '/nowhere', PATH: folder }),
      findTool(tool, { PATH: '' }),
    ]).toEqual([file, file, undefined, undefined]);
  });
});
