/** What the installed Next throws, made by its own functions: which of it is a failure of the work that threw it. */
import { SpanStatusCode } from '@opentelemetry/api';
import { Suspense, createElement, use } from 'react';
import { renderToReadableStream } from 'react-dom/server.edge';
import { StaticGenBailoutError } from 'next/dist/client/components/static-generation-bailout.js';
import * as dynamicRendering from 'next/dist/server/app-render/dynamic-rendering.js';
import { InstantValidationError } from 'next/dist/server/app-render/instant-validation/instant-validation-error.js';
import {
  ClientHookDynamicError,
  makeClientHookHangingPromise,
  makeDynamicHangingPromise,
} from 'next/dist/server/dynamic-rendering-utils.js';
import {
  NestedDynamicUseCacheError,
  UnexpectedCacheMissError,
  UseCacheDeadlockError,
  UseCacheTimeoutError,
} from 'next/dist/server/use-cache/use-cache-errors.js';
import { ResponseAborted } from 'next/dist/server/web/spec-extension/adapters/next-request.js';
import { BailoutToCSRForNextDynamic } from 'next/dist/shared/lib/lazy-dynamic/dynamic-bailout-to-csr.js';
import { createReactBrowserBailoutReason } from 'next/dist/shared/lib/lazy-dynamic/react-browser-bailout.js';
import { forbidden, notFound, permanentRedirect, redirect, unauthorized, unstable_rethrow } from 'next/navigation.js';
import { cookies } from 'next/headers.js';
import { Trace, traceAsync } from '@/lib/tracing/index.ts';
import { ATTR } from '@/lib/tracing/semconv/names.ts';
import { type TestTracing, bootTracing } from '../../../helpers/test-tracing.ts';

// `forbidden()` and `unauthorized()` ask for it (`experimental.authInterrupts`).
process.env['__NEXT_EXPERIMENTAL_AUTH_INTERRUPTS'] = 'true';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const ROUTE = '/products/[id]';

/** What a piece of work throws, at once or later. */
async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

/** What `use` throws in a component that has to wait. */
async function suspension(): Promise<unknown> {
  let thrown: unknown;
  const Waits = (): string => {
    try {
      return use(Promise.resolve('there'));
    } catch (error) {
      thrown ??= error;
      throw error;
    }
  };
  await (
    await renderToReadableStream(createElement(Suspense, {}, createElement(Waits)))
  ).allReady;
  return thrown;
}

// Not in its types.
const { abortAndThrowOnSynchronousRequestDataAccess, throwToInterruptStaticGeneration } =
  dynamicRendering as unknown as Record<string, (...given: unknown[]) => never>;

const prerender = { controller: new AbortController(), dynamicTracking: null };

interface Row {
  readonly what: string;
  readonly work: () => unknown;
  /** What `throughline.next.control_flow` says; without it the work has failed. */
  readonly flow?: string;
  /** `error.type` of a failure. */
  readonly type?: string;
  /** Whether `unstable_rethrow` throws it again where it is the cause of another error. */
  readonly isRethrown?: true;
}

