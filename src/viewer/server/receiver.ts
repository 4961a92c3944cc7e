/**
 * The OTLP/HTTP endpoint. Answers as the OTLP specification says: `ExportTraceServiceResponse` on success,
 * `google.rpc.Status` on failure, each in the encoding of the request.
 * Source: opentelemetry-proto docs/specification.md, "OTLP/HTTP".
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { type Context, Hono } from 'hono';
import { BodyError, readBody } from './body.ts';
import type { Arrival } from './health.ts';
import { createAccess, type Access } from './access.ts';
import { guardOtlp } from './access-guard.ts';
import type { Forwarded } from './forward.ts';
import { OtlpError } from './otlp.ts';
import { StatusSchema } from './proto/generated/google/rpc/status_pb.js';
import { ExportTraceServiceResponseSchema } from './proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { DatabaseStore, Stored, StoredLogs } from './database-store.ts';
import { retryOf } from './store-errors.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const DEFAULT_MAX_BODY_BYTES = 32 * 1024 * 1024;

/** The google.rpc.Code that says the same as an HTTP status. */
const RPC_CODES = { 400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 8, 415: 3, 429: 8, 500: 13, 503: 14 } as const;
type FailureStatus = keyof typeof RPC_CODES;
type Encoding = typeof PROTOBUF | typeof JSON_TYPE;

/** What a receiver needs. */
export interface ReceiverOptions {
  readonly store: DatabaseStore;
  /** Is told of each request that was written. */
  readonly onStored?: (stored: Stored) => void;
  /** The same for log records. */
  readonly onStoredLogs?: (stored: StoredLogs) => void;
  /** Is told of each request, taken or refused. */
  readonly onArrival?: (arrival: Arrival) => void;
  /** The host the server listens on: one of the names accepted in `Host`. */
  readonly host: string;
  /** Who may send; by default what `host` alone says. */
  readonly access?: Access | undefined;
  /** Is given each request that was accepted, to pass it on. */
  readonly onAccepted?: ((request: Forwarded) => void) | undefined;
  /** Bound for one request's body in bytes, before and after decompression; 32 MiB by default. */
  readonly maxBodyBytes?: number;
}

function encodingOf(context: Context): Encoding | undefined {
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  return type === PROTOBUF || type === JSON_TYPE ? type : undefined;
}

function answer(encoding: Encoding, status: number, binary: () => Uint8Array, json: () => object): Response {
  const body = encoding === PROTOBUF ? new Uint8Array(binary()) : JSON.stringify(json());
  return new Response(body, { status, headers: { 'content-type': encoding } });
}

function fail(context: Context, status: FailureStatus, message: string): Response {
  refusals.set(context.req.raw, message);
  const content = { code: RPC_CODES[status], message };
  return answer(
    encodingOf(context) ?? JSON_TYPE,
    status,
    () => toBinary(StatusSchema, create(StatusSchema, content)),
    () => content,
  );
}

/** `field` is the signal's own name in JSON; on the protobuf wire the three responses are the same. */
function succeed(encoding: Encoding, rejected: number, errorMessage: string, field = 'rejectedSpans'): Response {
  const isPlain = rejected === 0 && errorMessage === '';
  return answer(
    encoding,
    200,
    () =>
      toBinary(
        ExportTraceServiceResponseSchema,
        create(
          ExportTraceServiceResponseSchema,
          isPlain ? {} : { partialSuccess: { rejectedSpans: BigInt(rejected), errorMessage } },
        ),
      ),
    () => (isPlain ? {} : { partialSuccess: { ...(rejected > 0 && { [field]: String(rejected) }), errorMessage } }),
  );
}

function unsupported(context: Context): Response {
  return fail(context, 415, `content-type: expected ${PROTOBUF} or ${JSON_TYPE}`);
}

/** Why a request was refused, for whoever keeps count. */
const refusals = new WeakMap<Request, string>();
/** Headers and paths are what a sender wrote. */
const MAX_SHOWN = 100;

function encodingText(context: Context): string {
  const parts = [context.req.header('content-type'), context.req.header('content-encoding')];
  return parts
    .filter((part) => part !== undefined)
    .join(' ')
    .slice(0, MAX_SHOWN);
}

