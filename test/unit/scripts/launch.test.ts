import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault, fileSentence, Interrupted } from '../../../scripts/launch/fault.mjs';
import { faultLines, npmCommand, npmSentence } from '../../../scripts/launch/npm.mjs';
import { packagesMatch, sameTree, stampOf } from '../../../scripts/launch/packages.mjs';
import { elapsed, step } from '../../../scripts/launch/progress.mjs';
import { satisfies } from '../../../scripts/launch/runtime.mjs';
import { inTurn } from '../../../scripts/launch/turn.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'with space '));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What npm leaves at the end of an installation. */
function install(packages: object): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

describe('satisfies', () => {
  it.each([
    ['v22.22.3', true],
    ['v22.22.2', false],
    ['v22.23.0', true],
    ['v22.3.30', false],
    ['v24.0.0', true],
    ['v20.20.2', false],
    ['v9.99.99', false],
    ['v22.22.3-rc.1', false],
    ['v22.22.4-rc.1', true],
    ['nonsense', false],
  ])('%s against >=22.22.3: %s', (version, expected) => {
    expect(satisfies(version, '>=22.22.3')).toBe(expected);
  });

  it('does not guess at a range that it does not understand', () => {
    expect(() => satisfies('v24.0.0', '^22 || >=24')).toThrow(
      'engines.node must look like ">=22.22.3", got "^22 || >=24"',
    );
  });
});

describe('the stamp of the packages', () => {
  const lock = { packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'x' } } };

  it('goes from missing over matching to outdated', () => {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    const seen = [packagesMatch(folder)];
    install({ 'node_modules/a': { version: '1.0.0', integrity: 'x' } });
    seen.push(packagesMatch(folder));
    rmSync(join(folder, 'node_modules', '.package-lock.json'));
    seen.push(packagesMatch(folder)); // the stamp alone is enough
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ packages: { ...lock.packages, 'node_modules/b': { version: '1.0.0' } } }),
    );
    seen.push(packagesMatch(folder));
    expect(seen).toEqual([false, true, true, false]);
  });

  it('takes a damaged list for no installation', () => {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'node_modules', '.package-lock.json'), '{"packages":');
    expect(packagesMatch(folder)).toBe(false);
  });

  it.each([
    ['the same', { a: { version: '1.0.0', integrity: 'x' } }, true],
    ['another version', { a: { version: '1.0.1', integrity: 'x' } }, false],
    ['another content', { a: { version: '1.0.0', integrity: 'y' } }, false],
    ['a missing package', {}, false],
    ['a package too many', { a: { version: '1.0.0', integrity: 'x' }, b: { version: '1.0.0' } }, false],
  ])('compares trees: %s', (_, found, expected) => {
    expect(
      sameTree({ '': {}, a: { version: '1.0.0', integrity: 'x' }, other: { version: '2.0.0', optional: true } }, found),
    ).toBe(expected);
  });

  it('knows where one text ends and the next begins', () => {
    expect(stampOf(['ab', 'c'])).not.toBe(stampOf(['a', 'bc']));
  });
});

describe('npm’s faults', () => {
  it.each([
    ['npm error code ENOSPC', 'The disk is full'],
    ['npm error code EACCES\nnpm error Error: EACCES: permission denied, mkdir', 'npm has no right to write there'],
    ['npm error code ENOTFOUND', 'The npm registry could not be reached'],
    ['npm error code UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'The registry’s certificate is not trusted here'],
    ['npm error code EINTEGRITY', 'A downloaded package is damaged'],
    ['npm error code E404', 'The registry does not have one of the packages'],
    ['npm error code E401', 'The registry asks for a login'],
    ['npm error something new', 'npm could not finish'],
  ])('%s', (output, sentence) => {
    expect(npmSentence(output).startsWith(sentence)).toBe(true);
  });

  it('is shown without the noise around it', () => {
    const output = [
      'npm warn Unknown user config',
      'npm error code EUSAGE',
      'npm error',
      'npm error Missing: a@1.0.0 from lock file',
      'npm error Clean install a project',
      'npm error Usage: npm ci',
      'npm notice New version of npm available!',
    ].join('\n');
    expect(faultLines(output)).toBe('npm error code EUSAGE\nnpm error Missing: a@1.0.0 from lock file');
  });

  it('is asked of the npm that started us, and of no other package manager', () => {
    const cli = join(folder, 'npm-cli.js');
    writeFileSync(cli, '');
    expect([
      npmCommand({ npm_execpath: cli }).args,
      npmCommand({ npm_execpath: join(folder, 'yarn.js') }).args,
    ]).toEqual([[cli], []]);
  });
});

describe('faults', () => {
  it('has a sentence for a full disk and none for the unforeseen', () => {
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect([fileSentence(full, '/x')?.startsWith('The disk is full'), fileSentence(new Error('boom'), '/x')]).toEqual([
      true,
      undefined,
    ]);
  });

  it('carries the exit code that shells expect', () => {
    expect([new Interrupted('SIGINT').exitCode, new Interrupted('SIGTERM').exitCode, new Fault('x').exitCode]).toEqual([
      130, 143, 1,
    ]);
  });
});

describe('progress', () => {
  it.each([
    [340, '0.3 s'],
    [12_300, '12 s'],
    [65_000, '1 min 05 s'],
    [119_700, '2 min 00 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(elapsed(ms)).toBe(text);
  });

  it('writes one plain line where there is no terminal, for good and for bad ends', async () => {
    let text = '';
    const output = { write: (part: string) => (text += part) };
    await step(
      'Boiling water',
      (note) => {
        note('100 degrees');
        return Promise.resolve();
      },
      output,
    );
    await expect(step('Freezing', () => Promise.reject(new Fault('Too warm.')), output)).rejects.toThrow('Too warm.');
    expect(text.replace(/\([\d.]+ s\)/g, '(t)')).toBe('✓ Boiling water: 100 degrees (t)\n✗ Freezing (t)\n');
  });
});

describe('inTurn', () => {
  it('lets one in after the other', async () => {
    const file = join(folder, 'lock');
    const order: string[] = [];
    const first = inTurn(file, async () => {
      order.push('first in');
      await new Promise((resolve) => setImmediate(resolve));
      order.push('first out');
    });
    const second = inTurn(
      file,
      () => {
        order.push('second in');
        return Promise.resolve();
      },
      () => order.push('second waits'),
    );
    await Promise.all([first, second]);
    expect(order).toEqual(['first in', 'second waits', 'first out', 'second in']);
  });

  it('does not wait for a process that is gone', async () => {
    const file = join(folder, 'lock');
    writeFileSync(file, '999999999');
    await expect(inTurn(file, () => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('says so when the folder is closed to it', async () => {
    if (process.getuid?.() === 0) return; // nothing is closed to root
    chmodSync(folder, 0o500);
    await expect(inTurn(join(folder, 'lock'), () => Promise.resolve())).rejects.toMatchObject({ code: 'EACCES' });
  });
});
