import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startViewer, type Viewer } from '../../../src/viewer/server/index.ts';
import { createAccess } from '../../../src/viewer/server/access.ts';
import { postJson, send, withViewer } from './http-client.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const ONE_SPAN = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID}","spanId":"b7ad6b7169203331","name":"secret work"}]}]}]}`;
const VIEWER = 'viewer-token-0123456789';
const ADMIN = 'admin-token-0123456789';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const errorOf = (body: Buffer): unknown => (JSON.parse(body.toString()) as { error?: unknown }).error;

/** A viewer for more than this machine, with one span in it. */
async function withOpenViewer(run: (viewer: Viewer, auditFile: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'viewer-'));
  const auditFile = join(folder, 'audit.jsonl');
  const viewer = await startViewer({
    otlpPort: 0,
    queryPort: 0,
    host: '0.0.0.0',
    token: VIEWER,
    adminToken: ADMIN,
    auditFile,
  });
  try {
    await postJson(viewer, ONE_SPAN, bearer(VIEWER));
    await run(viewer, auditFile);
  } finally {
    await viewer.close();
    rmSync(folder, { recursive: true });
  }
}

describe('tokens', () => {
  test('on this machine alone there are none, elsewhere two are made', () => {
    expect(createAccess({ host: '127.0.0.1' }).tokens).toBeUndefined();
    const { tokens } = createAccess({ host: '0.0.0.0' });
    expect(tokens).toEqual({
      viewer: expect.stringMatching(/^[\w-]{32}$/) as string,
      admin: expect.stringMatching(/^[\w-]{32}$/) as string,
    });
    expect(tokens?.viewer).not.toBe(tokens?.admin);
    expect(createAccess({ host: '0.0.0.0' }).tokens).not.toEqual(tokens);
  });

  test.each([
    [{ token: 'short' }, '--token must have at least 16 characters'],
    [{ token: 'with a space in it, long' }, '--token must have at least 16 characters'],
    [{ adminToken: 'né-ascii-0123456789' }, '--admin-token must have at least 16 characters'],
    [{ token: VIEWER, adminToken: VIEWER }, '--token and --admin-token must differ'],
  ])('%p is refused', (options, message) => {
    expect(() => createAccess({ host: '0.0.0.0', ...options })).toThrow(message);
  });

  test.each([
    ['no token', {}, undefined],
    ['a viewer', bearer(VIEWER), 'viewer'],
    ['an admin', bearer(ADMIN), 'admin'],
    ['in capitals', { authorization: `BEARER ${ADMIN}` }, 'admin'],
    ['wrong', bearer(`${ADMIN}x`), undefined],
    ['empty', { authorization: 'Bearer ' }, undefined],
    ['as a cookie', { cookie: `throughline-16686=${VIEWER}` }, undefined],
    ['another scheme', { authorization: `Basic ${ADMIN}` }, undefined],
  ])('%s', (_case, shown: { authorization?: string; cookie?: string }, role) => {
    const access = createAccess({ host: '0.0.0.0', token: VIEWER, adminToken: ADMIN });
    const { authorization, cookie } = shown;
    expect(access.roleOf({ host: 'box:16686', authorization, cookie })).toBe(role);
  });
});