/**
 * Builds the OTLP/HTTP application: `POST /v1/traces` and `/v1/logs` into the store; `/v1/metrics` accepted and ignored.
 *
 * @param options the store to fill, the bound host and the body bound
 * @returns a Hono application; its handlers never throw
 * @example
 * const app = createReceiver({ store, host: '127.0.0.1' });
 */
export function createReceiver(options: ReceiverOptions): Hono {
  const {
    store,
    host,
    access = createAccess({ host }),
    onAccepted = () => undefined,
    maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
    onStored = () => undefined,
    onStoredLogs = () => undefined,
    onArrival = () => undefined,
  } = options;
  const app = new Hono();
  const arrived = (
    context: Context,
    told: Pick<Arrival, 'bytes' | 'status'> & Partial<Pick<Arrival, 'spans' | 'logs' | 'reason' | 'services'>>,
  ): void =>
    onArrival({
      timeMillis: Date.now(),
      path: context.req.path.slice(0, MAX_SHOWN),
      encoding: encodingText(context),
      spans: 0,
      logs: 0,
      services: [],
      ...told,
    });
  app.use(async (context, next) => {
    await next();
    const { status } = context.res;
    if (status < 400) return;
    const reason = refusals.get(context.req.raw) ?? '';
    arrived(context, { bytes: Number(context.req.header('content-length')) || 0, status, reason });
  });
  app.use(guardOtlp(access, fail));
  app.post('/v1/traces', async (context) => {
    const encoding = encodingOf(context);
    if (encoding === undefined) return unsupported(context);
    const body = await readBody(context.req.raw, maxBodyBytes);
    const bytes = body.byteLength;
    const stored = await store.write(encoding === PROTOBUF ? 'protobuf' : 'json', body);
    onStored(stored);
    onAccepted({ path: '/v1/traces', contentType: encoding, body });
    arrived(context, {
      bytes,
      spans: stored.spans,
      status: 200,
      ...(stored.rejectedReason !== '' && { reason: stored.rejectedReason }),
      services: stored.services,
    });
    return succeed(encoding, stored.rejected, stored.rejectedReason);
  });
  app.post('/v1/logs', async (context) => {
    const encoding = encodingOf(context);
    if (encoding === undefined) return unsupported(context);
    const body = await readBody(context.req.raw, maxBodyBytes);
    const bytes = body.byteLength;
    const stored = await store.writeLogs(encoding === PROTOBUF ? 'protobuf' : 'json', body);
    onStoredLogs(stored);
    onAccepted({ path: '/v1/logs', contentType: encoding, body });
    arrived(context, {
      bytes,
      logs: stored.kept + stored.withoutTrace + stored.repeated,
      status: 200,
      ...(stored.rejectedReason !== '' && { reason: stored.rejectedReason }),
      services: stored.services,
    });
    return succeed(encoding, stored.rejected, stored.rejectedReason, 'rejectedLogRecords');
  });
  // Taken and dropped: a sender that has them on must not see errors for its traces' sake.
  app.post('/v1/metrics', async (context) => {
    const encoding = encodingOf(context);
    if (encoding === undefined) return unsupported(context);
    const body = await readBody(context.req.raw, maxBodyBytes);
    onAccepted({ path: '/v1/metrics', contentType: encoding, body });
    const reason = 'this viewer keeps traces and logs only: metrics were accepted and ignored';
    arrived(context, { bytes: body.byteLength, status: 200, reason });
    return succeed(encoding, 0, reason, 'rejectedDataPoints');
  });
  app.on('ALL', ['/v1/traces', '/v1/metrics', '/v1/logs'], (context) => {
    const response = fail(context, 405, `method: expected POST, got ${context.req.method}`);
    response.headers.set('allow', 'POST');
    return response;
  });
  app.notFound((context) => fail(context, 404, 'path: this is an OTLP/HTTP receiver; send traces to /v1/traces'));
  app.onError((error, context) => {
    const retry = retryOf(error);
    if (retry !== undefined) {
      const response = fail(context, retry.status, error.message);
      response.headers.set('retry-after', retry.seconds);
      return response;
    }
    if (error instanceof BodyError) return fail(context, error.status, error.message);
    if (error instanceof OtlpError) return fail(context, 400, error.message);
    return fail(context, 500, `the receiver failed: ${error.message}`);
  });
  return app;
}
