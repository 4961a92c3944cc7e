import { readdirSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { startViewer } from '../../../src/viewer/server/index.ts';
import { postJson, send, withViewer } from './http-client.ts';

const ONE_SPAN = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}]}]}]}`;

describe('starting and stopping', () => {
  test('both ports open on this machine alone, and the store keeps to its bound', async () => {
    await withViewer(async (viewer) => {
      expect([viewer.otlpUrl, viewer.queryUrl]).toEqual([
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      ]);
      // What the page tells somebody to set.
      const session = (await send(`${viewer.queryUrl}/api/viewer/session`, 'GET')).body.toString();
      expect(JSON.parse(session)).toEqual({
        role: 'admin',
        version: '0.1.0',
        otlpUrl: `http://localhost:${new URL(viewer.otlpUrl).port}`,
        canDelete: true,
      });
      await postJson(viewer, ONE_SPAN);
      await postJson(viewer, ONE_SPAN.replace('0af7', '0af8'));
      expect(viewer.stats()).toMatchObject({ spans: 1, evictedSpans: 1 });
    }, 1);
  });

  test.each([
    ['otlpPort', '--otlp-port'],
    ['queryPort', '--port'],
  ])('a taken %s is one sentence that names %s, and nothing stays open', async (option, argument) => {
    await withViewer(async (viewer) => {
      const taken = Number(new URL(viewer.otlpUrl).port);
      await expect(startViewer({ otlpPort: 0, queryPort: 0, [option]: taken })).rejects.toThrow(
        `Port ${taken} on 127.0.0.1 is already in use; stop the program that has it (another viewer, Jaeger, a collector?) or choose another port with ${argument}.`,
      );
    });
  });

  test.each([
    [{ otlpPort: -1 }, 'otlpPort must be a whole number from 0 to 65535, got -1'],
    [{ queryPort: 70_000 }, 'queryPort must be a whole number from 0 to 65535, got 70000'],
    [{ otlpPort: 0, queryPort: 0, retention: { maxSpans: 0 } }, 'maxSpans must be a positive whole number, got 0'],
    [
      { otlpPort: 0, queryPort: 0, host: '203.0.113.7' },
      'Host 203.0.113.7 is not an address of this machine; use 127.0.0.1 or one that is.',
    ],
  ])('%p is refused', async (options, message) => {
    await expect(startViewer(options)).rejects.toThrow(message);
  });

  test('close ends connections that are kept alive, and may be called again', async () => {
    const viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
    const agent = new Agent({ keepAlive: true });
    const closed = await new Promise<{ event: Promise<void> }>((resolve, reject) => {
      get(viewer.queryUrl, { agent }, (response) => {
        const { socket } = response;
        response
          .resume()
          .on('end', () => resolve({ event: new Promise((done) => socket.once('close', () => done())) }));
      }).on('error', reject);
    });
    await viewer.close();
    await closed.event;
    await viewer.close();
    agent.destroy();
    await expect(send(viewer.queryUrl, 'GET')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test("this process's own Request and Response stay as they were", async () => {
    const before = [globalThis.Request, globalThis.Response];
    await withViewer(async () => {
      expect([globalThis.Request, globalThis.Response]).toEqual(before);
      expect(globalThis.Request).toBe(before[0]);
    });
  });

  test('the viewer imports nothing of the library', () => {
    const folder = 'src/viewer/server';
    const imports = readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) =>
        [...readFileSync(`${folder}/${name}`, 'utf8').matchAll(/from '([^']+)'/g)].map((hit) => hit[1]),
      );
    expect(new Set(imports.filter((from) => from?.startsWith('./') === false))).toEqual(
      new Set([
        '../../data/prices.json',
        '../wire.ts',
        '@bufbuild/protobuf',
        '@hono/node-server',
        '@hono/node-server/conninfo',
        'hono',
        'hono/streaming',
        'node:crypto',
        'node:fs',
        'node:http',
        'node:net',
        'node:path',
        'node:sqlite',
        'node:timers/promises',
        'node:util',
        'node:worker_threads',
        'node:zlib',
        're2js',
        'ws',
      ]),
    );
  });
});