describe('a viewer for more than this machine', () => {
  const guarded = [
    '/api/viewer/session',
    '/api/viewer/health',
    '/api/viewer/traces',
    `/api/viewer/traces/${TRACE_ID}`,
    '/api/viewer/live',
    '/api/viewer/export',
    '/api/services',
    '/api/traces?service=web',
    `/api/traces/${TRACE_ID}`,
    '/api/v3/services',
    '/api/live',
    '/api/none',
    '/api',
    `/trace/${TRACE_ID}.txt`,
    `/tr%61ce/${TRACE_ID}.txt`,
    `/%61pi/traces/${TRACE_ID}`,
    `//api/traces/${TRACE_ID}`,
    `/./api/traces/${TRACE_ID}`,
    `/x/../api/traces/${TRACE_ID}`,
  ];
  test('nothing of a trace comes without a token', async () => {
    await withOpenViewer(async (viewer) => {
      const answers = await Promise.all(
        guarded.map(async (path) => {
          const answer = await send(`${viewer.queryUrl}${path}`, 'GET');
          return [path, answer.status, answer.body.toString().includes('secret')];
        }),
      );
      const isPage = (path: string): boolean => path.startsWith('//api');
      expect(answers.filter(([path]) => !isPage(String(path)))).toEqual(
        guarded.filter((path) => !isPage(path)).map((path) => [path, 401, false]),
      );
      expect(answers.every(([, , hasSecret]) => hasSecret === false)).toBe(true);
    });
  });

  test('the answer says how to ask', async () => {
    await withOpenViewer(async (viewer) => {
      const answer = await send(`${viewer.queryUrl}/api/services`, 'GET');
      expect([answer.headers['www-authenticate'], errorOf(answer.body)]).toEqual([
        'Bearer realm="throughline viewer"',
        'This viewer asks for its token: send it as Authorization: Bearer TOKEN, or sign in.',
      ]);
    });
  });

  test('a viewer reads, an admin changes', async () => {
    await withOpenViewer(async (viewer) => {
      const url = `${viewer.queryUrl}/api/viewer/traces/${TRACE_ID}`;
      expect((await send(url, 'GET', bearer(VIEWER))).status).toBe(200);
      const refused = await send(url, 'DELETE', bearer(VIEWER));
      expect([refused.status, errorOf(refused.body)]).toEqual([
        403,
        'The role viewer reads only: this needs the admin token.',
      ]);
      expect((await send(`${viewer.queryUrl}/api/viewer/settings`, 'PUT', bearer(VIEWER), '{}')).status).toBe(403);
      expect((await send(`${viewer.queryUrl}/api/viewer/import`, 'POST', bearer(VIEWER), '{}')).status).toBe(403);
      expect((await send(url, 'DELETE', bearer(ADMIN))).status).toBe(200);
      expect((await send(url, 'GET', bearer(VIEWER))).status).toBe(404);
    });
  });

  test.each([
    [VIEWER, 'viewer', false],
    [ADMIN, 'admin', true],
  ])('a link with a token becomes a cookie: %s', async (token, role, canDelete) => {
    await withOpenViewer(async (viewer) => {
      const signIn = await send(`${viewer.queryUrl}/trace/${TRACE_ID}?token=${token}&span=1`, 'GET');
      const [cookie = ''] = signIn.headers['set-cookie'] ?? [];
      expect([
        signIn.status,
        signIn.headers.location,
        signIn.headers['cache-control'],
        signIn.headers['referrer-policy'],
      ]).toEqual([303, `/trace/${TRACE_ID}?span=1`, 'no-store', 'no-referrer']);
      expect(cookie).toMatch(/^throughline-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
      expect(cookie).not.toContain(token);
      const session = await send(`${viewer.queryUrl}/api/viewer/session`, 'GET', {
        cookie: `a=b; ${cookie.split(';')[0]}`,
      });
      expect(JSON.parse(session.body.toString())).toMatchObject({ role, canDelete });
    });
  });

  test('a wrong token is told, and no address leads elsewhere', async () => {
    await withOpenViewer(async (viewer) => {
      const wrong = await send(`${viewer.queryUrl}/?token=${VIEWER}x`, 'GET');
      expect([wrong.status, wrong.headers['set-cookie'], wrong.body.toString()]).toEqual([
        401,
        undefined,
        'This is not a token of this viewer. Go back and type the one that it printed when it started.\n',
      ]);
      const elsewhere = await send(`${viewer.queryUrl}//evil.example/?token=${VIEWER}`, 'GET');
      expect([elsewhere.status, elsewhere.headers.location]).toEqual([303, '/evil.example/']);
      // A token in the address of the API ends up in logs: there it is none.
      expect((await send(`${viewer.queryUrl}/api/services?token=${VIEWER}`, 'GET')).status).toBe(401);
    });
  });

  test('spans need a token, whatever their name for this host', async () => {
    await withOpenViewer(async (viewer) => {
      const refused = await postJson(viewer, ONE_SPAN);
      expect([refused.status, JSON.parse(refused.body.toString())]).toEqual([
        401,
        { code: 16, message: 'authorization: expected Bearer and the token that the viewer printed' },
      ]);
      expect((await postJson(viewer, ONE_SPAN, { ...bearer(ADMIN), host: 'box.local:4318' })).status).toBe(200);
    });
  });

  test('reads of traces are written down, the tokens nowhere', async () => {
    await withOpenViewer(async (viewer, auditFile) => {
      const get = (path: string, token: string) => send(`${viewer.queryUrl}${path}`, 'GET', bearer(token));
      await get(`/api/viewer/traces/${TRACE_ID}?since=1`, VIEWER);
      await get(`/trace/${TRACE_ID.toUpperCase()}.txt`, ADMIN);
      await get(`/api/traces?traceID=${TRACE_ID}`, VIEWER);
      await get('/api/viewer/session', VIEWER);
      await get(`/api/traces/${TRACE_ID}`, 'wrong-token-0123456789');
      await send(`${viewer.queryUrl}/api/viewer/traces/${TRACE_ID}`, 'DELETE', bearer(ADMIN));
      const written = readFileSync(auditFile, 'utf8');
      expect(
        written
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as unknown),
      ).toEqual(
        [
          ['viewer', 'GET', `/api/viewer/traces/${TRACE_ID}`, 304],
          ['admin', 'GET', `/trace/${TRACE_ID.toUpperCase()}.txt`, 200],
          ['viewer', 'GET', '/api/traces', 200],
          ['admin', 'DELETE', `/api/viewer/traces/${TRACE_ID}`, 200],
        ].map(([role, method, path, status]) => ({
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
          role,
          address: expect.stringMatching(/127\.0\.0\.1$/) as string,
          method,
          path,
          status,
          traceIds: [TRACE_ID],
        })),
      );
      expect(written).not.toMatch(/token-0123/);
    });
  });

  test('nothing is read that cannot be written down', async () => {
    await withOpenViewer(async (viewer, auditFile) => {
      rmSync(join(auditFile, '..'), { force: true, recursive: true });
      const answer = await send(`${viewer.queryUrl}/api/traces/${TRACE_ID}`, 'GET', bearer(VIEWER));
      expect([answer.status, answer.body.toString().includes('secret')]).toEqual([500, false]);
      expect(errorOf(answer.body)).toMatch(/^The audit log cannot be written, so nothing is read: /);
      // The folder is gone: what cleans up after the test must find one.
      mkdirSync(join(auditFile, '..'));
    });
  });
});

