/** Who may do what in the page, and what is done to the store through it: sign-in, roles, files dropped, deleting. Needs a Chromium. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startViewer, type Viewer } from '../../src/viewer/server/index.ts';
import type { TraceList } from '../../src/viewer/wire.ts';
import { storefrontTraces } from '../helpers/storefront-traces.ts';
import { builtPage, CHROMIUM, ViewerBrowser } from '../helpers/viewer-browser.ts';

const TRACES = 160;
const TOKENS = { token: 'viewer-0123456789abcdef', adminToken: 'admin-0123456789abcdef' };
/** Chromium writes down what was refused, and being refused is what is looked at: a token, a file. */
const REFUSED = /the server responded with a status of 40[01]/;
/** Of the sixth request of the storefront: a chat. */
const CHAT = '/trace/00000000000000000000000000000006';
const suite = CHROMIUM ? describe : describe.skip;

/** A trace of one span as OTLP JSON; its ids are the digit, repeated. */
function oneSpan(digit: string, name: string, attributes: Readonly<Record<string, string>> = {}): string {
  const span = {
    traceId: digit.repeat(32),
    spanId: digit.repeat(16),
    name,
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000000250000000',
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

suite('the viewer with tokens', () => {
  let viewer: Viewer;
  let browser: ViewerBrowser;
  const folder = mkdtempSync(join(tmpdir(), 'viewer-access-'));
  const asAdmin = { authorization: `Bearer ${TOKENS.adminToken}` };
  const found = async (query: string): Promise<number> =>
    ((await (await fetch(`${viewer.queryUrl}/api/viewer/traces?${query}`, { headers: asAdmin })).json()) as TraceList)
      .total;
  const send = (body: string): Promise<Response> =>
    fetch(`${viewer.otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

  beforeAll(async () => {
    builtPage();
    viewer = await startViewer({ otlpPort: 0, queryPort: 0, auditFile: join(folder, 'audit.jsonl'), ...TOKENS });
    browser = await ViewerBrowser.start();
    await send(storefrontTraces(TRACES, Date.now() - 60_000));
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await viewer?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  async function signIn(page: Page, token: string): Promise<void> {
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
  }
  async function open(path: string, token: string): Promise<Page> {
    const page = await browser.open(viewer.queryUrl + path);
    await signIn(page, token);
    return page;
  }

  it('a wrong token is told so, a right one leads to the address that was asked for', async () => {
    const page = await browser.open(viewer.queryUrl + CHAT);
    await signIn(page, 'a-token-of-somebody-else');
    await page.getByRole('alert').getByText('This is not a token of this viewer').waitFor();
    expect([new URL(page.url()).pathname, await page.getByLabel('Token').getAttribute('aria-invalid')]).toEqual([
      CHAT,
      'true',
    ]);
    expect(await browser.faults(page)).toEqual([]);
    await signIn(page, TOKENS.token);
    await page.locator('.span-row').first().waitFor();
    expect([new URL(page.url()).pathname, new URL(page.url()).search]).toEqual([CHAT, '']);
    await page.close();
  }, 60_000);

  /** What each role finds on the pages where something could be changed. */
  const changes = async (page: Page): Promise<readonly string[]> => {
    await page.locator('a.trace-row').first().waitFor();
    const names = ['Import', 'Delete …'];
    const list = await Promise.all(names.map((name) => page.getByRole('button', { name, exact: true }).count()));
    await page.locator('a.trace-row').first().click();
    await page.locator('.span-row').first().waitFor();
    const ofTrace = await page.getByRole('button', { name: 'Delete …' }).count();
    await page.keyboard.press('5');
    await page.locator('.retention input').first().waitFor();
    const settings = await page.locator('.retention input:enabled').count();
    const save = await page.getByRole('button', { name: 'Save' }).count();
    return [`list ${list.join(' ')}`, `trace ${ofTrace}`, `settings ${settings} ${save}`];
  };

  it.each([
    ['viewer', TOKENS.token, ['list 0 0', 'trace 0', 'settings 0 0']],
    ['admin', TOKENS.adminToken, ['list 1 1', 'trace 1', 'settings 3 1']],
  ])(
    'the role %s finds what it may do and nothing else',
    async (_role, token, expected) => {
      const page = await open('/', token);
      expect(await changes(page)).toEqual(expected);
      await page.close();
    },
    60_000,
  );

  /** Drags a file over the page, and lets it go. */
  async function drop(page: Page, name: string, content: string): Promise<string> {
    const dataTransfer = await page.evaluateHandle(
      ([file, text]) => {
        const held = new DataTransfer();
        held.items.add(new File([text], file, { type: 'application/json' }));
        return held;
      },
      [name, content] as const,
    );
    await page.dispatchEvent('body', 'dragover', { dataTransfer });
    const hint = await page.locator('.drop-here').innerText();
    await page.dispatchEvent('body', 'drop', { dataTransfer });
    return hint;
  }

  it('a file that is dropped on the page is imported, and a wrong one is told so', async () => {
    const page = await open('/', TOKENS.adminToken);
    await page.locator('a.trace-row').first().waitFor();
    expect(await drop(page, 'wrong.json', '{"some":1}')).toBe(
      'Drop files of OTLP JSON or Jaeger JSON to import their traces',
    );
    await page
      .locator('.said-below')
      .getByText('wrong.json was not imported: body: neither OTLP JSON (resourceSpans) nor Jaeger JSON (data)')
      .waitFor();
    await drop(page, 'good.json', oneSpan('d', 'out of a file'));
    await page.waitForURL(new RegExp('d'.repeat(32)));
    await page.locator('.trace-head').getByText('out of a file').waitFor();
    await page.locator('.said-below').getByText('good.json: 1 span of 1 trace (OTLP JSON).').waitFor();
    await page.close();
  }, 60_000);

  it('who may only read is told so when they drag a file', async () => {
    const page = await open('/', TOKENS.token);
    await page.locator('a.trace-row').first().waitFor();
    expect(await drop(page, 'good.json', '{}')).toBe('Only the admin token may import traces');
    await page.close();
  }, 60_000);

  it('what a search found is deleted after the question, and nothing else', async () => {
    const [failed, sound] = [await found('status=error'), await found('status=ok')];
    const page = await open('/?status=error', TOKENS.adminToken);
    const counted = page.locator('.list-tools [role=status]');
    await counted.getByText(`${failed} traces`, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Delete …' }).click();
    await page.getByRole('heading', { name: `Delete the ${failed} traces found?` }).waitFor();
    expect(await browser.faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await found('status=error')).toBe(failed);
    await page.getByRole('button', { name: 'Delete …' }).click();
    await page.getByRole('button', { name: `Delete ${failed} traces` }).click();
    await page.getByText('No trace meets every condition').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await counted.getByText(`${sound} traces`, { exact: true }).waitFor();
    expect([failed > 0, await found('status=error'), await found('status=ok')]).toEqual([true, 0, sound]);
    await page.close();
  }, 60_000);

  it('a long text comes cut, and whole for who asks for it', async () => {
    const [traceId, spanId] = ['e'.repeat(32), 'e'.repeat(16)];
    const long = `${'x'.repeat(20_000)} the end`;
    await send(oneSpan('e', 'long', { 'app.text': long }));
    const page = await open(`/trace/${traceId}?span=${spanId}`, TOKENS.token);
    const value = page.locator('.panel .pairs td').first();
    await value.getByText('… 3.62 kB more').waitFor();
    const asked = page.waitForRequest(/full=1/);
    await page.getByRole('button', { name: 'Show them whole' }).click();
    await value.getByText('the end').waitFor();
    expect([new URL((await asked).url()).pathname, (await value.innerText()).length]).toEqual([
      `/api/viewer/traces/${traceId}/spans/${spanId}`,
      long.length,
    ]);
    await page.close();
  }, 60_000);

  it('without a complaint beside those about what was refused', () => {
    expect(browser.complaints.filter((complaint) => !REFUSED.test(complaint))).toEqual([]);
  });
});
