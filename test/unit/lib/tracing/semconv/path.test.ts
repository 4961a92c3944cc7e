import { pathTemplate } from '@/lib/tracing/semconv/path.ts';

it.each<[path: string, template: string]>([
  ['/', '/'],
  ['', '/'],
  ['cart/add', '/cart/add'],
  ['/auth/login', '/auth/login'],
  ['/shipping-options', '/shipping-options'],
  ['/products/', '/products/'],
  ['/products/7', '/products/:id'],
  ['/products/p-1?page=2#top', '/products/:id'],
  ['/products/:id', '/products/:id'],
  ['/products/{id}/reviews', '/products/{id}/reviews'],
  ['/products/[id]', '/products/[id]'],
  ['/files/*', '/files/*'],
  ['/v1/orders/2026-11-25', '/v1/orders/:id'],
  ['/v2.1/oauth2/token', '/v2.1/oauth2/token'],
  ['/.well-known/openid-configuration', '/.well-known/openid-configuration'],
  ['/robots.txt', '/robots.txt'],
  ['/carts/3fa85f64-5717-4562-b3fc-2c963f66afa6/items', '/carts/:id/items'],
  ['/commits/deadbeef', '/commits/:id'],
  ['/sessions/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/sessions/:id'],
  ['/users/ada@example.com', '/users/:id'],
  ['/users/ada%20lovelace', '/users/:id'],
  ['/search/größe', '/search/:id'],
  [`/blob/${'a'.repeat(33)}`, '/blob/:id'],
  ['https://api.example.com/products/7?token=abc', '/products/:id'],
  // A person's name or a slug is made of plain words: only a template helps.
  ['/users/ada', '/users/ada'],
])('%s is %s', (path, template) => {
  expect(pathTemplate(path)).toBe(template);
});

it('reads a bounded part of whatever it is given', () => {
  expect([pathTemplate(undefined as never), pathTemplate('/a'.repeat(100_000)).length]).toEqual(['/', 2048]);
});
