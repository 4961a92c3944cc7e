/** The `traceparent` that a page hands to the browser (`experimental.clientTraceMetadata`): of this visit, or none. */
import { type Parent, ask, createParents } from '../helpers/asking.ts';
import { type NextApp, buildNextApp, startNextApp } from '../helpers/next-app.ts';

const newParent = createParents();

/** Whose trace the page says it belongs to. */
async function handed(app: NextApp, path: string, parent: Parent): Promise<string> {
  const { content } = await ask(app, path, parent);
  const [, traceId] = /<meta name="traceparent" content="00-([0-9a-f]{32})-[0-9a-f]{16}-01"/.exec(content) ?? [];
  if (traceId === undefined) return content.includes('traceparent') ? content : 'none';
  return traceId === parent.traceId ? 'this visit' : 'another visit';
}

beforeAll(() => buildNextApp(), 180_000);

describe('next start', () => {
  let app: NextApp;
  beforeAll(async () => {
    app = await startNextApp('start');
  }, 60_000);
  afterAll(async () => {
    await app?.stop();
    await app?.collector.close();
  }, 30_000);

  it.each([
    ['a page that is rendered for every visit', '/products/7', ['this visit', 'this visit']],
    ['a prerendered page', '/still', ['none', 'none']],
    ['a page that is rendered once, at its first visit, for everybody', '/renewed/7', ['none', 'none']],
  ])(
    '%s',
    async (_what, path, expected) => {
      const first = await handed(app, path, newParent());
      expect([first, await handed(app, path, newParent())]).toEqual(expected);
    },
    30_000,
  );
});
