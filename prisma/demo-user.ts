import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The account that the seed creates. */
export const demoEmail = 'demo@example.com';

/**
 * The demo account's password: DEMO_PASSWORD, else the one kept in `.throughline/demo-password` (mode 0600), which is
 * made up on first use. There is none in the code.
 *
 * @param root the checkout's folder
 */
export function demoPassword(root: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (env['DEMO_PASSWORD']) return env['DEMO_PASSWORD'];
  const file = join(root, '.throughline', 'demo-password');
  try {
    const kept = readFileSync(file, 'utf8').trim();
    if (kept) return kept;
  } catch {
    // not there yet
  }
  const password = randomBytes(12).toString('base64url');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}
