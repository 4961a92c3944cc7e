import { gzipSync } from 'node:zlib';
import type { TracingOptions } from '@/lib/tracing/boot/index.ts';
import { Collector } from '../../../../helpers/collector.ts';
import { Program } from './program.ts';

let collector: Collector;
let program: Program | undefined;
beforeEach(async () => {
  collector = await new Collector().start();
});
afterEach(async () => {
  await program?.stop();
  program = undefined;
  await collector.close();
});

async function send(options: TracingOptions, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  program = await Program.start(env);
  await program.call('boot', options);
  await program.call('work', 'work', 2);
  await program.call('flush');
  return program;
}

const arrived = (): unknown => {
  const [request] = collector.requests;
  const headers: Readonly<Record<string, unknown>> = request?.headers ?? {};
  return {
    url: request?.url,
    type: headers['content-type'],
    encoding: headers['content-encoding'],
    key: headers['x-key'],
    authorization: headers['authorization'],
    spans: collector.spans.map(({ name, scope }) => `${scope} ${name}`),
  };
};
const JSON_PLAIN = {
  url: '/v1/traces',
  type: 'application/json',
  encoding: undefined,
  key: undefined,
  authorization: undefined,
  spans: ['throughline work', 'throughline work'],
};

describe('what the collector gets', () => {
  it.each<[what: string, options: TracingOptions, env: Record<string, string>, expected: object]>([
    ['JSON by default', {}, {}, {}],
    ['JSON, compressed', { compression: 'gzip' }, {}, { encoding: 'gzip' }],
    ['protobuf', { protocol: 'http/protobuf' }, {}, { type: 'application/x-protobuf' }],
    ['protobuf, compressed, by variables', {}, { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }, { type: 'application/x-protobuf', encoding: 'gzip' }], // prettier-ignore
    ['headers by option', { headers: { 'X-Key': 'a', Authorization: 'Bearer b' } }, { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=env' }, { key: 'a', authorization: 'Bearer b' }], // prettier-ignore
    ['headers as the document writes them', {}, { OTEL_EXPORTER_OTLP_HEADERS: `'{"Authorization":"Bearer YOUR_TOKEN"}'` }, { authorization: 'Bearer YOUR_TOKEN' }], // prettier-ignore
    ['headers as the standard writes them', {}, { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b,authorization=Basic%20eA==' }, { key: 'a b', authorization: 'Basic eA==' }], // prettier-ignore
  ])('%s', async (_what, options, env, expected) => {
    const { printed } = await send({ endpoint: collector.url, ...options }, env);
    expect([arrived(), printed]).toEqual([{ ...JSON_PLAIN, ...expected }, '']);
  });

  it.each([
    ['', '/v1/traces'],
    ['/', '/v1/traces'],
    ['/v1/traces', '/v1/traces'],
    ['/otlp', '/otlp/v1/traces'],
    ['/otlp/?tenant=a', '/otlp/v1/traces?tenant=a'],
  ])('at %j, on %s', async (path, url) => {
    await send({}, { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}${path}` });
    expect(arrived()).toEqual({ ...JSON_PLAIN, url });
  });

  it('is smaller when it is compressed, and the same', async () => {
    await send({ endpoint: collector.url, compression: 'gzip', batch: { maxExportBatchSize: 2 } });
    const length = Number(collector.requests[0]?.headers['content-length'] ?? 0);
    expect([length < gzipSync(collector.text).length + 200, collector.spans.length]).toEqual([true, 2]);
  });
});

describe('where else spans go', () => {
  it('the console, in the form in which they would leave', async () => {
    const { printed } = await send({ endpoint: collector.url, console: true, otlp: false });
    expect([printed.match(/name: '[^']*'/g), collector.requests.length]).toEqual([
      ["name: 'throughline'", "name: 'work'", "name: 'throughline'", "name: 'work'"],
      0,
    ]);
  });

  it('the console beside the collector', async () => {
    const { printed } = await send({ endpoint: collector.url }, { OTEL_TRACES_EXPORTER: 'otlp,console' });
    expect([printed.match(/name: 'work'/g)?.length, collector.spans.length]).toEqual([2, 2]);
  });

  it('nowhere', async () => {
    const { printed } = await send({ endpoint: collector.url }, { OTEL_TRACES_EXPORTER: 'none' });
    expect([printed, collector.requests.length]).toEqual(['', 0]);
  });
});

it('prints the warning about a malformed header without what it holds', async () => {
  const { printed } = await send(
    { endpoint: collector.url },
    { OTEL_EXPORTER_OTLP_HEADERS: 'Authorization: Bearer planted=', OTEL_LOG_LEVEL: 'warn' },
  );
  expect([printed, collector.spans.length]).toEqual([
    'throughline: a header for the collector is malformed and left out: its name is none\n',
    2,
  ]);
});
