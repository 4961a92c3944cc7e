/**
 * What the SERVER span has to be, case by case: what is asked, and the one tree that comes of it. Each is run with no parent
 * and below an incoming one, in every way of running Next; `docs/conformance.md` lists the results.
 */
import type { Answer, Client, Question } from '../../helpers/client.ts';

/** The points that the cases prove, as the page names them. */
export type Point =
  | 'calls of the handler'
  | 'one SERVER span'
  | 'no litter'
  | 'outliving the response'
  | 'control flow and errors'
  | 'concurrency';

export interface Case {
  /** Stays the same when the words change. */
  readonly id: string;
  readonly what: string;
  readonly proves: Point;
  readonly asking: (client: Client, headers: Record<string, string>) => Promise<unknown>;
  /** Every trace of the case, without a parent; below one, each root is marked with `^`. */
  readonly expected: string;
  /** Where `next dev` differs. */
  readonly inDev?: string;
  /** What a tree shows beside the usual attributes. */
  readonly shown?: readonly string[];
}

const ask =
  (path: string, question: Question = {}) =>
  (client: Client, headers: Record<string, string>): Promise<Answer> =>
    client.ask(path, { ...question, headers: { ...question.headers, ...headers } });

type Headers = Readonly<Record<string, string>>;

/** So many questions at once, each with its own name in the path, all in the trace of one caller. */
const names = (count: number): string[] => Array.from({ length: count }, (_one, index) => String(index));

/** A caller of its own for each, where there is a caller. */
function ownCaller(headers: Headers, name: string): Headers {
  const { traceparent } = headers;
  if (traceparent === undefined) return headers;
  return { ...headers, traceparent: `00-${name.padStart(4, 'c')}${traceparent.slice(7)}` };
}

const echoes = (count: number): string =>
  names(count)
    .map(
      (name) => `
    GET /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200 url.path="/api/echo/${name}"
      work for ${name} INTERNAL
    `,
    )
    .join('');

const PRODUCT = `
    GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=200
      render route (app) /products/[id] INTERNAL
        find the product INTERNAL
        find the reviews INTERNAL
        generateMetadata /products/[id]/page INTERNAL
          find the title INTERNAL
    `;

