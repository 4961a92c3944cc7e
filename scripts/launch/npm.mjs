// @ts-check
/** Calling npm, and saying in one sentence why it failed. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { Fault } from './fault.mjs';
import { run } from './run.mjs';

/** No advertisement, no audit, no question; development packages even where NODE_ENV says production. */
const always = [
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--include=dev',
  '--include=optional',
  '--global=false',
  // npm's own patience, 10 to 60 seconds before each try, is minutes of silence without a network.
  '--fetch-retries=4',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
];

const unreachable =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|network|ENOTCACHED/i;

/** The symptoms in npm's output, in the order in which they are looked for, each with its sentence. */
const causes = /** @type {const} */ ([
  [/ENOSPC|no space left|EDQUOT/i, 'The disk is full: free about 1.5 GB, then run the same command again.'],
  [
    /EACCES|EPERM|EROFS|permission denied/i,
    'npm has no right to write there: run the command as the user who owns this folder (and npm’s cache folder), or change their owner.',
  ],
  [
    unreachable,
    'The npm registry could not be reached: check the network, the proxy settings and `npm config get registry`, then run the same command again.',
  ],
  [
    /CERT|self[- ]signed|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/i,
    'The registry’s certificate is not trusted here: point NODE_EXTRA_CA_CERTS at your organisation’s certificate file, then run the same command again.',
  ],
  [
    /E401|E403|ENEEDAUTH/,
    'The registry asks for a login: check the registry and token in your .npmrc, then run the same command again.',
  ],
  [/EINTEGRITY/, 'A downloaded package is damaged: run `npm cache clean --force`, then the same command again.'],
  [
    /can only install packages when your package\.json and package-lock\.json/i,
    'package.json and package-lock.json disagree: run `npm install` once, then the same command again.',
  ],
  [
    /E404|ETARGET|notarget/,
    'The registry does not have one of the packages: compare `npm config get registry` with the one the lock file was written for.',
  ],
]);

/**
 * @param {string} output what npm printed
 * @returns {string} one sentence: what happened and what to do
 */
export function npmSentence(output) {
  const known = causes.find(([symptom]) => symptom.test(output));
  return known
    ? known[1]
    : 'npm could not finish; its last lines are above: mend what they name, then run the same command again.';
}

/** How many of npm's lines are shown, from the first and from the last ones. */
const shownLines = 12;

/**
 * What npm says about the fault, without its noise: warnings about settings, advertisements, the name of its log file,
 * and the whole manual page of the command, which it prints after a wrong lock file.
 *
 * @param {string} output
 * @returns {string}
 */
export function faultLines(output) {
  const [text = ''] = output.split(/^npm error (?:Clean install a project|Install a package)$/m);
  const lines = text.split('\n').filter((line) => {
    return !/^npm (?:warn|notice)|complete log of this run|^(?:npm error)?\s*$/i.test(line);
  });
  if (lines.length <= 2 * shownLines) return lines.join('\n');
  return [...lines.slice(0, shownLines), '...', ...lines.slice(-shownLines)].join('\n');
}

/**
 * The npm that started us, run by this very Node; else the one on the PATH.
 *
 * @param {Record<string, string | undefined>} env
 * @returns {{ command: string, args: string[], shell: boolean }}
 */
export function npmCommand(env) {
  const started = env.npm_execpath;
  if (started && basename(started) === 'npm-cli.js' && existsSync(started)) {
    return { command: process.execPath, args: [started], shell: false };
  }
  return process.platform === 'win32'
    ? { command: 'npm.cmd', args: [], shell: true }
    : { command: 'npm', args: [], shell: false };
}

/**
 * Whether the registry can be reached at all. Without a network `npm ci` tries each of hundreds of packages several
 * times, which takes minutes; what it has in its cache can be had at once.
 *
 * @param {string} cwd
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<boolean>} true, too, for a registry that has no answer to a ping but gives one
 */
export async function registryAnswers(cwd, env) {
  const { command, args, shell } = npmCommand(env);
  const ping = [...args, 'ping', '--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=20000'];
  const { code, output } = await run(command, ping, { cwd, env, shell });
  return code === 0 || !unreachable.test(output);
}

/**
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Record<string, string | undefined>, what: string }} options `what`: the subject of the sentence, if it fails
 * @throws {Fault} with npm's last lines and the sentence
 */
export async function npm(args, { cwd, env, what }) {
  const { command, args: before, shell } = npmCommand(env);
  // CI: no spinner, no colours of npm's own. NODE_ENV: the packages for building are wanted in any case.
  const { NODE_ENV: _, ...rest } = env;
  const npmEnv = { ...rest, CI: '1', NO_COLOR: '1', npm_config_yes: 'true' };
  const { code, output } = await run(command, [...before, ...args, ...always], { cwd, env: npmEnv, shell });
  if (code === 0) return;
  if (code === 127) {
    throw new Fault(
      'npm was not found: install it beside Node (it comes with the official downloads) and run the same command again.',
    );
  }
  throw new Fault(`${what}: ${npmSentence(output)}`, faultLines(output));
}
