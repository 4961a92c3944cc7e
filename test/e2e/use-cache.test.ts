/** Cache Components: what is prerendered stays prerendered, what is cached stays cached, and what runs is traced. */
import { type Parent, ask, createParents } from '../helpers/asking.ts';
import { Collector } from '../helpers/collector.ts';
import { actionIdOf, callAction, hiddenFields, sendForm } from '../helpers/forms.ts';
import { type NextApp, buildFixture, startNextApp } from '../helpers/next-app.ts';
import { formatTree, tree } from '../helpers/trace-tree.ts';

const FIXTURE = 'next-cache-app';
const SHOWN = ['http.route', 'http.response.status_code', 'error.type', 'throughline.next.control_flow', 'test.late'];
const SECRET = 'planted-ada-4711';
/** What Next and Node say of a page that is not as they want it. */
const COMPLAINTS = /⚠|⨯|warn|error|Math\.random|Date\.now|cookies/i;

interface Told {
  readonly status: number;
  readonly announced: boolean;
  readonly content: string;
  readonly trace: string;
}

type Asking = (app: NextApp, parent: Parent | undefined) => Promise<Response & { readonly content?: string }>;

const get =
  (path: string): Asking =>
  async (app, parent) => {
    const init = { headers: { cookie: `visitor=${SECRET}` } };
    return parent === undefined ? fetch(app.url + path, init) : ask(app, path, parent, init);
  };

/** Asks, and waits until as many spans of the new trace are there as the literal has lines. */
async function tell(app: NextApp, asking: Asking, literal: string, parent?: Parent): Promise<Told> {
  const before = new Set(app.collector.spans.map(({ traceId }) => traceId));
  const response = await asking(app, parent);
  const content = response.content ?? (await response.text());
  const spans = () =>
    parent === undefined
      ? app.collector.spans.filter(({ traceId }) => !before.has(traceId))
      : app.collector.ofTrace(parent.traceId);
  await app.collector.until('the trace', () => spans().length >= literal.split('\n').length);
  return {
    status: response.status,
    announced: ['x-trace-id', 'server-timing'].some((name) => response.headers.has(name)),
    content: content.replaceAll('<!-- -->', ''),
    trace: formatTree(spans(), SHOWN),
  };
}

const newParent = createParents();

