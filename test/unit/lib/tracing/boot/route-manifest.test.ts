/** From a path to its route, by the manifests alone. */
import { RouteTable, type RoutesManifest } from '@/lib/tracing/boot/route-manifest.ts';

const rule = (source: string, regex: string, destination: string, more: object = {}) => ({
  source,
  regex,
  destination,
  ...more,
});

const MANIFEST: RoutesManifest = {
  redirects: [
    rule('/:path+/', '^(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))/$', '/:path+', { internal: true }),
    rule('/moved', '^/moved(?:/)?$', '/about'),
    rule('/asked', '^/asked(?:/)?$', '/about', { has: [{ type: 'header', key: 'x-old' }] }),
  ],
  rewrites: {
    beforeFiles: [rule('/about/old', '^/about/old(?:/)?$', '/p/1?from=old')],
    afterFiles: [rule('/thing/:id', '^/thing(?:/([^/]+?))(?:/)?$', '/p/:id')],
    fallback: [
      rule('/:path*', '^(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))?(?:/)?$', 'https://old.example/:path*'),
      rule('/last/:rest*', '^/last(?:/((?:[^/]+?)(?:/(?:[^/]+?))*))?(?:/)?$', '/docs/:rest*'),
    ],
  },
  staticRoutes: [
    { page: '/', regex: '^/(?:/)?$' },
    { page: '/about', regex: '^/about(?:/)?$' },
    { page: '/asked', regex: '^/asked(?:/)?$' },
    { page: '/p/special', regex: '^/p/special(?:/)?$' },
    { page: '/api/health', regex: '^/api/health(?:/)?$' },
  ],
  dynamicRoutes: [
    { page: '/api/old/[id]', regex: '^/api/old/([^/]+?)(?:/)?$' },
    { page: '/p/[id]', regex: '^/p/([^/]+?)(?:/)?$' },
    { page: '/docs/[...path]', regex: '^/docs/(.+?)(?:/)?$' },
    { page: '/broken', regex: '(' },
  ],
};
const APP = { '/(shop)/about/page': '/about', '/api/health/route': '/api/health', '/p/[id]/page': '/p/[id]' };

it.each([
  ['/', '/'],
  ['/about', '/about'],
  ['/p/special', '/p/special'],
  ['/p/7', '/p/[id]'],
  ['/docs/a/b', '/docs/[...path]'],
  ['/thing/7', '/p/[id]'],
  ['/about/old', '/p/[id]'],
  ['/last/a/b', '/docs/[...path]'],
  ['/moved', undefined],
  ['/asked', '/asked'],
  ['/wp-login.php', undefined],
  [`/p/${'x'.repeat(3000)}`, undefined],
])('%s is %s', (path, route) => {
  expect(new RouteTable(MANIFEST, APP).resolve(path)?.route).toBe(route);
});

it.each([
  ['/api/health', true],
  ['/api/old/7', true],
  ['/p/7', false],
  ['/', false],
])('%s is answered by a handler: %s', (path, isHandler) => {
  expect(new RouteTable(MANIFEST, APP).resolve(path)?.isHandler).toBe(isHandler);
});

it.each([
  ['/base', '/'],
  ['/base/fr/about', '/about'],
  ['/base/about', '/about'],
  ['/base/fr', '/'],
  ['/base/thing/7', '/p/[id]'],
  ['/base/fr/thing/7', '/p/[id]'],
  ['/about', undefined],
  ['/based/about', undefined],
])('with a base path and locales, %s is %s', (path, route) => {
  const table = new RouteTable({
    ...MANIFEST,
    basePath: '/base',
    i18n: { locales: ['en', 'fr'], defaultLocale: 'en' },
    rewrites: [
      rule(
        '/base/:nextInternalLocale(en|fr)/thing/:id',
        '^/base(?:/(en|fr))/thing(?:/([^/]+?))(?:/)?$',
        '/base/:nextInternalLocale/p/:id',
      ),
    ],
    redirects: [],
  });
  expect(table.resolve(path)?.route).toBe(route);
});

it('says nothing about an empty manifest, and answers the thousandth path like the first', () => {
  const table = new RouteTable(MANIFEST, APP);
  const routes = Array.from({ length: 3000 }, (_item, index) => table.resolve(`/p/${index}`)?.route);
  expect([new RouteTable({}).resolve('/'), new Set(routes)]).toEqual([undefined, new Set(['/p/[id]'])]);
});
