/**
 * Reads a file of traces as a whole before anything of it is kept: OTLP's or Jaeger's JSON into requests of the store's own
 * encoding, none of them so large that other senders would wait for it. Pure.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import type { Imported } from '../wire.ts';
import { fromJaegerJson } from './jaeger-import.ts';
import { idFault, OtlpError, readRequestJson } from './otlp.ts';
import {
  type ExportTraceServiceRequest,
  ExportTraceServiceRequestSchema,
} from './proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';

/** What a file holds. */
export interface ReadFile {
  readonly format: Imported['format'];
  /** `ExportTraceServiceRequest` in protobuf, each with its memory to itself. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
  /** Spans whose ids are wrong: they are in no part. */
  readonly rejected: number;
  /** Names the first of them; `''` when there is none. */
  readonly reason: string;
}

/** A transaction of this many takes a blink. */
const SPANS_A_PART = 1_000;

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new OtlpError('body: not valid UTF-8', { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new OtlpError(`body: not valid JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** One message, or one on each line as the Collector writes them; a message over several lines does not end on the first. */
function* linesOf(body: Buffer): Generator<Buffer> {
  const firstEnd = body.indexOf('\n');
  const first = firstEnd < 0 ? '' : body.toString('latin1', Math.max(0, firstEnd - 8), firstEnd).trimEnd();
  if (!first.endsWith('}')) {
    yield body;
    return;
  }
  for (let from = 0; from < body.length;) {
    const found = body.indexOf('\n', from);
    const to = found < 0 ? body.length : found;
    yield body.subarray(from, to);
    from = to + 1;
  }
}

interface Message {
  /** In front of the path of a field, where a file has several messages. */
  readonly place: string;
  readonly request: ExportTraceServiceRequest;
}

function* otlpMessages(body: Buffer): Generator<Message> {
  const isOne = body.indexOf('\n') < 0;
  let line = 0;
  for (const part of linesOf(body)) {
    line += 1;
    if (part.toString('latin1', 0, 100).trim() === '') continue;
    const place = isOne || part.length === body.length ? '' : `line ${line}: `;
    try {
      yield { place, request: readRequestJson(textOf(part)) };
    } catch (error) {
      throw error instanceof OtlpError && place !== '' ? new OtlpError(`${place}${error.message}`) : error;
    }
  }
}

function* jaegerMessages(parsed: unknown): Generator<Message> {
  for (const trace of fromJaegerJson(parsed)) yield { place: '', request: readRequestJson(JSON.stringify(trace)) };
}

function messagesOf(body: Buffer): { readonly format: Imported['format']; readonly messages: Iterable<Message> } {
  const start = body.toString('latin1', 0, 4096).trimStart();
  if (/^\{\s*(?:"resourceSpans"|\})/u.test(start)) return { format: 'otlp', messages: otlpMessages(body) };
  const text = textOf(body);
  const parsed = parse(text);
  // Written by somebody who puts other fields first.
  const isOtlp = typeof parsed === 'object' && parsed !== null && 'resourceSpans' in parsed;
  return isOtlp
    ? { format: 'otlp', messages: [{ place: '', request: readRequestJson(text) }] }
    : { format: 'jaeger', messages: jaegerMessages(parsed) };
}

/** Spans with their sender and scope, in slices. */
function* slicesOf({ resourceSpans }: ExportTraceServiceRequest, refuse: (path: string) => void) {
  for (const [r, { scopeSpans, ...sender }] of resourceSpans.entries()) {
    for (const [s, { spans, ...scope }] of scopeSpans.entries()) {
      const good = spans.filter((span, i) => {
        const fault = idFault(span);
        if (fault !== undefined) refuse(`resourceSpans[${r}].scopeSpans[${s}].spans[${i}].${fault}`);
        return fault === undefined;
      });
      for (let from = 0; from < good.length; from += SPANS_A_PART) {
        yield { sender, scope, spans: good.slice(from, from + SPANS_A_PART) };
      }
    }
  }
}

/**
 * Reads a file.
 *
 * @param file its bytes
 * @returns what it holds, in parts of fewer than 2,000 spans
 * @throws OtlpError with the path of the first field that is wrong, and its line where each line is a message
 * @example
 * readImport(Buffer.from('{}')).parts; // []
 */
export function readImport(file: Uint8Array): ReadFile {
  const body = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const { format, messages } = messagesOf(body);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let rejected = 0;
  let reason = '';
  let waiting = create(ExportTraceServiceRequestSchema);
  let held = 0;
  const flush = (): void => {
    if (held > 0) parts.push(toBinary(ExportTraceServiceRequestSchema, waiting));
    waiting = create(ExportTraceServiceRequestSchema);
    held = 0;
  };
  for (const { place, request } of messages) {
    const refuse = (path: string): void => {
      rejected += 1;
      reason ||= `${place}${path}`;
    };
    for (const { sender, scope, spans } of slicesOf(request, refuse)) {
      waiting.resourceSpans.push({ ...sender, scopeSpans: [{ ...scope, spans }] });
      held += spans.length;
      if (held >= SPANS_A_PART) flush();
    }
  }
  flush();
  return { format, parts, rejected, reason };
}
