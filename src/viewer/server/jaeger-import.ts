/** Traces of Jaeger's JSON as OTLP/JSON: the way back of `jaeger.ts`, so that an export comes back the same. Pure. */
import { OtlpError } from './otlp-json.ts';
import { NO_SERVICE_NAME } from './span.ts';

type Json = Readonly<Record<string, unknown>>;

/** What `/v1/traces` takes, for one trace. */
export interface ImportedTrace {
  readonly resourceSpans: readonly object[];
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
/** Tags that are fields of OTLP's span and scope. */
const FIELDS: ReadonlySet<string> = new Set([
  'otel.scope.name',
  'otel.scope.version',
  'span.kind',
  'otel.status_code',
  'otel.status_description',
  'error',
  'w3c.tracestate',
]);

function objectOf(value: unknown, path: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new OtlpError(`${path}: expected an object`);
}

function listOf(value: unknown, path: string): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new OtlpError(`${path}: expected a list`);
  return value.map((each, index) => objectOf(each, `${path}[${index}]`));
}

/** Jaeger leaves out leading zeros. */
function idOf(value: unknown, digits: number, path: string): string {
  if (typeof value !== 'string') throw new OtlpError(`${path}: expected a string`);
  return value.toLowerCase().padStart(digits, '0');
}

function microsOf(value: unknown, path: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new OtlpError(`${path}: expected whole microseconds`);
}

/** Text as it is, a number or a truth as text, and nothing for everything else. */
function wordOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function valueOf({ type, value }: Json): object {
  switch (type) {
    case 'bool':
      return { boolValue: value };
    case 'int64':
      return { intValue: value };
    case 'float64':
      return { doubleValue: value };
    case 'binary':
      return { bytesValue: value };
    default:
      return { stringValue: wordOf(value) };
  }
}

const attributesOf = (tags: readonly Json[]): readonly object[] =>
  tags.map((tag) => ({ key: tag['key'], value: valueOf(tag) }));

function eventOf(log: Json, path: string): object {
  const fields = listOf(log['fields'], `${path}.fields`);
  const name = fields.find(({ key, type }) => key === 'event' && (type ?? 'string') === 'string');
  return {
    timeUnixNano: String(microsOf(log['timestamp'], `${path}.timestamp`) * 1000n),
    ...(name !== undefined && { name: name['value'] }),
    attributes: attributesOf(fields.filter((field) => field !== name)),
  };
}

interface Placed {
  readonly processID: string;
  readonly scope: { readonly name: string; readonly version: string };
  readonly span: object;
}

function spanOf(source: Json, path: string): Placed {
  const tags = listOf(source['tags'], `${path}.tags`);
  const text = (key: string): string => {
    const found = tags.find((tag) => tag['key'] === key)?.['value'];
    return wordOf(found);
  };
  const traceId = idOf(source['traceID'], 32, `${path}.traceID`);
  const references = listOf(source['references'], `${path}.references`).map((reference, index) => ({
    isChild: reference['refType'] === 'CHILD_OF',
    traceId: idOf(reference['traceID'], 32, `${path}.references[${index}].traceID`),
    spanId: idOf(reference['spanID'], 16, `${path}.references[${index}].spanID`),
  }));
  const parent = references.find((reference) => reference.isChild && reference.traceId === traceId);
  const start = microsOf(source['startTime'], `${path}.startTime`) * 1000n;
  const isError = text('otel.status_code') === 'ERROR' || text('error') === 'true';
  return {
    processID: wordOf(source['processID']),
    scope: { name: text('otel.scope.name'), version: text('otel.scope.version') },
    span: {
      traceId,
      spanId: idOf(source['spanID'], 16, `${path}.spanID`),
      ...(parent !== undefined && { parentSpanId: parent.spanId }),
      traceState: text('w3c.tracestate'),
      flags: source['flags'] ?? 0,
      name: source['operationName'],
      kind: Math.max(KINDS.indexOf(text('span.kind')), 0),
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + microsOf(source['duration'], `${path}.duration`) * 1000n),
      attributes: attributesOf(tags.filter(({ key }) => !FIELDS.has(wordOf(key)))),
      events: listOf(source['logs'], `${path}.logs`).map((log, index) => eventOf(log, `${path}.logs[${index}]`)),
      links: references
        .filter((reference) => reference !== parent)
        .map((link) => ({
          traceId: link.traceId,
          spanId: link.spanId,
          attributes: attributesOf(link.isChild ? [{ key: 'opentracing.ref_type', value: 'child_of' }] : []),
        })),
      status: {
        code: isError ? 2 : text('otel.status_code') === 'OK' ? 1 : 0,
        message: text('otel.status_description'),
      },
    },
  };
}

function resourceOf(process: Json | undefined): object {
  const { serviceName } = process ?? {};
  const name = typeof serviceName === 'string' && serviceName !== NO_SERVICE_NAME ? [serviceName] : [];
  return {
    attributes: attributesOf([
      ...name.map((value) => ({ key: 'service.name', type: 'string', value })),
      ...listOf(process?.['tags'], 'processes.tags'),
    ]),
  };
}

/** Spans in their order: a new group begins where sender or scope changes. */
function traceOf(trace: Json, path: string): ImportedTrace {
  const processes = objectOf(trace['processes'] ?? {}, `${path}.processes`);
  const groups: { readonly of: string; readonly resource: object; readonly scope: object; readonly spans: object[] }[] =
    [];
  for (const [index, source] of listOf(trace['spans'], `${path}.spans`).entries()) {
    const { processID, scope, span } = spanOf(source, `${path}.spans[${index}]`);
    const of = JSON.stringify([processID, scope]);
    const last = groups.at(-1);
    if (last?.of === of) last.spans.push(span);
    else {
      const isKnown = Object.hasOwn(processes, processID);
      const process = isKnown ? objectOf(processes[processID], `${path}.processes.${processID}`) : undefined;
      groups.push({ of, resource: resourceOf(process), scope, spans: [span] });
    }
  }
  return { resourceSpans: groups.map(({ resource, scope, spans }) => ({ resource, scopeSpans: [{ scope, spans }] })) };
}

/**
 * Reads Jaeger's JSON: the answer of `/api/traces` and what its page downloads, or one trace alone.
 *
 * @param parsed the JSON, parsed
 * @returns one OTLP message for each trace
 * @throws OtlpError with the path of the first field that is wrong
 * @example
 * fromJaegerJson({ data: [] }); // []
 */
export function fromJaegerJson(parsed: unknown): readonly ImportedTrace[] {
  const body = objectOf(parsed, 'body');
  if (Array.isArray(body['data'])) {
    return listOf(body['data'], 'data').map((trace, index) => traceOf(trace, `data[${index}]`));
  }
  if (Array.isArray(body['spans'])) return [traceOf(body, 'trace')];
  throw new OtlpError('body: neither OTLP JSON (resourceSpans) nor Jaeger JSON (data)');
}
