/** Every field that OTLP's definition has goes in over HTTP and comes back out of the store, by its own descriptor. */
import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageShape,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import { readOtlpJson } from '../../../src/viewer/server/otlp-json.ts';
import { ExportLogsServiceRequestSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { ExportTraceServiceRequestSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { AnyValueSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/common/v1/common_pb.js';
import { send, withViewer } from './http-client.ts';
import { postLogs } from './sample-log.ts';

const ID_BYTES: Readonly<Record<string, number>> = { traceId: 16, spanId: 8, parentSpanId: 8 };
/** Positions in a profile's string table: outside profiles they must not be set (common.proto). */
const isForProfiles = (field: DescField): boolean => field.localName.endsWith('Strindex');
/** What a value may be: string, bool, int, double, list, map, bytes. */
const KINDS = AnyValueSchema.fields.filter((field) => !isForProfiles(field));
const isAny = (desc: DescMessage | undefined): boolean => desc?.typeName === AnyValueSchema.typeName;

/** Fills messages with values that are all different and none a default; notes each field it has set. */
function createFiller() {
  const set = new Set<string>();
  let last = 0;
  const scalar = (type: ScalarType, name: string): unknown => {
    last += 1;
    switch (type) {
      case ScalarType.STRING:
        return `${name} ${last} é😀`;
      case ScalarType.BOOL:
        return true;
      case ScalarType.DOUBLE:
        return last + 0.5;
      case ScalarType.BYTES:
        return Uint8Array.from({ length: ID_BYTES[name] ?? 3 }, (_, index) => (last * 7 + index) % 255 || 1);
      case ScalarType.INT64:
        return -(2n ** 62n) - BigInt(last);
      case ScalarType.FIXED64:
        // Of nanoseconds, beyond what a double holds.
        return 1_767_225_600_000_000_001n + BigInt(last);
      default:
        return last;
    }
  };
  /** A value of one kind; what is in its lists and maps is of the first. */
  const any = (kind: DescField | undefined): Message => {
    if (kind === undefined) throw new Error('AnyValue has no fields');
    set.add(`AnyValue.${kind.name}`);
    const held = kind.message === undefined ? one(kind, []) : fill(kind.message, KINDS.slice(0, 1));
    return create(AnyValueSchema, { value: { case: kind.localName, value: held } } as never);
  };
  const one = (field: DescField, kinds: readonly DescField[]): unknown => {
    if (isAny(field.message)) return any(kinds[0]);
    if (field.message !== undefined) return fill(field.message, kinds);
    return field.enum === undefined ? scalar(field.scalar ?? ScalarType.STRING, field.localName) : 2;
  };
  const fill = (desc: DescMessage, kinds: readonly DescField[]): Message => {
    const message = create(desc);
    for (const field of desc.fields.filter((each) => !isForProfiles(each))) {
      set.add(`${desc.name}.${field.name}`);
      // An attribute of each kind.
      const isOfKinds = field.message?.fields.some((each) => isAny(each.message)) === true;
      const items = isOfKinds ? kinds.map((kind) => one(field, [kind])) : [one(field, kinds)];
      Object.assign(message, { [field.localName]: field.fieldKind === 'list' ? items : items[0] });
    }
    return message;
  };
  return { set, fill: <Desc extends DescMessage>(desc: Desc) => fill(desc, KINDS) as MessageShape<Desc> };
}

/** All fields that are reached from a message. */
function fieldsOf(
  desc: DescMessage,
  known = new Map<string, readonly string[]>(),
): ReadonlyMap<string, readonly string[]> {
  if (known.has(desc.typeName)) return known;
  const fields = desc.fields.filter((field) => !isForProfiles(field));
  known.set(
    desc.typeName,
    fields.map((field) => `${desc.name}.${field.name}`),
  );
  for (const field of fields) if (field.message !== undefined) fieldsOf(field.message, known);
  return known;
}

test('every field of every message of a request survives, whichever encoding it came in', async () => {
  const { set, fill } = createFiller();
  const request = fill(ExportTraceServiceRequestSchema);
  const all = [...fieldsOf(ExportTraceServiceRequestSchema).values()].flat();
  expect([...set].sort()).toEqual(all.sort());
  expect(all).toEqual(
    expect.arrayContaining(['Span.flags', 'Link.trace_state', 'EntityRef.id_keys', 'KeyValueList.values']),
  );

  const body = toBinary(ExportTraceServiceRequestSchema, request);
  const fetchBack = async (content: Uint8Array | string, type: string): Promise<object> => {
    let result: object = {};
    await withViewer(async (viewer) => {
      const sent = await send(`${viewer.otlpUrl}/v1/traces`, 'POST', { 'content-type': type }, content);
      expect([sent.status, viewer.stats().spans]).toEqual([200, 1]);
      const list = await send(`${viewer.queryUrl}/api/viewer/traces`, 'GET');
      const { traces } = JSON.parse(list.body.toString()) as { traces: { traceId: string }[] };
      const answer = await send(`${viewer.queryUrl}/api/v3/traces/${traces[0]?.traceId}`, 'GET');
      ({ result } = JSON.parse(answer.body.toString()) as { result: object });
    });
    return result;
  };
  const fromBinary = await fetchBack(body, 'application/x-protobuf');
  expect(readOtlpJson(ExportTraceServiceRequestSchema, JSON.stringify(fromBinary))).toEqual(request);
  expect(await fetchBack(JSON.stringify(fromBinary), 'application/json')).toEqual(fromBinary);
});

test('every field of a request of log records survives too, whichever encoding it came in', async () => {
  const { set, fill } = createFiller();
  const request = fill(ExportLogsServiceRequestSchema);
  const all = [...fieldsOf(ExportLogsServiceRequestSchema).values()].flat();
  expect([...set].sort()).toEqual(all.sort());
  expect(all).toEqual(
    expect.arrayContaining([
      'LogRecord.observed_time_unix_nano',
      'LogRecord.event_name',
      'LogRecord.flags',
      'ScopeLogs.schema_url',
    ]),
  );

  // One for each kind of body, all of one trace, so that one file holds them.
  const records = request.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords);
  const [{ traceId: id } = { traceId: new Uint8Array() }] = records;
  for (const record of records) record.traceId = id;
  expect(records.map(({ body }) => body?.value.case)).toEqual(KINDS.map(({ localName }) => localName));
  const traceId = Buffer.from(id).toString('hex');
  const fetchBack = async (content: Uint8Array | string, type: string): Promise<object> => {
    let result: object = {};
    await withViewer(async (viewer) => {
      expect((await postLogs(viewer, content, { 'content-type': type })).status).toBe(200);
      const answer = await send(`${viewer.queryUrl}/api/viewer/traces/${traceId}/logs?format=otlp`, 'GET');
      expect(answer.headers['content-disposition']).toBe(`attachment; filename="${traceId}.logs.otlp.json"`);
      result = JSON.parse(answer.body.toString()) as object;
    });
    return result;
  };
  const fromBinary = await fetchBack(toBinary(ExportLogsServiceRequestSchema, request), 'application/x-protobuf');
  expect(readOtlpJson(ExportLogsServiceRequestSchema, JSON.stringify(fromBinary))).toEqual(request);
  expect(await fetchBack(JSON.stringify(fromBinary), 'application/json')).toEqual(fromBinary);
});

test('what has no fixed form in JSON comes back the same: no value, an empty text, numbers that are none', async () => {
  const values = [
    {},
    { stringValue: '' },
    { intValue: '0' },
    { boolValue: false },
    { doubleValue: 'NaN' },
    { doubleValue: '-Infinity' },
    { doubleValue: 0 },
    { bytesValue: '' },
    { arrayValue: {} },
    { kvlistValue: {} },
  ];
  const record = { traceId: '0af7651916cd43dd8448eb211c80319c', body: { arrayValue: { values } } };
  const sent = { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
  await withViewer(async (viewer) => {
    expect((await postLogs(viewer, JSON.stringify(sent))).status).toBe(200);
    const answer = await send(`${viewer.queryUrl}/api/viewer/traces/${record.traceId}/logs?format=otlp`, 'GET');
    expect(JSON.parse(answer.body.toString())).toEqual(sent);
  });
});
