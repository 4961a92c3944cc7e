/** Addresses of the page. Jaeger's own shapes stay valid, so that links written for Jaeger lead to the same trace here. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { fromJaeger, parseSearch, readFilter, stringifySearch } from './filter.ts';
import { type Level, readLevels } from './pages/trace/log-list.ts';
import { NotFound, PageFault } from './parts/notes.tsx';
import { Shell } from './shell.tsx';
import type { TraceFilter } from '../wire.ts';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: PageFault });
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    validateSearch: (search): ListSearch => ({
      ...readFilter(search),
      ...(search['order'] === 'longest' ? { order: 'longest' } : {}),
    }),
    component: lazyRouteComponent(() => import('./pages/traces/page.tsx'), 'TracesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/search',
    beforeLoad: ({ location }) => {
      const filter = fromJaeger(parseSearch(location.searchStr), Date.now());
      throw redirect({ href: `/${stringifySearch({ ...filter })}`, replace: true });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/trace/$traceId',
    // `uiFind` is Jaeger's parameter for the text that is searched in the trace.
    validateSearch: (search): TraceSearch => {
      const found = {
        span: text(search['span']),
        view: text(search['view']),
        find: text(search['find']) ?? text(search['uiFind']),
        level: readLevels(search['level']),
      };
      return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
    },
    component: lazyRouteComponent(() => import('./pages/trace/page.tsx'), 'TracePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/compare/$pair',
    component: lazyRouteComponent(() => import('./pages/compare/page.tsx'), 'ComparePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/ai',
    component: lazyRouteComponent(() => import('./pages/ai/page.tsx'), 'AiPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/performance',
    component: lazyRouteComponent(() => import('./pages/performance/page.tsx'), 'PerformancePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/map',
    component: lazyRouteComponent(() => import('./pages/map/page.tsx'), 'MapPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/health',
    component: lazyRouteComponent(() => import('./pages/health/page.tsx'), 'HealthPage'),
  }),
] as const;

/** What may follow `?` on the list's address. */
export type ListSearch = TraceFilter & { readonly order?: 'longest' };

/** What may follow `?` on a trace's address. */
export interface TraceSearch {
  readonly span?: string;
  readonly view?: string;
  readonly find?: string;
  /** Severities that the view of logs is narrowed to. */
  readonly level?: readonly Level[];
}

export const router = createRouter({
  routeTree: root.addChildren(routes),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
