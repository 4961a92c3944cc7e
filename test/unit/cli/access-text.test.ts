import { accessText } from '@/cli/access-text.ts';
import type { Viewer } from '@/viewer/server/index.ts';

const running = (tokens?: Viewer['tokens']): Viewer => ({
  otlpUrl: 'http://127.0.0.1:4318',
  queryUrl: 'http://127.0.0.1:16686',
  notices: [],
  stats: () => {
    throw new Error('not asked');
  },
  close: () => Promise.resolve(),
  ...(tokens !== undefined && { tokens, auditFile: '.throughline/viewer-audit.jsonl' }),
});
const TOKENS = { viewer: 'made-to-read', admin: 'made-to-change' };

test('nothing is said where nobody shows a token', () => {
  expect(accessText(running(), '127.0.0.1', {})).toBe('');
});

test('for others: links that sign in, and how to send', () => {
  expect(accessText(running(TOKENS), '192.0.2.7', {})).toBe(
    `A token is needed: a link signs its browser in, a program sends Authorization: Bearer TOKEN.
  to read:    http://192.0.2.7:16686/?token=made-to-read
  to change:  http://192.0.2.7:16686/?token=made-to-change
  for spans:  OTEL_EXPORTER_OTLP_ENDPOINT=http://192.0.2.7:4318 OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20TOKEN"
Who reads which trace is written to .throughline/viewer-audit.jsonl.
`,
  );
});

test('a token that was given is not printed, and spans from this machine need none', () => {
  const said = accessText(running(TOKENS), 'localhost', { token: TOKENS.viewer, adminToken: TOKENS.admin });
  expect(said).toBe(
    `A token is needed: a link signs its browser in, a program sends Authorization: Bearer TOKEN.
  to read:    http://localhost:16686/?token=(the one of --token)
  to change:  http://localhost:16686/?token=(the one of --admin-token)
Who reads which trace is written to .throughline/viewer-audit.jsonl.
`,
  );
});

test('listening on all addresses, one that others reach is named', () => {
  const said = accessText(running(TOKENS), '0.0.0.0', {});
  expect(said).not.toContain('0.0.0.0');
  expect(said).toMatch(/to read: {4}http:\/\/(?:[\d.]+|localhost):16686\/\?token=made-to-read/);
});
