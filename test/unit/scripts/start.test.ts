import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildHash } from '../../../scripts/start/build.ts';
import { firstTrace } from '../../../scripts/start/first-trace.ts';
import { claim } from '../../../scripts/start/only-one.ts';
import { isFree, portFrom, requireFree, takesOtlp } from '../../../scripts/start/ports.ts';
import { planTraces } from '../../../scripts/start/traces.ts';
import { firstRound } from '../../../scripts/start/traffic.ts';
import { hashPassword, verifyPassword } from '../../../prisma/password-hash.ts';
import { demoPassword } from '../../../prisma/demo-user.ts';

let folder: string;
let server: Server;
let port: number;
let otlp: boolean;
const seen: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'with space '));
  otlp = true;
  seen.length = 0;
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url?.replace(/first-round-\w+/, 'CART')}`);
    if (request.url === '/v1/traces') {
      response.writeHead(otlp ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    } else if (request.url?.startsWith('/trace/')) {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('GET /x  1.00 ms\n');
    } else {
      response.writeHead(request.url === '/api/fail' ? 500 : 200, { 'x-trace-id': 'a'.repeat(32) }).end('ok');
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const env = () => ({ THROUGHLINE_OTLP_PORT: String(port), THROUGHLINE_VIEWER_PORT: '16686' });

describe('ports', () => {
  it('names a taken one and what to do', async () => {
    await expect(requireFree(port, 'the storefront', 'PORT')).rejects.toThrow(
      `Port ${port} is taken, and the storefront needs it: stop the program that uses it, or choose another port, for example \`PORT=${port + 1} npm start\`.`,
    );
    expect(await isFree(port)).toBe(false);
  });

  it('come from the environment, or say what they got', () => {
    expect([portFrom({}, 'PORT', 3000), portFrom({ PORT: '8080' }, 'PORT', 3000)]).toEqual([3000, 8080]);
    expect(() => portFrom({ PORT: 'eighty' }, 'PORT', 3000)).toThrow(
      'PORT must be a port between 1 and 65535, got "eighty"',
    );
    expect(() => portFrom({ PORT: '70000' }, 'PORT', 3000)).toThrow('got "70000"');
  });

  it('tells a receiver of traces from another server', async () => {
    const asReceiver = await takesOtlp(port);
    otlp = false;
    expect([asReceiver, await takesOtlp(port)]).toEqual([true, false]);
  });
});

describe('where traces go', () => {
  it('to what takes them already', async () => {
    expect(await planTraces(env())).toEqual({ kind: 'running', otlpPort: port, queryPort: 16_686 });
  });

  it('to the endpoint that the environment names, unless it is our own', async () => {
    const endpoint = 'https://otlp.example.com';
    expect(await planTraces({ ...env(), OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toEqual({
      kind: 'elsewhere',
      endpoint,
    });
    const own = `http://localhost:${port}/`;
    expect(await planTraces({ ...env(), OTEL_EXPORTER_OTLP_ENDPOINT: own })).toMatchObject({ kind: 'running' });
  });

  it('nowhere, when something else has the port', async () => {
    otlp = false;
    await expect(planTraces(env())).rejects.toThrow(`Port ${port} is taken, and the trace receiver needs it`);
  });
});

describe('the first round', () => {
  it('visits every kind of route and expects the one failure', async () => {
    const visits = await firstRound(`http://127.0.0.1:${port}`, 'secret');
    expect(seen).toEqual([
      'GET /api/health',
      'GET /api/products',
      'GET /api/products/ridgeline-tent',
      'POST /api/auth/login',
      'POST /api/cart/CART/add',
      'POST /api/chat',
      'POST /api/orders',
      'GET /api/fail',
    ]);
    expect(visits.every(({ expected, traceId }) => expected && traceId === 'a'.repeat(32))).toBe(true);
  });

  it('survives a platform that does not answer', async () => {
    const visits = await firstRound('http://127.0.0.1:1', 'secret');
    expect(visits.map(({ status, expected }) => [status, expected])).toEqual(
      Array.from({ length: 8 }, () => [0, false]),
    );
  });

  it('waits for a trace within a bound', async () => {
    expect(await firstTrace(`http://127.0.0.1:${port}`, 'a'.repeat(32))).toBe('GET /x  1.00 ms');
    expect(await firstTrace('http://127.0.0.1:1', 'a'.repeat(32), 300)).toBeUndefined();
  });
});

describe('the build', () => {
  it('is bound to names and contents of its inputs, and to what Next writes into pages', () => {
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src', 'a.ts'), '1');
    const hashes = [buildHash(folder, {})];
    hashes.push(buildHash(folder, { OTHER: 'x' }));
    hashes.push(buildHash(folder, { NEXT_PUBLIC_X: 'x' }));
    writeFileSync(join(folder, 'src', 'a.ts'), '2');
    hashes.push(buildHash(folder, {}));
    rmSync(join(folder, 'src', 'a.ts'));
    writeFileSync(join(folder, 'src', 'b.ts'), '2');
    hashes.push(buildHash(folder, {}));
    expect(hashes.map((hash) => hashes.indexOf(hash))).toEqual([0, 0, 2, 3, 4]);
  });
});

describe('one run per folder', () => {
  it('ignores the mark of a process that is gone or is something else', () => {
    const file = join(folder, 'run.lock');
    writeFileSync(file, '999999999');
    claim(file);
    expect(() => claim(file)).not.toThrow(); // this process is a test, not a run
  });
});

describe('the demo account', () => {
  it('keeps the password that it made up, and prefers the one it is given', () => {
    const made = demoPassword(folder, {});
    expect([made.length, demoPassword(folder, {}), demoPassword(folder, { DEMO_PASSWORD: 'given' })]).toEqual([
      16,
      made,
      'given',
    ]);
  });

  it('is hashed with salt and checked', async () => {
    const hash = await hashPassword('correct horse');
    expect([
      hash === (await hashPassword('correct horse')),
      await verifyPassword('correct horse', hash),
      await verifyPassword('wrong horse', hash),
      await verifyPassword('x', 'no hash'),
      await verifyPassword('x', hash.replace('16384', '12345')),
    ]).toEqual([false, true, false, false, false]);
  });
});
