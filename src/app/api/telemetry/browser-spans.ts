/** What a browser may say. Anybody can send to a public route: only what is known is passed on, and nothing at length. */
import { z } from 'zod';

const id = (digits: number) => z.string().regex(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`));
const nano = z.string().regex(/^\d{1,20}$/);
const value = z.union([
  z.strictObject({ stringValue: z.string().max(1000) }),
  z.strictObject({ intValue: z.int() }),
  z.strictObject({ doubleValue: z.number() }),
]);

const KEYS = [
  'url.path',
  'http.request.method',
  'http.response.status_code',
  'server.address',
  'error.type',
  'throughline.navigation.type',
  'throughline.navigation.outcome',
] as const;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const span = z.strictObject({
  traceId: id(32),
  spanId: id(16),
  parentSpanId: id(16).optional(),
  name: z.enum(['page load', 'navigation', ...METHODS]),
  // Nobody but a server opens SERVER spans.
  kind: z.union([z.literal(1), z.literal(3)]),
  startTimeUnixNano: nano,
  endTimeUnixNano: nano,
  attributes: z.array(z.strictObject({ key: z.enum(KEYS), value })).max(KEYS.length),
  events: z.array(z.strictObject({ timeUnixNano: nano, name: z.string().max(40) })).max(20),
  links: z.array(z.strictObject({ traceId: id(32), spanId: id(16) })).max(1),
  status: z.strictObject({ code: z.literal(2).optional() }),
});

const batch = z.strictObject({ spans: z.array(span).min(1).max(40) });

/** Bytes of a request. */
export const MAX_BODY_BYTES = 60_000;

/**
 * Makes an OTLP/JSON request of what a browser has sent. The resource is the server's to say.
 *
 * @param body the text of the request
 * @param serviceName as it will stand in the trace
 * @returns the OTLP request, or in one sentence what is wrong
 */
export function toOtlp(body: string, serviceName: string): { otlp: object } | { refusal: string } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { refusal: 'the body is not JSON' };
  }
  const { success, data, error } = batch.safeParse(json);
  if (!success) {
    const [issue] = error.issues;
    return { refusal: `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not understood'}` };
  }
  const attribute = (key: string, text: string) => ({ key, value: { stringValue: text } });
  return {
    otlp: {
      resourceSpans: [
        {
          resource: { attributes: [attribute('service.name', serviceName)] },
          scopeSpans: [{ scope: { name: 'browser-tracing' }, spans: data.spans }],
        },
      ],
    },
  };
}
