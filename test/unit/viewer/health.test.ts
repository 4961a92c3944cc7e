import type { Health } from '../../../src/viewer/wire.ts';
import { postJson, send, withViewer } from './http-client.ts';

const ONE_SPAN = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"},{"spanId":"b7"}]}]}]}`;

test('what arrived, what was refused and why, newest first', async () => {
  await withViewer(async (viewer) => {
    const url = `${viewer.otlpUrl}/v1/traces`;
    const json = { 'content-type': 'application/json' };
    await postJson(viewer, ONE_SPAN);
    await postJson(viewer, '{');
    await postJson(viewer, '{"resourceSpans":1}');
    await send(url, 'POST', { 'content-type': 'text/plain' }, 'x');
    await send(url, 'POST', { ...json, 'content-encoding': 'br' }, 'x');
    await send(url, 'GET');
    await postJson(viewer, ONE_SPAN, { origin: 'https://evil.example' });
    await send(`${viewer.otlpUrl}/v1/metrics`, 'POST', json, '{}');
    await send(`${viewer.otlpUrl}/elsewhere`, 'POST', json, '{}');
    const answer = await send(`${viewer.queryUrl}/api/viewer/health`, 'GET');
    const { arrivals, received, refused } = JSON.parse(answer.body.toString()) as Health;
    const rejected = 'resourceSpans[0].scopeSpans[0].spans[1].traceId: expected 16 bytes, got 0';
    expect(
      arrivals.map(({ path, encoding, status, spans, services, reason }) => [
        path,
        encoding,
        status,
        spans,
        services,
        reason,
      ]),
    ).toEqual([
      ['/elsewhere', 'application/json', 404, 0, [], 'path: this is an OTLP/HTTP receiver; send traces to /v1/traces'],
      [
        '/v1/metrics',
        'application/json',
        200,
        0,
        [],
        'this viewer keeps traces and logs only: metrics were accepted and ignored',
      ],
      [
        '/v1/traces',
        'application/json',
        403,
        0,
        [],
        'origin: https://evil.example may not send here; pages of localhost may',
      ],
      ['/v1/traces', '', 405, 0, [], 'method: expected POST, got GET'],
      ['/v1/traces', 'application/json br', 415, 0, [], 'content-encoding: expected gzip, deflate or none, got br'],
      ['/v1/traces', 'text/plain', 415, 0, [], 'content-type: expected application/x-protobuf or application/json'],
      ['/v1/traces', 'application/json', 400, 0, [], 'resourceSpans: expected a list, got number 1'],
      ['/v1/traces', 'application/json', 400, 0, [], expect.stringMatching(/^body: not valid JSON/)],
      ['/v1/traces', 'application/json', 200, 1, ['web'], rejected],
    ]);
    expect([received.requests, received.spans, refused.length, refused.at(-1)?.reason]).toEqual([9, 1, 9, rejected]);
  });
});