export const CASES: readonly Case[] = [
  {
    id: 'fetch',
    what: 'a handler that calls another server',
    proves: 'calls of the handler',
    asking: ask('/api/calling'),
    expected: `
    GET /api/calling SERVER http.route="/api/calling" http.response.status_code=200
      GET CLIENT http.response.status_code=200
    `,
  },
  {
    id: 'wrapped',
    what: 'a wrapped handler',
    proves: 'one SERVER span',
    asking: ask('/api/echo/7'),
    expected: `
    GET /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200
      work for 7 INTERNAL
    `,
  },
  {
    id: 'head',
    what: 'the head of a handler’s answer',
    proves: 'one SERVER span',
    asking: ask('/api/echo/8', { method: 'HEAD' }),
    expected: `
    HEAD /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200
      work for 8 INTERNAL
    `,
  },
  {
    id: 'bare',
    what: 'a handler without a wrapper',
    proves: 'one SERVER span',
    asking: ask('/api/plain', { method: 'POST', body: 'text' }),
    expected: `
    POST /api/plain SERVER http.route="/api/plain" http.response.status_code=200
      read the body INTERNAL
    `,
  },
  {
    id: 'page',
    what: 'a page',
    proves: 'one SERVER span',
    asking: ask('/products/p-1?token=secret'),
    expected: PRODUCT,
  },
  {
    id: 'page-by-router',
    what: 'a page as the router in the browser asks for it, with and without the mark that Next leads to',
    proves: 'one SERVER span',
    asking: async (client, headers) => {
      const question = { headers: { ...headers, rsc: '1' } };
      const { location = '/nowhere' } = (await client.ask('/products/p-1', question)).headers;
      await client.ask(location, question);
    },
    expected: `
    GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=307
    GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=200
      find the product INTERNAL
      find the reviews INTERNAL
      generateMetadata /products/[id]/page INTERNAL
        find the title INTERNAL
    `,
  },
  {
    id: 'rewrite',
    what: 'a page by a rewrite of the configuration',
    proves: 'one SERVER span',
    asking: ask('/thing/p-2'),
    expected: PRODUCT,
  },
  {
    id: 'prerendered',
    what: 'a prerendered page',
    proves: 'no litter',
    asking: ask('/about'),
    expected: `
    GET /about SERVER http.route="/about" http.response.status_code=200
    `,
    inDev: `
    GET /about SERVER http.route="/about" http.response.status_code=200
      render route (app) /about INTERNAL
    `,
  },
  {
    id: 'config-redirect',
    what: 'a redirect of the configuration, which has no route',
    proves: 'one SERVER span',
    asking: ask('/moved'),
    expected: `
    GET SERVER http.response.status_code=307
    `,
  },
  {
    id: 'no-page',
    what: 'a page that is not there, by a name that is no path',
    proves: 'one SERVER span',
    asking: ask('/wp-login.php'),
    expected: `
    GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404
    `,
    inDev: `
    GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404
      render route (app) /_not-found INTERNAL
    `,
  },
  {
    id: 'proxy-page',
    what: 'a page behind the proxy: two passes, one span',
    proves: 'one SERVER span',
    asking: ask('/proxied/here'),
    expected: `
    GET /proxied/[id] SERVER http.route="/proxied/[id]" http.response.status_code=200
      middleware GET INTERNAL
        look at the visitor INTERNAL
      render route (app) /proxied/[id] INTERNAL
        find the page INTERNAL
    `,
  },
  {
    id: 'proxy-rewrite',
    what: 'a page to which the proxy leads',
    proves: 'one SERVER span',
    asking: ask('/proxied/elsewhere'),
    expected: `
    GET /products/[id] SERVER http.route="/products/[id]" http.response.status_code=200
      middleware GET INTERNAL
        look at the visitor INTERNAL
      render route (app) /products/[id] INTERNAL
        find the product INTERNAL
        find the reviews INTERNAL
        generateMetadata /products/[id]/page INTERNAL
          find the title INTERNAL
    `,
  },
  {
    id: 'proxy-handler',
    what: 'a handler behind the proxy',
    proves: 'one SERVER span',
    asking: ask('/api/echo/proxied'),
    expected: `
    GET /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200
      look at the visitor INTERNAL
      work for proxied INTERNAL
    `,
    inDev: `
    GET /api/echo/[id] SERVER http.route="/api/echo/[id]" http.response.status_code=200
      middleware GET INTERNAL
        look at the visitor INTERNAL
      work for proxied INTERNAL
    `,
  },
  {
    id: 'pages-page',
    what: 'a page of the pages folder',
    proves: 'one SERVER span',
    asking: ask('/old/o-1'),
    expected: `
    GET /old/[id] SERVER http.route="/old/[id]" http.response.status_code=200
      getServerSideProps /old/[id] INTERNAL
        find the old product INTERNAL
    `,
  },
  {
    id: 'pages-handler',
    what: 'a handler of the pages folder',
    proves: 'one SERVER span',
    asking: ask('/api/old'),
    expected: `
    GET /api/old SERVER http.route="/api/old" http.response.status_code=200
      work the old way INTERNAL
    `,
  },
  {
    id: 'after',
    what: '300 ms of work in `after()`, at their true length',
    proves: 'outliving the response',
    asking: ask('/api/later'),
    expected: `
    GET /api/later SERVER http.route="/api/later" http.response.status_code=200
      tidy up INTERNAL lasted.300ms=true
    `,
  },
  {
    id: 'stream-left',
    what: 'a client that goes away in mid-stream',
    proves: 'outliving the response',
    asking: (client, headers) => client.leave('/api/stream', { headers }),
    expected: `
    GET /api/stream SERVER http.route="/api/stream" http.response.status_code=200 throughline.client.aborted=true
    `,
  },
  {
    id: 'stream-broken',
    what: 'a stream that breaks on its own',
    proves: 'outliving the response',
    asking: ask('/api/stream?break'),
    expected: `
    GET /api/stream SERVER ERROR http.route="/api/stream" http.response.status_code=200 error.type="RangeError"
    `,
  },
  {
    id: 'redirect',
    what: '`redirect()` in a handler',
    proves: 'control flow and errors',
    asking: ask('/api/go'),
    expected: `
    GET /api/go SERVER http.route="/api/go" http.response.status_code=307 throughline.next.control_flow="redirect"
    `,
  },
  {
    id: 'redirect-in-try',
    what: '`redirect()` inside a `try` that lets it pass',
    proves: 'control flow and errors',
    asking: ask('/api/caught'),
    expected: `
    GET /api/caught SERVER http.route="/api/caught" http.response.status_code=307 throughline.next.control_flow="redirect"
      save the order INTERNAL throughline.next.control_flow="redirect"
    `,
  },
  {
    id: 'redirect-swallowed',
    what: '`redirect()` inside a `try` that swallows it',
    proves: 'control flow and errors',
    asking: ask('/api/caught?kept'),
    expected: `
    GET /api/caught SERVER http.route="/api/caught" http.response.status_code=200
      save the order INTERNAL throughline.next.control_flow="redirect"
    `,
  },
  {
    id: 'page-redirect',
    what: '`redirect()` in a page',
    proves: 'control flow and errors',
    asking: ask('/failing/moved'),
    expected: `
    GET /failing/[where] SERVER http.route="/failing/[where]" http.response.status_code=307
      render route (app) /failing/[where] INTERNAL
    `,
  },
  {
    id: 'page-not-found',
    what: '`notFound()` in a page',
    proves: 'control flow and errors',
    asking: ask('/failing/missing'),
    expected: `
    GET /failing/[where] SERVER http.route="/failing/[where]" http.response.status_code=404
      render route (app) /failing/[where] INTERNAL
    `,
  },
  {
    id: 'metadata-not-found',
    what: '`notFound()` in `generateMetadata`, which is no failure',
    proves: 'control flow and errors',
    asking: ask('/gone/g-1'),
    expected: `
    GET /gone/[id] SERVER http.route="/gone/[id]" http.response.status_code=200
      render route (app) /gone/[id] INTERNAL
        generateMetadata /gone/[id]/page INTERNAL throughline.next.control_flow="not_found"
    `,
  },
  {
    id: 'metadata-error',
    what: 'an error in `generateMetadata`',
    proves: 'control flow and errors',
    asking: ask('/gone/broken'),
    expected: `
    GET /gone/[id] SERVER ERROR http.route="/gone/[id]" http.response.status_code=200 error.type="RangeError"
      render route (app) /gone/[id] INTERNAL ERROR error.type="RangeError"
        generateMetadata /gone/[id]/page INTERNAL ERROR error.type="RangeError"
    `,
  },
  {
    id: 'page-error',
    what: 'a page that throws',
    proves: 'control flow and errors',
    asking: ask('/failing/page'),
    expected: `
    GET /failing/[where] SERVER ERROR http.route="/failing/[where]" http.response.status_code=500 error.type="500"
      render route (app) /failing/[where] INTERNAL ERROR error.type="RangeError"
    `,
  },
  {
    id: 'suspense-error',
    what: 'a part of a page that throws when the page has been sent',
    proves: 'control flow and errors',
    asking: ask('/failing/suspense'),
    expected: `
    GET /failing/[where] SERVER ERROR http.route="/failing/[where]" http.response.status_code=200 error.type="RangeError"
      render route (app) /failing/[where] INTERNAL ERROR error.type="RangeError"
        find the reviews INTERNAL ERROR error.type="RangeError"
    `,
  },
  {
    id: 'handler-error',
    what: 'a handler that throws',
    proves: 'control flow and errors',
    asking: ask('/api/throw'),
    expected: `
    GET /api/throw SERVER ERROR http.route="/api/throw" http.response.status_code=500 error.type="500"
    `,
  },
  {
    id: 'status-503',
    what: 'a handler that answers 503',
    proves: 'control flow and errors',
    asking: ask('/api/status/503'),
    expected: `
    GET /api/status/[code] SERVER ERROR http.route="/api/status/[code]" http.response.status_code=503 error.type="503"
    `,
  },
  {
    id: 'status-418',
    what: 'a handler that answers 418',
    proves: 'control flow and errors',
    asking: ask('/api/status/418'),
    expected: `
    GET /api/status/[code] SERVER http.route="/api/status/[code]" http.response.status_code=418
    `,
  },
  {
    id: 'pages-not-found',
    what: '`notFound` of `getServerSideProps`',
    proves: 'control flow and errors',
    asking: ask('/old/missing'),
    expected: `
    GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404
      getServerSideProps /old/[id] INTERNAL
        find the old product INTERNAL
    `,
    inDev: `
    GET /_not-found SERVER http.route="/_not-found" http.response.status_code=404
      getServerSideProps /old/[id] INTERNAL
        find the old product INTERNAL
      render route (app) /_not-found INTERNAL
    `,
  },
  {
    id: 'pages-error',
    what: '`getServerSideProps` that throws',
    proves: 'control flow and errors',
    asking: ask('/old/broken'),
    expected: `
    GET /old/[id] SERVER ERROR http.route="/old/[id]" http.response.status_code=500 error.type="500"
      getServerSideProps /old/[id] INTERNAL ERROR error.type="RangeError"
        find the old product INTERNAL
    `,
  },
  {
    id: 'two-at-once',
    what: 'two requests at once, in one trace',
    proves: 'concurrency',
    asking: (client, headers) => Promise.all(names(2).map((name) => client.ask(`/api/echo/${name}`, { headers }))),
    shown: ['url.path'],
    expected: echoes(2),
  },
  {
    id: 'hundred-in-one',
    what: '100 requests at once, in one trace',
    proves: 'concurrency',
    asking: (client, headers) => Promise.all(names(100).map((name) => client.ask(`/api/echo/${name}`, { headers }))),
    shown: ['url.path'],
    expected: echoes(100),
  },
  {
    id: 'hundred',
    what: '100 requests at once, each in the trace of its own caller',
    proves: 'concurrency',
    asking: (client, headers) =>
      Promise.all(names(100).map((name) => client.ask(`/api/echo/${name}`, { headers: ownCaller(headers, name) }))),
    shown: ['url.path'],
    expected: echoes(100),
  },
  {
    id: 'keep-alive',
    what: 'requests one after the other over a connection that stays open',
    proves: 'concurrency',
    asking: async (client, headers) => {
      for (const name of names(5)) await client.ask(`/api/echo/${name}`, { headers: ownCaller(headers, name) });
    },
    shown: ['url.path'],
    expected: echoes(5),
  },
  {
    id: 'pipelined',
    what: '20 requests over one connection, all sent before the first is answered',
    proves: 'concurrency',
    asking: (client, headers) =>
      client.together(names(20).map((name) => ({ path: `/api/echo/${name}`, headers: ownCaller(headers, name) }))),
    shown: ['url.path'],
    expected: echoes(20),
  },
];
