import { isAllowedHost } from '../../../src/viewer/server/host-guard.ts';

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
