import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../launch/environment.mjs';

/** A program that npm cannot bring, and that some tests use where the machine has it. */
export interface Tool {
  readonly name: string;
  /** Names the program's file; tests read it. */
  readonly variable: string;
  /** Program names looked for on the PATH, and whole paths. */
  readonly candidates: readonly string[];
  /** What to do where it is missing. */
  readonly advice: string;
}

/** What is used where it is found. */
export const tools: readonly Tool[] = [
  {
    name: 'Chromium',
    variable: 'CHROMIUM_PATH',
    candidates: [
      'chromium',
      'chromium-browser',
      'google-chrome-stable',
      'google-chrome',
      '/usr/bin/chromium',
      '/snap/bin/chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ],
    advice: 'apt-get install chromium, or set CHROMIUM_PATH',
  },
  {
    name: 'Redis',
    variable: 'REDIS_SERVER_PATH',
    candidates: ['redis-server', '/usr/bin/redis-server'],
    advice: 'apt-get install redis-server, or set REDIS_SERVER_PATH',
  },
  {
    name: 'MariaDB',
    variable: 'MARIADBD_PATH',
    candidates: ['mariadbd', '/usr/sbin/mariadbd'],
    advice: 'apt-get install mariadb-server-core, or set MARIADBD_PATH',
  },
];

/**
 * @returns the program's file, or undefined; a variable that names a missing file is no find, so that a typing error
 *   does not silently use another one
 */
export function findTool(tool: Tool, env: Environment): string | undefined {
  const named = env[tool.variable];
  if (named) return existsSync(named) ? named : undefined;
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return tool.candidates
    .flatMap((candidate) =>
      candidate.startsWith('/') ? [candidate] : folders.map((folder) => join(folder, candidate)),
    )
    .find((file) => existsSync(file));
}
