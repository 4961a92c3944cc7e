/** The browser that tests look through, and what it has to complain about. */
import { chromium, type Browser, type Page } from 'playwright-core';

/** Where Chromium is; browser tests are left out without one. */
export const CHROMIUM = process.env['CHROMIUM_PATH'];

/** Starts Chromium, which asks nobody for anything of its own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Notes each error of a page's console and of its scripts, with where it was. */
export function noteComplaints(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
}
