/** Server Actions, server components and control flow, in the ways that Next runs them. */
import { type Answer, type Visit, ask, createParents, treeOf } from '../helpers/asking.ts';
import { actionIdOf, callAction, hiddenFields, sendForm } from '../helpers/forms.ts';
import { type NextApp, buildNextApp, startNextApp } from '../helpers/next-app.ts';
import { spansNamed } from '../helpers/served.ts';
import { tree } from '../helpers/trace-tree.ts';

const SHOWN = [
  'http.route',
  'http.response.status_code',
  'error.type',
  'throughline.next.control_flow',
  'throughline.next.action.name',
  'code.function.name',
];
const SECRET = 'planted-ada-4711';
const newParent = createParents();

type Asking = (app: NextApp, page: string, visit: Visit) => Promise<Answer>;

const byReact =
  (form: string, ...bound: readonly unknown[]): Asking =>
  (app, page, parent) =>
    callAction(app, '/actions', actionIdOf(page, form), bound, { name: SECRET }, parent);

const byForm =
  (form: string): Asking =>
  (app, page, parent) =>
    sendForm(app, '/actions', [...hiddenFields(page, form), ['name', SECRET]], parent);

const get =
  (path: string): Asking =>
  (app, _page, parent) =>
    ask(app, path, parent);

interface Case {
  readonly what: string;
  readonly asking: Asking;
  readonly expected: string;
  /** Where `next dev` differs. */
  readonly inDev?: string;
}

