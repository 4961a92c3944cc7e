/** What the pipeline makes: weather, pictures, files. Its queues and processes are in test/e2e/pipeline.test.ts. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateSync } from 'node:zlib';
import { idsOfOthers } from '@/pipeline/generate.ts';
import { configuredFormats, drawLandscape } from '@/pipeline/landscape.ts';
import { encodePng } from '@/pipeline/png.ts';
import { weatherOf } from '@/pipeline/weather.ts';

const WEATHER = { celsius: 21, clouds: 0.2, rain_mm: 0 };
afterEach(() => {
  delete process.env['WEATHER_API_URL'];
  delete process.env['LANDSCAPE_FORMATS'];
});

/** The chunks of a PNG file, with their checksums as the file has them. */
function chunksOf(file: Buffer): [type: string, data: Buffer, crc: number][] {
  const chunks: [string, Buffer, number][] = [];
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const end = at + 8 + length;
    chunks.push([file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, end), file.readUInt32BE(end)]);
    at = end + 4;
  }
  return chunks;
}

it('a picture is a PNG file, byte for byte', () => {
  const pixels = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3]);
  const file = encodePng({ width: 2, height: 2, channels: 3, pixels });
  const [header, data, end] = chunksOf(file);
  expect([file.subarray(0, 8).toString('latin1'), header, end]).toEqual([
    '\u0089PNG\r\n\u001a\n',
    ['IHDR', Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]), 0xfdd49a73],
    ['IEND', Buffer.alloc(0), 0xae426082],
  ]);
  expect([data?.[0], [...inflateSync(data?.[1] ?? '')]]).toEqual([
    'IDAT',
    [0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255, 1, 2, 3],
  ]);
});

it('the same place and weather give the same picture, another weather another one', () => {
  const draw = (zip: string, format: string, weather = WEATHER): string =>
    Buffer.from(drawLandscape(zip, weather, format).pixels).toString('base64');
  const first = draw('78729', 'rgb_light');
  expect([
    draw('78729', 'rgb_light') === first,
    draw('10001', 'rgb_light') === first,
    draw('78729', 'rgb_dark') === first,
    draw('78729', 'rgb_light', { celsius: -5, clouds: 0.9, rain_mm: 6 }) === first,
  ]).toEqual([true, false, false, false]);
});

it.each(['constructor', 'jpeg', ''])('a format that is none is refused: %s', (format) => {
  expect(() => drawLandscape('78729', WEATHER, format)).toThrow('there is no such format');
});

it('formats are those that were asked for', () => {
  const all = configuredFormats();
  process.env['LANDSCAPE_FORMATS'] = 'eink, rgb_dark';
  expect([all, configuredFormats()]).toEqual([
    ['rgb_light', 'rgb_dark', 'eink'],
    ['eink', 'rgb_dark'],
  ]);
  process.env['LANDSCAPE_FORMATS'] = 'eink,jpeg';
  expect(configuredFormats).toThrow('LANDSCAPE_FORMATS names "jpeg": it knows rgb_light, rgb_dark, eink');
});

it('without a service the weather is made up, says so, and is the same each time', async () => {
  expect([await weatherOf('78729'), await weatherOf('78729'), await weatherOf('00000')]).toEqual([
    { source: 'stand-in', weather: { celsius: 15, clouds: 0.3, rain_mm: 0 } },
    { source: 'stand-in', weather: { celsius: 15, clouds: 0.3, rain_mm: 0 } },
    { source: 'stand-in', weather: { celsius: -8, clouds: 0, rain_mm: 0 } },
  ]);
});

it.each<[string, number, string, unknown]>([
  ['weather', 200, JSON.stringify(WEATHER), { source: 'service', weather: WEATHER }],
  ['a fault', 503, 'no', 'the weather service answered 503'],
  ['something else', 200, '{"celsius":"warm"}', expect.stringContaining('celsius')],
])('of a service that answers %s', async (_what, status, body, expected) => {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env['WEATHER_API_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const seen = await weatherOf('78729').catch((error: unknown) => (error as Error).message);
  server.closeAllConnections();
  server.close();
  expect(seen).toEqual(expected);
});

it('ids of others are written down where they look like ids', () => {
  const of = (id: string, traceId: unknown): unknown =>
    idsOfOthers(Object.assign(new Request('http://x', { headers: { 'x-request-id': id } }), { cf: { traceId } }));
  expect([of('req-7', 'a1b2:c3'), of('ada@example.com', 7), idsOfOthers(new Request('http://x'))]).toEqual([
    { request_id: 'req-7', cf_trace_id: 'a1b2:c3' },
    {},
    {},
  ]);
});
