/** The page is read by everybody: empty pages say what to do next, the tab key leads everywhere, times are chosen. Needs a Chromium. */
import type { Page } from 'playwright-core';
import { startViewer, type Viewer } from '../../src/viewer/server/index.ts';
import { storefrontTraces } from '../helpers/storefront-traces.ts';
import { builtPage, CHROMIUM, ViewerBrowser } from '../helpers/viewer-browser.ts';

const NO_TRACE = '0'.repeat(31);
const WIDTHS = [1000, 390];
const suite = CHROMIUM ? describe : describe.skip;

suite('the viewer, read', () => {
  let empty: Viewer;
  let viewer: Viewer;
  let browser: ViewerBrowser;

  beforeAll(async () => {
    builtPage();
    empty = await startViewer({ otlpPort: 0, queryPort: 0 });
    viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
    browser = await ViewerBrowser.start();
    await fetch(`${viewer.otlpUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: storefrontTraces(160, Date.now() - 60_000),
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await empty?.close();
    await viewer?.close();
  }, 30_000);

  it.each([
    ['/', 'No trace has arrived yet'],
    ['/ai', 'No call of a model is in these traces'],
    ['/ai?thread=none', 'No call of a model is here'],
    ['/performance', 'Nothing ran in this window'],
    ['/map', 'No service is in these traces'],
    ['/health', 'Nothing has arrived yet'],
    [`/trace/${NO_TRACE}1`, 'This trace is not here (yet)'],
    [`/compare/${NO_TRACE}1...${NO_TRACE}2`, 'This trace is not in the store'],
    ['/compare/...', 'Compare two traces'],
    ['/nowhere', 'There is no page at this address'],
  ])(
    '%s is empty: it says so and what to do next, on a desk and on a phone, light and dark',
    async (path, said) => {
      const found: unknown[] = [];
      for (const scheme of ['light', 'dark'] as const) {
        const page = await browser.open(empty.queryUrl + path, { scheme });
        await page.getByRole('heading', { name: said }).waitFor();
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 });
          if (await browser.isTooWide(page)) found.push([scheme, width, 'too wide']);
          found.push(...(await browser.faults(page)).map((fault) => [scheme, width, fault]));
        }
        // A way on: a link, a command to copy, something to press.
        if ((await page.locator('main').locator('a, pre, button, input').count()) === 0) found.push('a dead end');
        await page.close();
      }
      expect(found).toEqual([]);
    },
    60_000,
  );

  /** Presses Tab until something has the focus; gives what had it without a ring that is seen. */
  async function tabTo(page: Page, selector: string): Promise<readonly string[]> {
    const unseen: string[] = [];
    for (let presses = 0; presses < 120; presses++) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate((wanted) => {
        const element = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element ?? document.body);
        const box = element?.getBoundingClientRect();
        const isSeen = outlineStyle !== 'none' && outlineWidth !== '0px' && (box?.width ?? 0) > 0;
        return { isThere: element?.matches(wanted) ?? false, isSeen, html: element?.outerHTML.slice(0, 80) ?? '' };
      }, selector);
      if (!focus.isSeen) unseen.push(focus.html);
      if (focus.isThere) return unseen;
    }
    return [`no ${selector} within reach of the tab key`];
  }

  it('the tab key leads from the address to a span’s attributes, and the focus is always seen', async () => {
    const page = await browser.open(viewer.queryUrl);
    await page.locator('a.trace-row').first().waitFor();
    expect(await tabTo(page, '.skip')).toEqual([]);
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    expect(await tabTo(page, '.facets input')).toEqual([]);
    await page.keyboard.press('Space');
    await page.waitForURL(/status=ok/);
    expect(await tabTo(page, 'a.trace-row')).toEqual([]);
    await page.keyboard.press('Enter');
    await page.locator('.span-row').first().waitFor();
    expect(await tabTo(page, '.waterfall .scroller')).toEqual([]);
    await page.keyboard.press('ArrowDown');
    await page.locator('.panel .pairs').first().waitFor();
    expect(await tabTo(page, '.panel summary')).toEqual([]);
    await page.keyboard.press('Enter');
    await page.locator('.panel details[open]').getByText('service.name').waitFor();
    await page.close();
  }, 60_000);

  it('a dialog holds the focus, and gives it back', async () => {
    const page = await browser.open(viewer.queryUrl);
    await page.locator('a.trace-row').first().waitFor();
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keyboard' }).waitFor();
    expect(await browser.faults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Keyboard shortcuts');
    await page.close();
  }, 60_000);

  it('the list is turned to the longest first, and a value of a span leads to every trace that has it', async () => {
    const page = await browser.open(`${viewer.queryUrl}/?type=ai`);
    await page.getByRole('region', { name: 'Traces, newest first' }).waitFor();
    await page.getByRole('button', { name: 'Longest' }).click();
    await page.getByRole('region', { name: 'Traces, longest first' }).waitFor();
    expect(new URL(page.url()).search).toBe('?type=ai&order=longest');
    await page.locator('a.trace-row').first().click();
    await page.getByLabel('Search in the trace').fill('ai');
    await page.keyboard.press('Enter');
    await page.locator('.panel').getByRole('link', { name: 'user.id' }).click();
    await page.locator('a.trace-row').first().waitFor();
    expect(new URL(page.url()).searchParams.get('attr')).toMatch(/^user\.id=customer-\d$/);
    await page.close();
  }, 60_000);

  it('performance is compared with a window that is chosen, and the address holds it', async () => {
    const page = await browser.open(`${viewer.queryUrl}/performance?by=route`);
    const against = (): string | null => new URL(page.url()).searchParams.get('against');
    const press = (name: string) =>
      page.getByRole('group', { name: 'Compare with' }).getByRole('button', { name }).click();
    await page.locator('.sorted td').first().waitFor();
    for (const [name, word] of [
      ['Yesterday', 'yesterday'],
      ['Window before', 'previous'],
    ] as const) {
      await press(name);
      await page.waitForURL(new RegExp(`against=${word}`));
      await page.getByText('None of these ran in the window compared with').waitFor();
    }
    await press('Other …');
    await page.waitForURL(/against=\d+-\d+/);
    const to = Number(against()?.split('-')[1]);
    // The whole of what is there, so that nothing has changed.
    await page.getByLabel('Compare from').fill('2020-01-01T00:00:00');
    await page.keyboard.press('Enter');
    await page.getByLabel('Compare to').fill('2090-01-01T00:00:00');
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: '0 %', exact: true }).first().waitFor();
    expect(against()).toBe(`${new Date(2020, 0, 1).getTime()}-${new Date(2090, 0, 1).getTime()}`);
    await page.getByLabel('Compare to').fill('2019-01-01T00:00:00');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The window ends before it begins.').waitFor();
    await press('Nothing');
    await page.waitForURL((url) => !url.searchParams.has('against'));
    expect(to).toBeGreaterThan(0);
    expect(await browser.faults(page)).toEqual([]);
    await page.close();
  }, 60_000);

  it('without a complaint beside those about traces that are not there', () => {
    expect(browser.complaints.filter((complaint) => !/status of 404/.test(complaint))).toEqual([]);
  });
});
