/**
 * HTTP spans by the stable conventions ("HTTP spans": Name, Status, Common attributes, HTTP client span, HTTP server span;
 * "URL" attributes; RFC 3986 for the parts of a URL).
 */
import { withTracing } from '@/lib/tracing/index.ts';
import { templateOf } from '@/lib/tracing/http-tracing/request-url.ts';
import { headerAttributes, methodAttributes, redactQuery, redactUrl, targetOf } from '@/lib/tracing/semconv/http.ts';
import { urlAttributes } from '@/lib/tracing/semconv/url.ts';
import { bootTracing } from '../helpers/test-tracing.ts';

describe('Common attributes: http.request.method, and http.request.method_original for the unknown', () => {
  it.each<readonly [method: unknown, name: string, attributes: object]>([
    ['GET', 'GET', { 'http.request.method': 'GET' }],
    ['QUERY', 'QUERY', { 'http.request.method': 'QUERY' }],
    ['get', 'GET', { 'http.request.method': 'GET' }],
    ['PROPFIND', 'HTTP', { 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' }],
    ['', 'HTTP', { 'http.request.method': '_OTHER', 'http.request.method_original': '' }],
    ['X'.repeat(1000), 'HTTP', { 'http.request.method': '_OTHER', 'http.request.method_original': 'X'.repeat(32) }],
    [undefined, 'HTTP', { 'http.request.method': '_OTHER', 'http.request.method_original': '' }],
  ])('%p', (method, name, attributes) => {
    expect(methodAttributes(method as string)).toEqual({ name, attributes });
  });
});

describe('HTTP client span: url.full without credentials, server.address, server.port', () => {
  it.each<readonly [url: string, full: string, address: string | undefined, port: number | undefined]>([
    ['https://api.example.com/data', 'https://api.example.com/data', 'api.example.com', 443],
    ['http://api.example.com', 'http://api.example.com', 'api.example.com', 80],
    ['http://api.example.com:8080/a', 'http://api.example.com:8080/a', 'api.example.com', 8080],
    ['https://ada:pw@shop.example/cart', 'https://shop.example/cart', 'shop.example', 443],
    ['https://ada@shop.example/cart', 'https://shop.example/cart', 'shop.example', 443],
    ['https://a:b@c:d@shop.example/', 'https://shop.example/', 'shop.example', 443],
    ['https://shop.example/a?token=secret&x=', 'https://shop.example/a?token=[REDACTED]&x=', 'shop.example', 443],
    ['https://shop.example/a#secret', 'https://shop.example/a', 'shop.example', 443],
    ['https://shop.example/a?b=1#?c=secret', 'https://shop.example/a?b=[REDACTED]', 'shop.example', 443],
    ['http://[::1]:3000/', 'http://[::1]:3000/', '::1', 3000],
    ['HTTPS://SHOP.EXAMPLE/', 'HTTPS://SHOP.EXAMPLE/', 'shop.example', 443],
    ['wss://shop.example/live', 'wss://shop.example/live', 'shop.example', 443],
    ['/relative?a=secret', '/relative?a=[REDACTED]', undefined, undefined],
    ['not a url', 'not a url', undefined, undefined],
    ['', '', undefined, undefined],
  ])('%p', (url, full, address, port) => {
    expect(targetOf(url)).toEqual({
      host: address,
      attributes: {
        'url.full': full,
        ...(address === undefined ? {} : { 'server.address': address }),
        ...(port === undefined ? {} : { 'server.port': port }),
      },
    });
  });

  it('url.full is bounded, and quick to make from anything', () => {
    expect(redactUrl(`https://shop.example/${'a'.repeat(100_000)}`).length).toBe(2048);
    expect(redactUrl(`//${'@'.repeat(100_000)}`).length).toBeLessThanOrEqual(2048);
  });
});

describe('URL: url.query keeps the names, and the values on the allow-list', () => {
  it.each<readonly [query: string, captured: readonly string[], safe: string]>([
    ['page=2&token=abc', ['page'], 'page=2&token=[REDACTED]'],
    ['page=2', [], 'page=[REDACTED]'],
    ['token=abc', ['token'], 'token=[REDACTED]'],
    ['q=ada@example.com', ['q'], 'q=[REDACTED]'],
    ['empty=&flag', [], 'empty=&flag'],
    ['a=b=c', [], 'a=[REDACTED]'],
    ['ada@example.com=1', [], '[REDACTED]=[REDACTED]'],
    ['', [], ''],
    ['&&', [], '&&'],
  ])('%p, allowed %p', (query, captured, safe) => {
    expect(redactQuery(query, captured)).toBe(safe);
  });
});

describe('HTTP server span: url.path, url.scheme, url.query, server.address, server.port', () => {
  it.each<readonly [url: string, attributes: object]>([
    [
      'http://shop.example:3000/cart?page=2',
      {
        'url.path': '/cart',
        'url.scheme': 'http',
        'url.query': 'page=[REDACTED]',
        'server.address': 'shop.example',
        'server.port': 3000,
      },
    ],
    ['https://shop.example', { 'url.path': '/', 'url.scheme': 'https', 'server.address': 'shop.example' }],
    [
      'https://shop.example?a',
      { 'url.path': '/', 'url.scheme': 'https', 'server.address': 'shop.example', 'url.query': 'a' },
    ],
    ['https://shop.example/a#b', { 'url.path': '/a', 'url.scheme': 'https', 'server.address': 'shop.example' }],
    ['https://shop.example/a#b?c=d', { 'url.path': '/a', 'url.scheme': 'https', 'server.address': 'shop.example' }],
    ['http://[::1]:3000/', { 'url.path': '/', 'url.scheme': 'http', 'server.address': '[::1]', 'server.port': 3000 }],
    ['http://ada:pw@shop.example/', { 'url.path': '/', 'url.scheme': 'http', 'server.address': 'shop.example' }],
    ['/cart?page=2', { 'url.path': '/cart', 'url.query': 'page=[REDACTED]' }],
    ['', { 'url.path': '/' }],
  ])('%p', (url, attributes) => {
    expect(urlAttributes(url)).toEqual(attributes);
  });
});

describe('HTTP server span: http.route is the template, never the path; without a match there is none', () => {
  it.each<readonly [path: string, params: Record<string, unknown>, route: string | undefined]>([
    ['/products/p-1', { id: 'p-1' }, '/products/[id]'],
    ['/', {}, undefined],
    ['/a/b', { slug: ['a', 'b'] }, '/[...slug]'],
    ['/a/a/b', { slug: ['a', 'b'] }, '/a/[...slug]'],
    ['/a', { id: 'elsewhere' }, undefined],
    ['/a', { id: 7 }, undefined],
    ['/7', { id: undefined }, undefined],
  ])('%p with %p', (path, params, route) => {
    expect(templateOf(path, params)).toBe(route);
  });
});

describe('Common attributes: headers as lists, from the allow-list alone, credentials never', () => {
  const headers = new Headers({ 'x-tenant': 'acme', authorization: 'Bearer secret', 'x-mail': 'ada@example.com' });
  it.each<readonly [allowed: readonly string[], attributes: object]>([
    [['x-tenant'], { 'http.request.header.x-tenant': ['acme'] }],
    [['authorization', 'cookie', 'x-api-key'], {}],
    [['x-mail'], { 'http.request.header.x-mail': ['[REDACTED]'] }],
    [['x-none'], {}],
    [[], {}],
  ])('%p', (allowed, attributes) => {
    expect(headerAttributes(headers, allowed, 'http.request.header.')).toEqual(attributes);
  });
});

describe('Status: a server fails from 500 on; the status of 1xx to 4xx stays unset', () => {
  it.each<readonly [status: number, code: number, type: string | undefined]>([
    [200, 0, undefined],
    [302, 0, undefined],
    [400, 0, undefined],
    [404, 0, undefined],
    [499, 0, undefined],
    [500, 2, '500'],
    [503, 2, '503'],
  ])('%p', async (status, code, type) => {
    const tracing = bootTracing();
    const handler = withTracing(async (_request: Request) => new Response(null, { status }));
    await handler(new Request('http://shop.example/'));
    const [span] = await tracing.spans();
    expect([span?.status.code, span?.status.message, span?.attributes['error.type']]).toEqual([code, undefined, type]);
    await tracing.stop();
  });
});
