/** `/api/viewer/ai`, `/performance`, `/performance/detail`, `/map` and the conversations, over the store's thread. */
import { type Context, Hono } from 'hono';
import { noteReads } from './access-guard.ts';
import { type AiReport, operationTypes, type PerformanceReport, type TraceFilter } from '../wire.ts';
import type { DatabaseStore } from './database-store.ts';

/** What the routes need. */
export interface ReportOptions {
  /** Asks the store's thread. */
  readonly ask: DatabaseStore['query'];
  /** Takes the filter out of a query; throws what the application answers with 400. */
  readonly readFilter: (query: URLSearchParams) => TraceFilter;
  /** The clock, in Unix milliseconds. */
  readonly now: () => number;
}

const AI_ROWS: readonly AiReport['by'][] = ['model', 'route', 'user', 'thread', 'trace'];
const PERFORMANCE_ROWS: readonly PerformanceReport['by'][] = ['operation', 'route'];
const MAX_THREAD = 1_000;

function oneOf<Value extends string>(allowed: readonly Value[], given: string | undefined): Value | undefined {
  return given === undefined ? allowed[0] : allowed.find((value) => value === given);
}

function refuse(context: Context, allowed: readonly string[]): Response {
  return context.json({ error: `by: expected one of ${allowed.join(', ')}.` }, 400);
}

/**
 * Builds the routes.
 *
 * @param options the store, the filter's reader and the clock
 * @returns a Hono application to mount at the root
 * @example
 * const routes = createReportRoutes({ ask: (name, args) => store.query(name, args), readFilter, now: Date.now });
 * (await routes.request('/api/viewer/map')).status; // 200
 */
export function createReportRoutes({ ask, readFilter, now }: ReportOptions): Hono {
  const app = new Hono();
  const filterOf = (context: Context): TraceFilter => readFilter(new URL(context.req.url).searchParams);
  app.get('/api/viewer/ai', async (context) => {
    const by = oneOf(AI_ROWS, context.req.query('by'));
    if (by === undefined) return refuse(context, AI_ROWS);
    return context.json(await ask('aiReport', { filter: filterOf(context), by }));
  });
  app.get('/api/viewer/performance', async (context) => {
    const by = oneOf(PERFORMANCE_ROWS, context.req.query('by'));
    if (by === undefined) return refuse(context, PERFORMANCE_ROWS);
    const against = context.req.query('against');
    return context.json(await ask('performanceReport', { filter: filterOf(context), by, against, now: now() }));
  });
  app.get('/api/viewer/performance/detail', async (context) => {
    const by = oneOf(PERFORMANCE_ROWS, context.req.query('by'));
    if (by === undefined) return refuse(context, PERFORMANCE_ROWS);
    const { service, name } = { service: context.req.query('service'), name: context.req.query('name') };
    if (service === undefined || name === undefined) {
      return context.json({ error: 'service and name of the row are required.' }, 400);
    }
    const rowType = context.req.query('rowType');
    const type = operationTypes.find((each) => each === rowType);
    if (rowType !== undefined && type === undefined) {
      return context.json({ error: `rowType: expected one of ${operationTypes.join(', ')}.` }, 400);
    }
    // In this question `service` names the row, not the filter's condition.
    const { service: _service, ...filter } = filterOf(context);
    return context.json(await ask('performanceDetail', { filter, by, service, name, type, now: now() }));
  });
  app.get('/api/viewer/map', async (context) => context.json(await ask('serviceMap', { filter: filterOf(context) })));
  app.get('/api/viewer/traces/:id/conversation', async (context) => {
    const traceId = context.req.param('id').toLowerCase();
    if (!/^[\da-f]{32}$/u.test(traceId)) return context.json({ error: 'A trace id is 32 hex digits.' }, 400);
    return context.json(await ask('traceConversation', { traceId }));
  });
  app.get('/api/viewer/threads/:thread', async (context) => {
    const thread = context.req.param('thread');
    if (thread.length > MAX_THREAD) return context.json({ error: 'The name of the thread is too long.' }, 400);
    const conversation = await ask('threadConversation', { thread });
    noteReads(
      context,
      conversation.calls.map(({ traceId }) => traceId),
    );
    return context.json(conversation);
  });
  return app;
}
