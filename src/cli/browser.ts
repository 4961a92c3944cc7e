/** `--open`: shows the page in the browser of whoever started the viewer. */
import type { Viewer } from '../viewer/server/index.ts';
import type { Output } from './options.ts';

/**
 * The address to open.
 *
 * @param viewer running
 * @returns the page under `localhost`, and where a token is needed the link that signs the browser in to read: other users
 *   of the machine may see it while the browser starts, so it is not the one to change with
 * @example
 * addressToOpen({ queryUrl: 'http://127.0.0.1:16686' }); // 'http://localhost:16686/'
 */
export function addressToOpen({ queryUrl, tokens }: Pick<Viewer, 'queryUrl' | 'tokens'>): string {
  const url = new URL(queryUrl.replace('//127.0.0.1:', '//localhost:'));
  if (tokens !== undefined) url.searchParams.set('token', tokens.viewer);
  return url.href;
}

/**
 * Opens an address in the browser, which lives on when the command ends.
 *
 * @param address of the page
 * @param errors told, in one line, when there is no browser; nothing else of it is seen
 * @returns resolves when the browser was asked; never rejects
 * @example
 * await openBrowser('http://localhost:16686/', process.stderr);
 */
export async function openBrowser(address: string, errors: Output): Promise<void> {
  const check = (exitCode: number | null): void => {
    if (exitCode === 0) return;
    errors.write('throughline: --open found no browser that starts; open the address above by hand\n');
  };
  try {
    // Only here: whoever does not ask for a browser need not load it.
    const { default: open } = await import('open');
    const launcher = await open(address);
    // On Windows it has ended by now; elsewhere it ends when it has found a browser, or none.
    if (launcher.exitCode === null) launcher.once('exit', check);
    else check(launcher.exitCode);
  } catch {
    check(null);
  }
}
