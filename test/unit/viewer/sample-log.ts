import type { Viewer } from '../../../src/viewer/server/index.ts';
import type { Health, SpanDetail, TraceLogs } from '../../../src/viewer/wire.ts';
import { type Answer, send } from './http-client.ts';
import { EPOCH, id, MILLI, TRACE_ID } from './sample-span.ts';

/** A record of `TRACE_ID` in OTLP JSON, written so many milliseconds after the epoch, with whatever is given instead. */
export function sampleLog(body: string, millis = 0, changes: object = {}): object {
  return {
    timeUnixNano: String(EPOCH + BigInt(millis) * MILLI),
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: body },
    traceId: TRACE_ID,
    spanId: id('1'),
    ...changes,
  };
}

/** Records as one request. */
export function logsRequest(records: readonly object[], service = 'web'): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: records }] }] });
}

/** Posts to `/v1/logs`, as JSON unless the headers say otherwise. */
export function postLogs(
  viewer: Viewer,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return send(`${viewer.otlpUrl}/v1/logs`, 'POST', { 'content-type': 'application/json', ...headers }, body);
}

async function get<Body>(viewer: Viewer, path: string): Promise<Body> {
  const answer = await send(`${viewer.queryUrl}/api/viewer/${path}`, 'GET');
  expect([path, answer.status]).toEqual([path, 200]);
  return JSON.parse(answer.body.toString()) as Body;
}

export const logsOf = (viewer: Viewer, query = ''): Promise<TraceLogs> =>
  get<TraceLogs>(viewer, `traces/${TRACE_ID}/logs${query}`);

/** What a span's panel gets. */
export const detailOf = (viewer: Viewer, query = ''): Promise<SpanDetail> =>
  get<SpanDetail>(viewer, `traces/${TRACE_ID}/spans/${id('1')}${query}`);

export const healthOf = (viewer: Viewer): Promise<Health> => get<Health>(viewer, 'health');

/** The texts of a page, in its order. */
export const bodiesOf = ({ logs }: Pick<TraceLogs, 'logs'>): readonly unknown[] => logs.map(({ body }) => body);