let built: string;
let sentByBuild: number;
beforeAll(async () => {
  const collector = await new Collector().start();
  built = await buildFixture(FIXTURE, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50' });
  sentByBuild = collector.requests.length;
  await collector.close();
}, 180_000);

it('the build complains of nothing, traces nothing, and prerenders what it did before', () => {
  const said = built.replace(/⚠ No build cache found.*/, ''); // of the machine: Next says it where CI is set
  const routes = [...built.matchAll(/^[┌├│└ ]+([○◐ƒ●]) (\/\S*)/gm)].map(([, how, path]) => `${how} ${path}`);
  expect({ complaint: COMPLAINTS.exec(said)?.[0], sentByBuild, routes }).toEqual({
    complaint: undefined,
    sentByBuild: 0,
    routes: [
      '○ /_not-found',
      '○ /actions',
      '○ /api/kept',
      'ƒ /api/later',
      'ƒ /api/rates',
      '◐ /parts/[id]',
      '○ /parts/known',
      '◐ /shop',
      '○ /still',
    ],
  });
});

interface Case {
  readonly what: string;
  readonly asking: Asking;
  readonly expected: string;
}

/** What is answered from what the build kept: nothing of the program runs. */
const PRERENDERED: readonly Case[] = [
  ['/still', '/still'],
  ['/parts/known', '/parts/[id]'],
  ['/api/kept', '/api/kept'],
].map(([path = '', route = '']) => ({
  what: `${path}, which the build has kept`,
  asking: get(path),
  expected: `GET ${route} SERVER http.route="${route}" http.response.status_code=200`,
}));

const CASES: readonly Case[] = [
  {
    // Next renders it twice, without tracing too (measured, 16.4.5): the second time as far as `connection()`.
    what: 'a static shell with a hole for the request',
    asking: get('/shop'),
    expected: `
    GET /shop SERVER http.route="/shop" http.response.status_code=200
      render route (app) /shop INTERNAL
        Shop INTERNAL
        Shelf INTERNAL
        Basket INTERNAL
          read the rates INTERNAL
          PriceService.find INTERNAL
          tidy up INTERNAL test.late=true
        Shop INTERNAL
        Shelf INTERNAL
        Basket INTERNAL throughline.next.control_flow="prerender"
          read the rates INTERNAL
          PriceService.find INTERNAL
    `,
  },
  {
    what: 'a handler whose work goes on, in after() and on its own',
    asking: get('/api/later'),
    expected: `
    GET /api/later SERVER http.route="/api/later" http.response.status_code=200
      write the statistics INTERNAL test.late=true
      tidy up INTERNAL test.late=true
    `,
  },
];

const ACTIONS = {
  sent: `
    POST /actions SERVER http.route="/actions" http.response.status_code=200
      raise the price INTERNAL
        PriceService.find INTERNAL
      work the price out INTERNAL
  `,
  byForm: `
    POST /actions SERVER http.route="/actions" http.response.status_code=200
      raise the price INTERNAL
        PriceService.find INTERNAL
      work the price out INTERNAL
      render route (app) /actions INTERNAL
  `,
};

/** A cached function below a request: in the trace of the one who has to wait for it. */
const MISS = `
  GET /api/rates SERVER http.route="/api/rates" http.response.status_code=200
    read the rates INTERNAL
    count INTERNAL
    read the price INTERNAL
    work the price out INTERNAL
    PriceService.find INTERNAL
`;
const HIT = MISS.replace(/.*work the price out.*\n/, '');

/** Nothing is prerendered there, but cached functions are cached. */
const DEV: readonly (readonly [path: string, expected: string])[] = [
  [
    '/still',
    `
    GET /still SERVER http.route="/still" http.response.status_code=200
      render route (app) /still INTERNAL
        Still INTERNAL
          read the rates INTERNAL
    `,
  ],
  [
    '/shop',
    `
    GET /shop SERVER http.route="/shop" http.response.status_code=200
      render route (app) /shop INTERNAL
        Shop INTERNAL
        Shelf INTERNAL
        Basket INTERNAL
          read the rates INTERNAL
          PriceService.find INTERNAL
          tidy up INTERNAL test.late=true
    `,
  ],
  [
    '/api/kept',
    `
    GET /api/kept SERVER http.route="/api/kept" http.response.status_code=200
      read the rates INTERNAL
    `,
  ],
  ['/api/later', CASES[1]?.expected ?? ''],
];

const BOTH = [
  ['with a traceparent', true],
  ['without one', false],
] as const;
/** The tree of a request that belongs to a trace of its caller's. */
const below = (literal: string, called: boolean): string => (called ? `^ ${literal}` : literal);

describe('next start', () => {
  let app: NextApp;
  beforeAll(async () => {
    app = await startNextApp('start', {}, 'Ready', { fixture: FIXTURE });
    // Fills the caches, so that each test finds them full.
    for (const path of ['/api/rates?currency=EUR', '/shop']) await tell(app, get(path), 'one');
  }, 60_000);
  afterAll(async () => {
    await app?.stop();
    await app?.collector.close();
  }, 30_000);

  describe.each(BOTH)('%s', (_how, called) => {
    it.each([...PRERENDERED, ...CASES])(
      '$what',
      async ({ asking, expected }) => {
        const literal = below(tree(expected), called);
        expect((await tell(app, asking, literal, called ? newParent() : undefined)).trace).toBe(literal);
      },
      30_000,
    );

    it('a cached function runs once, below the request that found it missing, with no further argument', async () => {
      const currency = called ? 'SEK' : 'NOK';
      const told = [];
      for (const [more, literal] of [
        [`${currency}1`, MISS],
        [`${currency}2`, HIT],
      ] as const) {
        // prettier-ignore
        const path = `/api/rates?currency=${currency}&more=${more}`;
        told.push(await tell(app, get(path), below(tree(literal), called), called ? newParent() : undefined));
      }
      const kept = { rates: 1, count: '0 arguments, run 1', price: `${currency} of run 1`, byService: `${currency} of run 1` }; // prettier-ignore
      const answers = told.map(({ content }) => JSON.parse(content) as { countWithMore: string });
      const [first, second] = answers.map(({ countWithMore }) => countWithMore);
      expect({
        trees: told.map(({ trace }) => trace),
        answers,
        controlRanTwice: first !== second,
      }).toEqual({
        trees: [MISS, HIT].map((literal) => below(tree(literal), called)),
        answers: [first, second].map((countWithMore) => Object.assign({ countWithMore }, kept)),
        controlRanTwice: true,
      });
    }, 30_000);
  });

  it('an action that renews what is cached', async () => {
    const page = (await ask(app, '/actions', newParent())).content;
    const fields = { name: SECRET };
    const parents = [newParent(), newParent()];
    const [sent = '', byForm = ''] = [ACTIONS.sent, ACTIONS.byForm].map((literal) => below(tree(literal), true));
    const told = [
      await tell(app, (_app, parent) => callAction(app, '/actions', actionIdOf(page, 'raise'), [], fields, parent as Parent), sent, parents[0]), // prettier-ignore
      await tell(app, (_app, parent) => sendForm(app, '/actions', [...hiddenFields(page, 'raise'), ['name', SECRET]], parent as Parent), byForm, parents[1]), // prettier-ignore
    ];
    expect(told.map(({ trace }) => trace)).toEqual([sent, byForm]);
  }, 30_000);

  it('work that goes on keeps its length', async () => {
    const parent = newParent();
    await tell(app, get('/api/later'), tree(CASES[1]?.expected ?? ''), parent);
    const spans = app.collector.ofTrace(parent.traceId);
    const late = spans.filter(({ name }) => name === 'tidy up' || name === 'write the statistics');
    // A timer of 300 ms may come a moment early by another clock.
    expect(late.map(({ durationNanos }) => durationNanos > 290_000_000n)).toEqual([true, true]);
  }, 30_000);

  it('the shell comes first, as the build has made it; the hole is filled after it', async () => {
    const { content, status } = await tell(app, get('/shop'), 'one');
    const parts = ['<h1>Shop</h1>', '<ul id="shelf">tents</ul>', 'Looking for your basket', `${SECRET.length} letters, rates of run 1, EUR of run 1`]; // prettier-ignore
    const at = parts.map((part) => content.indexOf(part));
    expect({ status, missing: at.filter((index) => index < 0), ordered: at.toSorted((a, b) => a - b) }).toEqual({
      status: 200,
      missing: [],
      ordered: at,
    });
  }, 30_000);

  it('a page that is prerendered while the server runs is traced the first time and kept from then on', async () => {
    const rows = [];
    for (const last of ['prerender route (app) /parts/[id]', 'GET /parts/[id]']) {
      const parent = newParent();
      const { status, content } = await tell(app, get('/parts/fresh'), 'one', parent);
      const names = () => app.collector.ofTrace(parent.traceId).map(({ name }) => name);
      await app.collector.until(last, () => names().includes(last) && names().includes('GET /parts/[id]'));
      const page = content.includes('fresh, rates of run 1, USD of run 1');
      rows.push([status, page, [...new Set(names())].toSorted()]);
    }
    expect(rows).toEqual([
      [
        200,
        true,
        [
          'GET /parts/[id]',
          'Part',
          'PriceService.find',
          'find the title',
          'generateMetadata /parts/[id]/page',
          'prerender route (app) /parts/[id]',
          'read the rates',
          'render route (app) /parts/[id]',
          'work the price out',
        ],
      ],
      [200, true, ['GET /parts/[id]']],
    ]);
  }, 30_000);

  it('only what was made for one request says in which trace', async () => {
    const rows = [];
    for (const path of ['/still', '/parts/known', '/shop', '/api/kept', '/api/later']) {
      rows.push([path, (await tell(app, get(path), 'one', newParent())).announced]);
    }
    expect(rows).toEqual([
      ['/still', false],
      ['/parts/known', false],
      ['/shop', false],
      ['/api/kept', false],
      ['/api/later', true],
    ]);
  }, 30_000);

  it('the server has complained of nothing, and nothing of the visitor has left', () => {
    expect([COMPLAINTS.exec(app.output())?.[0], app.collector.text.includes('planted'), app.collector.text.includes('Basket')]).toEqual([undefined, false, true]); // prettier-ignore
  });
});

describe('next dev', () => {
  let app: NextApp;
  beforeAll(async () => {
    app = await startNextApp('dev', {}, 'Ready', { fixture: FIXTURE });
    // Fills the caches, and compiles what the tests ask for.
    for (const path of ['/api/rates?currency=EUR', ...DEV.map(([asked]) => asked)]) await tell(app, get(path), 'one');
  }, 60_000);
  afterAll(async () => {
    await app?.stop();
    await app?.collector.close();
  }, 30_000);

  it.each(DEV)(
    '%s',
    async (path, expected) => {
      const literal = below(tree(expected), true);
      expect((await tell(app, get(path), literal, newParent())).trace).toBe(literal);
    },
    30_000,
  );

  it('a cached function stays cached', async () => {
    const answers = [];
    for (const more of ['a', 'b']) {
      const { content } = await tell(app, get(`/api/rates?currency=EUR&more=${more}`), tree(HIT), newParent());
      answers.push(Object.entries(JSON.parse(content) as object).map(([what, kept]) => `${what}: ${kept}`));
    }
    const [first = [], second = []] = answers;
    expect(first.filter((answer) => !second.includes(answer))).toEqual([
      expect.stringMatching(/^countWithMore: 1 arguments, run \d+$/),
    ]);
  }, 30_000);

  it('the server has complained of nothing, and nothing of the visitor has left', () => {
    expect([COMPLAINTS.exec(app.output())?.[0], app.collector.text.includes('planted'), app.collector.text.includes('Basket')]).toEqual([undefined, false, true]); // prettier-ignore
  });
});
