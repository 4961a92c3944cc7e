import { isAllowedHost, isLoopback, isOwnOrigin, mayPageSend } from '../../../src/viewer/server/host-guard.ts';

test.each([
  ['localhost', '127.0.0.1', true],
  ['LOCALHOST:16686', '127.0.0.1', true],
  ['127.0.0.1:4318', '127.0.0.1', true],
  ['[::1]:4318', '127.0.0.1', true],
  ['[::1]', '::1', true],
  ['192.168.1.5:4318', '192.168.1.5', true],
  ['[fe80::1]:4318', 'fe80::1', true],
  ['box.local', 'Box.local', true],
  ['192.168.1.5:4318', '127.0.0.1', false],
  ['evil.example', '127.0.0.1', false],
  ['evil.example:4318', '127.0.0.1', false],
  ['localhost.evil.example', '127.0.0.1', false],
  ['localhost:80:90', '127.0.0.1', false],
  ['user@localhost', '127.0.0.1', false],
  ['', '127.0.0.1', false],
  [undefined, '127.0.0.1', false],
])('Host %p at %s: %p', (header, bound, expected) => {
  expect(isAllowedHost(header, bound)).toBe(expected);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.0.1', true],
  ['::1', true],
  ['LocalHost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.5', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
])('only this machine reaches %s: %p', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  [undefined, 'localhost:16686', true],
  ['http://localhost:16686', 'localhost:16686', true],
  ['http://LOCALHOST:16686', 'localhost:16686', true],
  ['https://traces.example', 'traces.example', true],
  ['http://traces.example', 'traces.example:80', true],
  ['http://[::1]:16686', '[::1]:16686', true],
  ['http://127.0.0.1:16686', 'localhost:16686', false],
  ['http://localhost:3000', 'localhost:16686', false],
  ['http://localhost:16686.evil.example', 'localhost:16686', false],
  ['http://user@localhost:16686', 'localhost:16686', false],
  ['http://localhost:16686', undefined, false],
  ['null', 'null', false],
  ['', 'localhost:16686', false],
])('origin %p at %p is our own: %p', (origin, host, expected) => {
  expect(isOwnOrigin(origin, host)).toBe(expected);
});

test.each([
  ['http://localhost:3000', '127.0.0.1:4318', true],
  ['http://192.168.1.5:3000', '192.168.1.5:4318', true],
  ['http://192.168.1.6:3000', '192.168.1.5:4318', false],
  ['http://evil.localhost.example', '127.0.0.1:4318', false],
  ['chrome-extension://abcdef', '127.0.0.1:4318', false],
  ['null', '127.0.0.1:4318', false],
])('a page of %p may send to %p: %p', (origin, host, expected) => {
  expect(mayPageSend(origin, host)).toBe(expected);
});
