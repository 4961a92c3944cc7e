/** A browser that looks at the viewer's page, notes every complaint, and asks axe. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { source as axe } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, noteComplaints } from './chromium.ts';

const root = resolve(__dirname, '../..');
const shots = resolve(root, '.throughline/screenshots');
export { CHROMIUM } from './chromium.ts';

/**
 * Builds the page when it is stale.
 *
 * @returns the folder to serve
 */
export function builtPage(): string {
  execFileSync(process.execPath, [resolve(root, 'scripts/build-viewer-page.ts')], { cwd: root, stdio: 'inherit' });
  return resolve(root, '.throughline/viewer-ui');
}

export interface Look {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
}

export class ViewerBrowser {
  readonly browser: Browser;
  /** Errors of the console and of scripts, requests to strangers. */
  readonly complaints: string[] = [];
  constructor(browser: Browser) {
    this.browser = browser;
  }

  static async start(): Promise<ViewerBrowser> {
    mkdirSync(shots, { recursive: true });
    return new ViewerBrowser(await launchChromium());
  }

  async open(url: string, { scheme = 'light', width = 1280 }: Look = {}): Promise<Page> {
    const page = await this.browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
    noteComplaints(page, this.complaints);
    page.on('request', (request) => {
      const isOwn = /^(?:data|blob):/.test(request.url()) || new URL(request.url()).origin === new URL(url).origin;
      if (!isOwn) this.complaints.push(`asked a stranger: ${request.url()}`);
    });
    await page.goto(url);
    return page;
  }

  /** Serious faults of accessibility, each in one line. */
  async faults(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { axe: tester } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact?: string; nodes: { html: string }[] }[] }> };
      };
      return (await tester.run()).violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        html: nodes[0]?.html ?? '',
      }));
    });
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, html }) => `${id}: ${html}`);
  }

  /** Whether the page itself, and not a table in it, has to be pushed sideways to be read. */
  isTooWide(page: Page): Promise<boolean> {
    return page.evaluate(() =>
      [...document.querySelectorAll('html, main')].some((box) => box.scrollWidth > window.innerWidth),
    );
  }

  shot(page: Page, name: string): Promise<Buffer> {
    return page.screenshot({ path: resolve(shots, `${name}.png`) });
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
