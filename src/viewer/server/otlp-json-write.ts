/**
 * Writes the JSON form of an OTLP message, guided by the message's own descriptor, as `otlp-json.ts` reads it: ids in
 * lower-case hex, 64-bit integers as strings, enums as numbers, what is zero or empty left out.
 */
import { type DescField, type DescMessage, type Message, type MessageShape, ScalarType } from '@bufbuild/protobuf';
import { HEX_FIELDS } from './otlp-json.ts';

type OtlpValue = string | number | boolean | OtlpObject | readonly OtlpValue[];
/** A message in JSON. */
export interface OtlpObject {
  readonly [key: string]: OtlpValue;
}

const LONG = new Set<ScalarType | undefined>([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
  ScalarType.SINT64,
]);

function isDefault(value: unknown): boolean {
  const isEmpty = (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0;
  return isEmpty || value === undefined || value === '' || value === 0 || value === 0n || value === false;
}

function writeOne(field: DescField, value: unknown): OtlpValue {
  if (field.message !== undefined) return writeMessage(field.message, value as Message);
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString(HEX_FIELDS.has(field.localName) ? 'hex' : 'base64');
  }
  if (LONG.has(field.scalar)) return String(value);
  // JSON has no NaN and no infinity; the mapping writes them as text.
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : (value as string | number | boolean);
}

function writeMessage(desc: DescMessage, message: Message): OtlpObject {
  const source = message as unknown as Readonly<Record<string, unknown>>;
  const written = desc.fields.flatMap((field): [string, OtlpValue][] => {
    const { oneof } = field;
    const chosen = oneof === undefined ? undefined : (source[oneof.localName] as { case?: string; value?: unknown });
    const value = oneof === undefined ? source[field.localName] : chosen?.value;
    // A choice that was made is written whatever it holds: an empty text is not the same as no value.
    const isAbsent = oneof === undefined ? isDefault(value) : chosen?.case !== field.localName;
    if (isAbsent) return [];
    const isList = field.fieldKind === 'list';
    return [
      [field.jsonName, isList ? (value as unknown[]).map((one) => writeOne(field, one)) : writeOne(field, value)],
    ];
  });
  return Object.fromEntries(written);
}

/**
 * Writes a message.
 *
 * @param desc the generated descriptor of the message
 * @param message to write
 * @returns what `JSON.stringify` and then `readOtlpJson` take
 * @example
 * writeOtlpJson(ExportTraceServiceRequestSchema, readRequestJson('{}')); // {}
 */
export function writeOtlpJson<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): OtlpObject {
  return writeMessage(desc, message);
}