describe('foreign pages', () => {
  test.each([
    ['http://localhost:3000', 403],
    ['https://evil.example', 403],
    ['null', 403],
    ['not an origin', 403],
    ['own', 200],
  ])('the query port and origin %s', async (origin, status) => {
    await withViewer(async (viewer) => {
      const host = new URL(viewer.queryUrl).host;
      const headers = { origin: origin === 'own' ? `http://${host}` : origin };
      for (const path of ['/api/viewer/traces', '/api/services', '/api/viewer/session']) {
        expect((await send(`${viewer.queryUrl}${path}`, 'GET', headers)).status).toBe(status);
      }
      const deleted = await send(`${viewer.queryUrl}/api/viewer/traces?confirm=all`, 'DELETE', headers);
      expect([deleted.status, deleted.headers['access-control-allow-origin']]).toEqual([status, undefined]);
    });
  });

  test.each([
    ['http://localhost:3000', 200],
    ['https://127.0.0.1', 200],
    ['http://[::1]:5173', 200],
    ['http://shop.localhost:3000', 200],
    ['https://evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['http://evil.example#localhost', 403],
    ['http://localhost@evil.example', 403],
    ['null', 403],
    ['file://', 403],
  ])('the OTLP port and origin %s: %d', async (origin, status) => {
    await withViewer(async (viewer) => {
      const answer = await postJson(viewer, ONE_SPAN, { origin });
      const isAllowed = status === 200;
      expect([answer.status, answer.headers['access-control-allow-origin'], viewer.stats().spans]).toEqual([
        status,
        isAllowed ? origin : undefined,
        isAllowed ? 1 : 0,
      ]);
      const asked = await send(`${viewer.otlpUrl}/v1/traces`, 'OPTIONS', {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,traceparent',
        'access-control-request-private-network': 'true',
      });
      expect([
        asked.status,
        asked.headers['access-control-allow-headers'],
        asked.headers['access-control-allow-private-network'],
        asked.headers.vary,
      ]).toEqual(
        isAllowed ? [204, 'content-type,traceparent', 'true', 'Origin'] : [403, undefined, undefined, undefined],
      );
    });
  });

  test('a page sees why its spans were refused', async () => {
    await withViewer(async (viewer) => {
      const answer = await postJson(viewer, '{', { origin: 'http://localhost:3000' });
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([400, 'http://localhost:3000']);
    });
  });

  test('every answer of the query port carries the headers that bind a page', async () => {
    await withViewer(async (viewer) => {
      const names = [
        'x-content-type-options',
        'x-frame-options',
        'referrer-policy',
        'cross-origin-resource-policy',
        'cross-origin-opener-policy',
      ];
      for (const path of ['/', '/api/services', '/api/viewer/traces', '/api/none', `/trace/${TRACE_ID}.txt`]) {
        const { headers } = await send(`${viewer.queryUrl}${path}`, 'GET');
        expect([path, ...names.map((name) => headers[name])]).toEqual([
          path,
          'nosniff',
          'DENY',
          'no-referrer',
          'same-origin',
          'same-origin',
        ]);
        expect(headers['content-security-policy']).toMatch(/^default-src 'none'; (?!.*unsafe)/);
      }
      expect((await send(`${viewer.queryUrl}/api/services`, 'GET')).headers['cache-control']).toBe('no-store');
    });
  });
});