const ACTIONS: readonly Case[] = [
  {
    what: 'an action',
    asking: byReact('save'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200 throughline.next.action.name="save"
      save the profile INTERNAL code.function.name="save"
        write the profile INTERNAL
    `,
  },
  {
    what: 'an action of a form, without JavaScript',
    asking: byForm('save'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200 throughline.next.action.name="save"
      save the profile INTERNAL code.function.name="save"
        write the profile INTERNAL
      render route (app) /actions INTERNAL
    `,
  },
  {
    what: 'an action with a bound argument',
    asking: byReact('rename', 'planted-id-4711'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200 throughline.next.action.name="rename"
      rename the profile INTERNAL code.function.name="rename"
        write the name INTERNAL
    `,
  },
  {
    what: 'an action with a bound argument, without JavaScript',
    asking: byForm('rename'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200 throughline.next.action.name="rename"
      rename the profile INTERNAL code.function.name="rename"
        write the name INTERNAL
      render route (app) /actions INTERNAL
    `,
  },
  {
    what: 'an action of useActionState',
    asking: byReact('count', 1),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200 throughline.next.action.name="count"
      count INTERNAL code.function.name="count"
    `,
  },
  {
    what: 'an action of useActionState, without JavaScript',
    asking: byForm('count'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200 throughline.next.action.name="count"
      count INTERNAL code.function.name="count"
      render route (app) /actions INTERNAL
    `,
  },
  {
    what: 'an action that is not wrapped: the request says which one ran',
    asking: byReact('plain'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200 throughline.next.action.name="plain"
      write it plainly INTERNAL
    `,
  },
  {
    what: 'an action inside a component, which has no name',
    asking: byReact('inline'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200
      remember INTERNAL
        write the memory INTERNAL
    `,
  },
  {
    what: 'a wrapper around what is a reference already, which stays one',
    asking: byReact('wrappedInline'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200
      write it inline INTERNAL
    `,
  },
  {
    what: 'redirect() in an action, without JavaScript',
    asking: byForm('leave'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=303 throughline.next.action.name="leave"
      leave INTERNAL throughline.next.control_flow="redirect" code.function.name="leave"
    `,
  },
  {
    what: 'redirect() in an action: Next fetches where it leads',
    asking: byReact('leave'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=200 throughline.next.action.name="leave"
      leave INTERNAL throughline.next.control_flow="redirect" code.function.name="leave"
      GET CLIENT http.response.status_code=200
        GET /about SERVER http.route="/about" http.response.status_code=200
    `,
  },
  {
    what: 'notFound() in an action',
    asking: byReact('lose'),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=404 throughline.next.action.name="lose"
      lose INTERNAL throughline.next.control_flow="not_found" code.function.name="lose"
    `,
  },
  {
    what: 'an action that fails',
    asking: byReact('fail'),
    expected: `
    ^ POST /actions SERVER ERROR http.route="/actions" http.response.status_code=500 error.type="500" throughline.next.action.name="fail"
      fail INTERNAL ERROR error.type="RangeError" code.function.name="fail"
    `,
  },
  {
    what: 'an action that fails, without JavaScript',
    asking: byForm('fail'),
    expected: `
    ^ POST /actions SERVER ERROR http.route="/actions" http.response.status_code=500 error.type="500" throughline.next.action.name="fail"
      fail INTERNAL ERROR error.type="RangeError" code.function.name="fail"
    `,
  },
  {
    what: 'an action that nobody knows',
    asking: (app, _page, parent) => callAction(app, '/actions', 'f'.repeat(42), [], {}, parent),
    expected: `
    ^ POST /actions SERVER http.route="/actions" http.response.status_code=409
    `,
  },
];

const COMPONENTS: readonly Case[] = [
  {
    what: 'components, async and not',
    asking: get('/parts/p-1'),
    expected: `
    ^ GET /parts/[id] SERVER http.route="/parts/[id]" http.response.status_code=200
      render route (app) /parts/[id] INTERNAL
        Parts INTERNAL
        Price INTERNAL
        Reviews INTERNAL
          find the reviews INTERNAL
    `,
  },
  {
    what: 'a component that waits is called again',
    asking: get('/parts/waits'),
    expected: `
    ^ GET /parts/[id] SERVER http.route="/parts/[id]" http.response.status_code=200
      render route (app) /parts/[id] INTERNAL
        Parts INTERNAL
        Price INTERNAL
        Reviews INTERNAL
          find the reviews INTERNAL
        Stock INTERNAL throughline.next.control_flow="suspended"
        Stock INTERNAL
    `,
  },
  {
    what: 'notFound() in a component',
    asking: get('/parts/lost'),
    expected: `
    ^ GET /parts/[id] SERVER http.route="/parts/[id]" http.response.status_code=200
      render route (app) /parts/[id] INTERNAL
        Parts INTERNAL
        Price INTERNAL
        Reviews INTERNAL
          find the reviews INTERNAL
        Lost INTERNAL throughline.next.control_flow="not_found"
    `,
  },
  {
    what: 'a component that fails',
    asking: get('/parts/broken'),
    expected: `
    ^ GET /parts/[id] SERVER ERROR http.route="/parts/[id]" http.response.status_code=200 error.type="RangeError"
      render route (app) /parts/[id] INTERNAL ERROR error.type="RangeError"
        Parts INTERNAL
        Price INTERNAL
        Reviews INTERNAL
          find the reviews INTERNAL
        Broken INTERNAL ERROR error.type="RangeError"
    `,
  },
  {
    what: 'a component that was prerendered: nothing runs',
    asking: get('/still'),
    expected: `
    ^ GET /still SERVER http.route="/still" http.response.status_code=200
    `,
    inDev: `
    ^ GET /still SERVER http.route="/still" http.response.status_code=200
      render route (app) /still INTERNAL
        Still INTERNAL
    `,
  },
];

/** What a page and a handler come to that call one of Next's functions in a decorated method, in a span. */
const FLOWS = [
  ['redirect', 'redirect', 307],
  ['permanentRedirect', 'redirect', 308],
  ['notFound', 'not_found', 404],
  ['forbidden', 'forbidden', 403],
  ['unauthorized', 'unauthorized', 401],
].flatMap(([call, flow, status]): Case[] => [
  {
    what: `${call}() in a page`,
    asking: get(`/flow/${call}`),
    expected: `
    ^ GET /flow/[what] SERVER http.route="/flow/[what]" http.response.status_code=${status}
      render route (app) /flow/[what] INTERNAL
        Gate.pass INTERNAL throughline.next.control_flow="${flow}"
          look at the ticket INTERNAL throughline.next.control_flow="${flow}"
    `,
  },
  {
    what: `${call}() in a handler`,
    asking: get(`/api/flow/${call}`),
    expected: `
    ^ GET /api/flow/[what] SERVER http.route="/api/flow/[what]" http.response.status_code=${status} throughline.next.control_flow="${flow}"
      Gate.pass INTERNAL throughline.next.control_flow="${flow}"
        look at the ticket INTERNAL throughline.next.control_flow="${flow}"
    `,
  },
]);

const CAUGHT: readonly Case[] = [
  {
    what: 'redirect() in a handler that catches it and hands it on',
    asking: get('/api/flow/redirect?caught=rethrow'),
    expected: `
    ^ GET /api/flow/[what] SERVER http.route="/api/flow/[what]" http.response.status_code=307 throughline.next.control_flow="redirect"
      Gate.pass INTERNAL throughline.next.control_flow="redirect"
        look at the ticket INTERNAL throughline.next.control_flow="redirect"
    `,
  },
  {
    what: 'redirect() in a handler that catches it and answers something else',
    asking: get('/api/flow/redirect?caught=swallow'),
    expected: `
    ^ GET /api/flow/[what] SERVER http.route="/api/flow/[what]" http.response.status_code=200
      Gate.pass INTERNAL throughline.next.control_flow="redirect"
        look at the ticket INTERNAL throughline.next.control_flow="redirect"
      make up for it INTERNAL
    `,
  },
];

interface Failing {
  readonly what: string;
  readonly asking: Asking;
  /** Spans of the trace; then the span with the exception, and what the SERVER span says. */
  readonly spans: number;
  readonly expected: readonly unknown[];
  /** Where `next dev` says something else. */
  readonly inDev?: readonly unknown[];
}

const FAILURES: readonly Failing[] = [
  {
    what: 'a page',
    asking: get('/broken/page'),
    spans: 2,
    expected: ['render route (app) /broken/[where]: broken in the page', '/broken/[where]', 'react-server-components', 500], // prettier-ignore
  },
  {
    what: 'a child below Suspense',
    asking: get('/broken/child'),
    spans: 2,
    expected: ['render route (app) /broken/[where]: broken in the child', '/broken/[where]', 'react-server-components', 200], // prettier-ignore
  },
  {
    what: 'a client component, where HTML is made of it',
    asking: get('/broken/client'),
    spans: 2,
    expected: ['render route (app) /broken/[where]: broken in the client component', '/broken/[where]', 'server-rendering', 200], // prettier-ignore
  },
  {
    what: 'an action',
    asking: byReact('fail'),
    spans: 2,
    expected: ['fail: the profile is full', '/actions', 'react-server-components-payload', 500],
  },
  {
    what: 'an action, without JavaScript',
    asking: byForm('fail'),
    spans: 2,
    expected: ['fail: the profile is full', '/actions', undefined, 500],
  },
  {
    what: 'a handler',
    asking: get('/api/throw'),
    spans: 1,
    expected: ['GET /api/throw: out of stars', '/api/throw', undefined, 500],
  },
  {
    what: 'the proxy, behind which Next goes on to a page that is not there',
    asking: get('/proxied/broken'),
    spans: 3,
    expected: ['middleware GET: the proxy is broken', '/_not-found', undefined, 500],
    inDev: ['middleware GET: the proxy is broken', '/_error', undefined, 500],
  },
];

beforeAll(() => buildNextApp(), 180_000);

describe.each(['start', 'standalone', 'dev'] as const)('next %s', (mode) => {
  let app: NextApp;
  let page: string;
  beforeAll(async () => {
    app = await startNextApp(mode);
    page = (await ask(app, '/actions', newParent())).content;
  }, 60_000);
  afterAll(async () => {
    await app?.stop();
    await app?.collector.close();
  }, 30_000);

  describe.each(['no parent', 'incoming parent'] as const)('%s', (from) => {
    it.each([...ACTIONS, ...COMPONENTS, ...FLOWS, ...CAUGHT])(
      '$what',
      async ({ asking, expected, inDev }) => {
        const { name, traceparent } = newParent();
        const visit = from === 'incoming parent' ? { name, traceparent } : { name };
        const below = tree((mode === 'dev' ? inDev : undefined) ?? expected);
        const literal = from === 'incoming parent' ? below : below.replaceAll('^ ', '');
        await asking(app, page, visit);
        expect(await treeOf(app, visit, literal, SHOWN)).toBe(literal);
      },
      30_000,
    );
  });

  it.each(FAILURES)(
    'the error of $what is written once, where it came from',
    async ({ asking, spans, expected, inDev }) => {
      const parent = newParent();
      await asking(app, page, parent);
      const found = () => spansNamed(app.collector, parent.name);
      await app.collector.until('the trace', () => found().length >= spans);
      const errors = found().flatMap(({ name, events }) =>
        events.map(({ attributes }) => `${name}: ${String(attributes['exception.message'])}`),
      );
      const server = found().find(({ parentSpanId }) => parentSpanId === '00f067aa0ba902b7')?.attributes ?? {};
      const says = ['http.route', 'throughline.next.render_source', 'http.response.status_code'].map(
        (key) => server[key],
      );
      expect([...errors, ...says]).toEqual((mode === 'dev' ? inDev : undefined) ?? expected);
    },
    30_000,
  );

  it('says in which file an action stands, of the wrapped ones and of the others', async () => {
    const rows = [];
    for (const form of ['save', 'plain', 'inline']) {
      const parent = newParent();
      await byReact(form)(app, page, parent);
      await app.collector.until('the action', () => spansNamed(app.collector, parent.name).length >= 2);
      const keys = ['throughline.next.action.file', 'code.file.path', 'throughline.next.action.id'];
      const found = spansNamed(app.collector, parent.name).flatMap(({ attributes }) =>
        keys.map((key) => attributes[key]),
      );
      rows.push([...new Set(found.filter((value) => typeof value === 'string'))].toSorted());
    }
    const file = (name: string): string => `.throughline/next-app/app/actions/${name}`;
    expect(rows).toEqual([
      [file('actions.ts'), actionIdOf(page, 'save')],
      [file('actions.ts'), actionIdOf(page, 'plain')],
      [file('page.tsx'), actionIdOf(page, 'inline')],
    ]);
  }, 30_000);

  it('nothing of what was sent, bound or returned has left', () => {
    expect([app.collector.text.includes('planted'), app.collector.text.includes('save the profile')]).toEqual([
      false,
      true,
    ]);
  });
});
