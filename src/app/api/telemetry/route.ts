import { MAX_BODY_BYTES, toOtlp } from './browser-spans.ts';
import { mayPass, passOn } from './collector.ts';

export const dynamic = 'force-dynamic';

function refuse(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

/**
 * `POST /api/telemetry`: spans of this site's own pages, passed on to the collector: 204. 400 for what is none, 403 for
 * other sites, 413 over 60 kB, 429 over fifty a second, 502 when the collector takes nothing.
 */
export async function POST(request: Request): Promise<Response> {
  // Browsers say it on every request and let no page change it.
  if (request.headers.get('sec-fetch-site') !== 'same-origin') return refuse(403, 'only pages of this site send here');
  // A body whose length is not said could be of any.
  if (!(Number(request.headers.get('content-length') ?? Number.NaN) <= MAX_BODY_BYTES)) return refuse(413, 'too long');
  if (!mayPass(Date.now())) return refuse(429, 'too many');
  const read = toOtlp(await request.text(), `${process.env['OTEL_SERVICE_NAME'] || 'storefront'}-browser`);
  if ('refusal' in read) return refuse(400, read.refusal);
  return (await passOn(read.otlp)) ? new Response(null, { status: 204 }) : refuse(502, 'the collector took nothing');
}
