/**
 * Reads the JSON form of an OTLP message, guided by the message's own descriptor: one reader for every field there is.
 * OTLP/JSON is not ProtoJSON (ids are hex, enums are numbers), so the library's own reader must not be used.
 * Source: opentelemetry-proto docs/specification.md, "JSON Protobuf Encoding".
 */
import { inspect } from 'node:util';
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type MessageShape,
  ScalarType,
} from '@bufbuild/protobuf';

/** A body that is not the OTLP message it should be. The message names the field, as in `resourceSpans[0].resource`. */
export class OtlpError extends Error {
  override name = 'OtlpError';
}

/** As deep as the protobuf reader goes, so that both encodings accept the same messages. */
const DEPTH_LIMIT = 100;
/** Fields of bytes that are written in hex; every other one is in base64. */
export const HEX_FIELDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);
// Negative, because a repetition over a string of megabytes overflows the regular expression's own stack.
const NOT_HEX = /[^0-9a-f]/i;
const NOT_BASE64 = /[^A-Za-z0-9+/_=-]/;
const WHOLE_NUMBER = /^-?\d+$/;
/** A number literal that a double cannot hold exactly. May also hit inside a string, which only costs time. */
const LONG_NUMBER = /[:,[]\s*-?\d{16}/;

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `${typeof value} ${inspect(value, { maxStringLength: 40, breakLength: Infinity })}`;
}

function fail(path: string, expected: string, value: unknown): never {
  throw new OtlpError(`${path}: expected ${expected}, got ${describe(value)}`);
}

function readInteger(value: unknown, path: string, min: bigint, max: bigint): bigint {
  let result: bigint | undefined;
  if (typeof value === 'bigint') result = value;
  else if (typeof value === 'number' && Number.isInteger(value)) result = BigInt(value);
  // 20 characters hold any 64-bit integer; longer ones are not worth the quadratic cost of BigInt.
  else if (typeof value === 'string' && value.length <= 20 && WHOLE_NUMBER.test(value)) result = BigInt(value);
  if (result === undefined || result < min || result > max) {
    return fail(path, `a whole number from ${min} to ${max}`, value);
  }
  return result;
}

function readDouble(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  return fail(path, 'a number', value);
}

function readBytes(value: unknown, path: string, hex: boolean): Uint8Array {
  if (hex) {
    return typeof value === 'string' && value.length % 2 === 0 && !NOT_HEX.test(value)
      ? new Uint8Array(Buffer.from(value, 'hex'))
      : fail(path, 'a hex string', value);
  }
  return typeof value === 'string' && !NOT_BASE64.test(value)
    ? new Uint8Array(Buffer.from(value, 'base64'))
    : fail(path, 'a base64 string', value);
}

function readScalar(type: ScalarType, value: unknown, path: string, hex: boolean): unknown {
  switch (type) {
    case ScalarType.STRING:
      return typeof value === 'string' ? value : fail(path, 'a string', value);
    case ScalarType.BOOL:
      return typeof value === 'boolean' ? value : fail(path, 'true or false', value);
    case ScalarType.BYTES:
      return readBytes(value, path, hex);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return readDouble(value, path);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return Number(readInteger(value, path, 0n, 2n ** 32n - 1n));
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return Number(readInteger(value, path, -(2n ** 31n), 2n ** 31n - 1n));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return readInteger(value, path, 0n, 2n ** 64n - 1n);
    default:
      return readInteger(value, path, -(2n ** 63n), 2n ** 63n - 1n);
  }
}

/** Enums are numbers; their names are taken too, because hand-written senders use them and the Collector accepts them. */
function readEnum(desc: DescEnum, value: unknown, path: string): number {
  if (typeof value === 'string') {
    const known = desc.values.find((candidate) => candidate.name === value);
    return known === undefined ? fail(path, 'an enum number', value) : known.number;
  }
  return Number(readInteger(value, path, -(2n ** 31n), 2n ** 31n - 1n));
}

function readList(field: DescField & { fieldKind: 'list' }, value: unknown, path: string, depth: number): unknown[] {
  if (!Array.isArray(value)) return fail(path, 'a list', value);
  return value.map((item: unknown, index) => {
    const itemPath = `${path}[${index}]`;
    if (field.listKind === 'message') return readMessage(field.message, item, itemPath, depth + 1);
    return field.listKind === 'enum'
      ? readEnum(field.enum, item, itemPath)
      : readScalar(field.scalar, item, itemPath, false);
  });
}

function readField(field: DescField, value: unknown, path: string, depth: number): unknown {
  switch (field.fieldKind) {
    case 'list':
      return readList(field, value, path, depth);
    case 'message':
      return readMessage(field.message, value, path, depth + 1);
    case 'enum':
      return readEnum(field.enum, value, path);
    case 'scalar':
      return readScalar(field.scalar, value, path, HEX_FIELDS.has(field.localName));
    default:
      throw new OtlpError(`${path}: OTLP has no maps`);
  }
}

function readMessage<Desc extends DescMessage>(
  desc: Desc,
  value: unknown,
  path: string,
  depth: number,
): MessageShape<Desc> {
  if (depth > DEPTH_LIMIT) throw new OtlpError(`${path.slice(0, 200)}…: nested deeper than ${DEPTH_LIMIT} levels`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(path === '' ? 'body' : path, 'an object', value);
  }
  const source = value as Readonly<Record<string, unknown>>;
  const message = create(desc);
  const target = message as unknown as Record<string, unknown>;
  for (const field of desc.fields) {
    const raw = source[field.jsonName];
    if (raw === undefined || raw === null) continue;
    const read = readField(field, raw, path === '' ? field.jsonName : `${path}.${field.jsonName}`, depth);
    if (field.oneof === undefined) target[field.localName] = read;
    else target[field.oneof.localName] = { case: field.localName, value: read };
  }
  return message;
}

/** Keeps integers that a double cannot hold, from the literal's own text. */
function keepLongNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  const isLong = typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined;
  return isLong && source.length <= 20 && WHOLE_NUMBER.test(source) ? BigInt(source) : value;
}

/**
 * Reads an OTLP message from JSON text: hex ids in either case, 64-bit integers as strings or as numbers (exact, whatever
 * their size), enums as numbers. Unknown fields are ignored, `null` counts as absent.
 *
 * @param desc the generated descriptor of the message
 * @param text the JSON text
 * @returns the message
 * @throws OtlpError when the text is not JSON or a field has the wrong type; the message begins with the field's path
 * @example
 * readOtlpJson(ExportTraceServiceRequestSchema, '{"resourceSpans":[]}').resourceSpans; // []
 */
export function readOtlpJson<Desc extends DescMessage>(desc: Desc, text: string): MessageShape<Desc> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, LONG_NUMBER.test(text) ? keepLongNumbers : undefined);
  } catch (error) {
    throw new OtlpError(`body: not valid JSON (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
  return readMessage(desc, parsed, '', 0);
}