const ROWS: readonly Row[] = [
  { what: 'redirect()', work: () => redirect('/login'), flow: 'redirect', isRethrown: true },
  { what: 'permanentRedirect()', work: () => permanentRedirect('/login'), flow: 'redirect', isRethrown: true },
  { what: 'notFound()', work: () => notFound(), flow: 'not_found', isRethrown: true },
  { what: 'forbidden()', work: () => forbidden(), flow: 'forbidden', isRethrown: true },
  { what: 'unauthorized()', work: () => unauthorized(), flow: 'unauthorized', isRethrown: true },
  {
    what: 'request data in a page that is made static',
    work: () => throwToInterruptStaticGeneration?.('cookies()', { route: ROUTE }, {}),
    flow: 'dynamic_usage',
    isRethrown: true,
  },
  {
    what: 'request data while prerendering, read at once',
    work: () => abortAndThrowOnSynchronousRequestDataAccess?.(ROUTE, '`id`', new Error('here'), prerender),
    flow: 'prerender',
    isRethrown: true,
  },
  {
    what: 'request data while prerendering, awaited until its end',
    work: () => makeDynamicHangingPromise(AbortSignal.abort(), ROUTE, '`cookies()`'),
    flow: 'prerender',
    isRethrown: true,
  },
  {
    what: 'a hook of the browser while prerendering',
    work: () => makeClientHookHangingPromise(AbortSignal.abort(), new ClientHookDynamicError(ROUTE, 'usePathname()')),
    flow: 'prerender',
  },
  {
    what: 'a sample that is missing while a page is tried out',
    work: () => {
      throw new InstantValidationError('no sample');
    },
    flow: 'prerender',
  },
  {
    what: 'next/dynamic without server rendering',
    work: () => BailoutToCSRForNextDynamic({ children: null } as never),
    flow: 'client_rendering',
    isRethrown: true,
  },
  {
    what: "React's own way of leaving a part to the browser",
    work: () => {
      throw new Error('left to the browser', { cause: createReactBrowserBailoutReason('next/dynamic') });
    },
    flow: 'client_rendering',
  },
  {
    what: 'a component that waits',
    work: async () => {
      throw await suspension();
    },
    flow: 'suspended',
  },
  {
    what: "request data in a page of dynamic = 'error'",
    work: () => {
      throw new StaticGenBailoutError('not static');
    },
    type: 'NEXT_STATIC_GEN_BAILOUT',
  },
  {
    what: 'a cached function that takes too long',
    work: () => {
      throw new UseCacheTimeoutError(ROUTE);
    },
    type: 'Error',
  },
  {
    what: 'a cached function that waits for itself',
    work: () => {
      throw new UseCacheDeadlockError(ROUTE);
    },
    type: 'Error',
  },
  {
    what: 'a cached function whose arguments change',
    work: () => {
      throw new UnexpectedCacheMissError(ROUTE);
    },
    type: 'Error',
  },
  {
    what: 'a cached function around one that is kept for seconds',
    work: () => {
      throw new NestedDynamicUseCacheError();
    },
    type: 'Nested dynamic "use cache"',
  },
  { what: 'cookies() outside of a request', work: () => cookies(), type: 'Error' },
  {
    what: 'a body whose sender went away',
    work: () => {
      throw new ResponseAborted();
    },
    type: 'ResponseAborted',
  },
];

class Service {
  @Trace('decorated')
  run(work: () => unknown): unknown {
    return work();
  }
}
const service = new Service();

async function outcomes(): Promise<unknown> {
  const spans = await tracing.spans();
  return spans.map(({ name, status, attributes, events }) => [
    name,
    status.code === SpanStatusCode.ERROR ? 'ERROR' : 'no failure',
    attributes[ATTR.CONTROL_FLOW] ?? attributes[ATTR.ERROR_TYPE],
    events.length,
  ]);
}

it.each(ROWS)('$what', async ({ work, flow, type, isRethrown }) => {
  const thrown = await thrownBy(work);
  // Later, at once, and as what another error came from; then handed to the function that Next has for it.
  const later = await thrownBy(() => traceAsync('later', () => Promise.reject(thrown as Error)));
  const atOnce = await thrownBy(() =>
    service.run(() => {
      throw thrown;
    }),
  );
  const outer = new Error('outer', { cause: thrown });
  await thrownBy(() => traceAsync('outer', () => Promise.reject(outer)));
  const rethrown = await thrownBy(() =>
    traceAsync('rethrown', () => {
      unstable_rethrow(outer);
      throw outer;
    }),
  );
  const failed = ['ERROR', 'Error'];
  const own = flow === undefined ? ['ERROR', type] : ['no failure', flow];
  // An error is written as an event once in a trace; each of these is a trace of its own.
  const events = flow === undefined ? 1 : 0;
  expect([later === thrown, atOnce === thrown, rethrown === thrown, await outcomes()]).toEqual([
    true,
    true,
    isRethrown ?? false,
    [
      ['later', ...own, events],
      ['decorated', ...own, events],
      ['outer', ...failed, 1],
      ['rethrown', ...(isRethrown ? [...own, 0] : [...failed, 1])],
    ],
  ]);
});
