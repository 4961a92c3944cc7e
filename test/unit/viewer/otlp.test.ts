import { create, toBinary } from '@bufbuild/protobuf';
import { decodeTracesJson, decodeTracesProtobuf } from '../../../src/viewer/server/index.ts';
import { ExportTraceServiceRequestSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import { SpanSchema } from '../../../src/viewer/server/proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

const JSON_REQUEST = {
  resourceSpans: [
    {
      resource: {
        attributes: [{ key: 'service.name', value: { stringValue: 'web' } }],
        droppedAttributesCount: 1,
        entityRefs: [{ schemaUrl: 'u', type: 'service', idKeys: ['service.name'], descriptionKeys: ['d'] }],
      },
      scopeSpans: [
        {
          scope: {
            name: 'lib',
            version: '1.2.3',
            attributes: [{ key: 's', value: { boolValue: true } }],
            droppedAttributesCount: 2,
          },
          spans: [
            {
              traceId: '0AF7651916CD43DD8448EB211C80319C',
              spanId: 'b7ad6b7169203331',
              traceState: 'a=b',
              parentSpanId: '00F067AA0BA902B7',
              flags: 257,
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: '1767225600000000001',
              endTimeUnixNano: '1767225600000000002',
              attributes: [
                { key: 'string', value: { stringValue: 'é' } },
                { key: 'bool', value: { boolValue: false } },
                { key: 'int', value: { intValue: '9007199254740993' } },
                { key: 'double', value: { doubleValue: 0.5 } },
                { key: 'bytes', value: { bytesValue: 'AQI=' } },
                { key: 'array', value: { arrayValue: { values: [{ intValue: 1 }, {}] } } },
                { key: 'map', value: { kvlistValue: { values: [{ key: '__proto__', value: { intValue: -1 } }] } } },
                { key: 'empty' },
              ],
              droppedAttributesCount: 3,
              events: [
                {
                  timeUnixNano: '1767225600000000003',
                  name: 'e',
                  attributes: [{ key: 'k', value: { stringValue: 'v' } }],
                  droppedAttributesCount: 4,
                },
              ],
              droppedEventsCount: 5,
              links: [
                {
                  traceId: '0af7651916cd43dd8448eb211c80319d',
                  spanId: 'b7ad6b7169203332',
                  traceState: 'c=d',
                  attributes: [{ key: 'k', value: { stringValue: 'v' } }],
                  droppedAttributesCount: 6,
                  flags: 1,
                },
              ],
              droppedLinksCount: 7,
              status: { message: 'broken', code: 2 },
            },
          ],
          schemaUrl: 'scope-schema',
        },
      ],
      schemaUrl: 'resource-schema',
    },
  ],
};

const PROTOBUF_REQUEST = create(ExportTraceServiceRequestSchema, {
  resourceSpans: [
    {
      resource: {
        attributes: [{ key: 'service.name', value: { value: { case: 'stringValue', value: 'web' } } }],
        droppedAttributesCount: 1,
        entityRefs: [{ schemaUrl: 'u', type: 'service', idKeys: ['service.name'], descriptionKeys: ['d'] }],
      },
      scopeSpans: [
        {
          scope: {
            name: 'lib',
            version: '1.2.3',
            attributes: [{ key: 's', value: { value: { case: 'boolValue', value: true } } }],
            droppedAttributesCount: 2,
          },
          spans: [
            {
              traceId: bytes('0af7651916cd43dd8448eb211c80319c'),
              spanId: bytes('b7ad6b7169203331'),
              traceState: 'a=b',
              parentSpanId: bytes('00f067aa0ba902b7'),
              flags: 257,
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: 1767225600000000001n,
              endTimeUnixNano: 1767225600000000002n,
              attributes: [
                { key: 'string', value: { value: { case: 'stringValue', value: 'é' } } },
                { key: 'bool', value: { value: { case: 'boolValue', value: false } } },
                { key: 'int', value: { value: { case: 'intValue', value: 9007199254740993n } } },
                { key: 'double', value: { value: { case: 'doubleValue', value: 0.5 } } },
                { key: 'bytes', value: { value: { case: 'bytesValue', value: bytes('0102') } } },
                {
                  key: 'array',
                  value: {
                    value: { case: 'arrayValue', value: { values: [{ value: { case: 'intValue', value: 1n } }, {}] } },
                  },
                },
                {
                  key: 'map',
                  value: {
                    value: {
                      case: 'kvlistValue',
                      value: { values: [{ key: '__proto__', value: { value: { case: 'intValue', value: -1n } } }] },
                    },
                  },
                },
                { key: 'empty' },
              ],
              droppedAttributesCount: 3,
              events: [
                {
                  timeUnixNano: 1767225600000000003n,
                  name: 'e',
                  attributes: [{ key: 'k', value: { value: { case: 'stringValue', value: 'v' } } }],
                  droppedAttributesCount: 4,
                },
              ],
              droppedEventsCount: 5,
              links: [
                {
                  traceId: bytes('0af7651916cd43dd8448eb211c80319d'),
                  spanId: bytes('b7ad6b7169203332'),
                  traceState: 'c=d',
                  attributes: [{ key: 'k', value: { value: { case: 'stringValue', value: 'v' } } }],
                  droppedAttributesCount: 6,
                  flags: 1,
                },
              ],
              droppedLinksCount: 7,
              status: { message: 'broken', code: 2 },
            },
          ],
          schemaUrl: 'scope-schema',
        },
      ],
      schemaUrl: 'resource-schema',
    },
  ],
});

const EXPECTED_SPAN = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: '00f067aa0ba902b7',
  traceState: 'a=b',
  flags: 257,
  name: 'GET /',
  kind: 2,
  startTimeUnixNano: 1767225600000000001n,
  endTimeUnixNano: 1767225600000000002n,
  attributes: [
    { key: 'string', value: { type: 'string', value: 'é' } },
    { key: 'bool', value: { type: 'bool', value: false } },
    { key: 'int', value: { type: 'int', value: 9007199254740993n } },
    { key: 'double', value: { type: 'double', value: 0.5 } },
    { key: 'bytes', value: { type: 'bytes', value: Uint8Array.of(1, 2) } },
    { key: 'array', value: { type: 'array', value: [{ type: 'int', value: 1n }, { type: 'empty' }] } },
    { key: 'map', value: { type: 'map', value: [{ key: '__proto__', value: { type: 'int', value: -1n } }] } },
    { key: 'empty', value: { type: 'empty' } },
  ],
  droppedAttributesCount: 3,
  events: [
    {
      timeUnixNano: 1767225600000000003n,
      name: 'e',
      attributes: [{ key: 'k', value: { type: 'string', value: 'v' } }],
      droppedAttributesCount: 4,
    },
  ],
  droppedEventsCount: 5,
  links: [
    {
      traceId: '0af7651916cd43dd8448eb211c80319d',
      spanId: 'b7ad6b7169203332',
      traceState: 'c=d',
      attributes: [{ key: 'k', value: { type: 'string', value: 'v' } }],
      droppedAttributesCount: 6,
      flags: 1,
    },
  ],
  droppedLinksCount: 7,
  status: { code: 2, message: 'broken' },
  resource: {
    attributes: [{ key: 'service.name', value: { type: 'string', value: 'web' } }],
    droppedAttributesCount: 1,
    entityRefs: [{ schemaUrl: 'u', type: 'service', idKeys: ['service.name'], descriptionKeys: ['d'] }],
    schemaUrl: 'resource-schema',
  },
  scope: {
    name: 'lib',
    version: '1.2.3',
    attributes: [{ key: 's', value: { type: 'bool', value: true } }],
    droppedAttributesCount: 2,
    schemaUrl: 'scope-schema',
  },
};

const ACCEPTED = { spans: [EXPECTED_SPAN], rejectedSpans: 0, rejectedReason: '' };

const isSet = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : ![undefined, '', 0, 0n].includes(value as undefined);

describe('decoding a request', () => {
  test('JSON keeps every field', () => {
    expect(decodeTracesJson(JSON.stringify(JSON_REQUEST))).toEqual(ACCEPTED);
  });

  test('protobuf keeps every field', () => {
    expect(decodeTracesProtobuf(toBinary(ExportTraceServiceRequestSchema, PROTOBUF_REQUEST))).toEqual(ACCEPTED);
  });

  test('the samples above set every field that the definition of a span has', () => {
    const sample = PROTOBUF_REQUEST.resourceSpans[0]?.scopeSpans[0]?.spans[0];
    const unset = SpanSchema.fields.filter(
      (field) => !isSet((sample as unknown as Record<string, unknown>)[field.localName]),
    );
    expect(unset.map((field) => field.name)).toEqual([]);
    const kept = Object.keys(EXPECTED_SPAN).filter((key) => key !== 'resource' && key !== 'scope');
    expect(new Set(kept)).toEqual(new Set(SpanSchema.fields.map((field) => field.localName)));
  });
});

/** A JSON request of one span with the given fields beside valid ids. */
function oneSpan(fields: string): string {
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",${fields}}]}]}]}`;
}

describe('the JSON mapping', () => {
  const read = (fields: string) => decodeTracesJson(oneSpan(fields)).spans[0];

  test.each([
    [
      'a time as a number keeps all its digits',
      '"startTimeUnixNano":1767225600000000001',
      { startTimeUnixNano: 1767225600000000001n },
    ],
    ['a time as a string', '"startTimeUnixNano":"18446744073709551615"', { startTimeUnixNano: 2n ** 64n - 1n }],
    ['an enum as its name', '"kind":"SPAN_KIND_CLIENT"', { kind: 3 }],
    ['an enum number nobody knows', '"kind":17', { kind: 17 }],
    [
      'null is absent',
      '"name":null,"attributes":null,"status":null',
      { name: '', attributes: [], status: { code: 0, message: '' } },
    ],
    ['an unknown field', '"futureField":{"deep":[1]},"name":"n"', { name: 'n' }],
    ['a parent of zeros is none', '"parentSpanId":"0000000000000000"', { parentSpanId: '' }],
    ['snake_case is not a name of OTLP/JSON', '"dropped_events_count":5', { droppedEventsCount: 0 }],
    [
      'doubles that JSON has no literal for',
      '"attributes":[{"key":"k","value":{"doubleValue":"-Infinity"}},{"key":"l","value":{"doubleValue":"NaN"}}]',
      {
        attributes: [
          { key: 'k', value: { type: 'double', value: -Infinity } },
          { key: 'l', value: { type: 'double', value: NaN } },
        ],
      },
    ],
    [
      'a profile index counts as empty',
      '"attributes":[{"key":"k","value":{"stringValueStrindex":4}}]',
      { attributes: [{ key: 'k', value: { type: 'empty' } }] },
    ],
  ])('%s', (_case, fields, expected) => {
    expect(read(fields)).toMatchObject(expected);
  });

  const SPAN = 'resourceSpans[0].scopeSpans[0].spans[0]';
  test.each([
    ['', /^body: not valid JSON/],
    ['[]', /^body: expected an object, got a list$/],
    ['{"resourceSpans":{}}', /^resourceSpans: expected a list, got an object$/],
    ['{"resourceSpans":[null]}', /^resourceSpans\[0\]: expected an object, got null$/],
    [oneSpan('"kind":true'), `${SPAN}.kind: expected a whole number from -2147483648 to 2147483647, got boolean true`],
    [oneSpan('"kind":"SERVER"'), `${SPAN}.kind: expected an enum number, got string 'SERVER'`],
    [oneSpan('"name":5'), `${SPAN}.name: expected a string, got number 5`],
    [oneSpan('"parentSpanId":"xyz"'), `${SPAN}.parentSpanId: expected a hex string, got string 'xyz'`],
    [
      oneSpan('"startTimeUnixNano":"-1"'),
      `${SPAN}.startTimeUnixNano: expected a whole number from 0 to 18446744073709551615, got string '-1'`,
    ],
    [
      oneSpan('"startTimeUnixNano":1.5'),
      `${SPAN}.startTimeUnixNano: expected a whole number from 0 to 18446744073709551615, got number 1.5`,
    ],
    [
      oneSpan('"flags":4294967296'),
      `${SPAN}.flags: expected a whole number from 0 to 4294967295, got number 4294967296`,
    ],
    [
      oneSpan('"attributes":[{"key":"k","value":{"bytesValue":"*"}}]'),
      `${SPAN}.attributes[0].value.bytesValue: expected a base64 string, got string '*'`,
    ],
    [oneSpan('"events":[{},{"name":[]}]'), `${SPAN}.events[1].name: expected a string, got a list`],
    [oneSpan(`"name":{"a":"${'x'.repeat(100)}"}`), `${SPAN}.name: expected a string, got an object`],
  ])('%s is refused with the path of the fault', (body, message) => {
    expect(() => decodeTracesJson(body)).toThrow(message);
  });

  test('a value nested 50,000 levels deep is refused', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(50_000)}${']}}'.repeat(50_000)}`;
    expect(() => decodeTracesJson(oneSpan(`"attributes":[{"key":"k","value":${deep}}]`))).toThrow(
      'nested deeper than 100 levels',
    );
  });
});

describe('invalid ids cost their span, not the batch', () => {
  test.each([
    ['{"traceId":"0af7","spanId":"b7ad6b7169203331"}', 'traceId: expected 16 bytes, got 2'],
    ['{"traceId":"00000000000000000000000000000000","spanId":"b7ad6b7169203331"}', 'traceId: all zeros'],
    ['{"traceId":"0af7651916cd43dd8448eb211c80319c"}', 'spanId: expected 8 bytes, got 0'],
    ['{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"0000000000000000"}', 'spanId: all zeros'],
    [
      '{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","parentSpanId":"ab"}',
      'parentSpanId: expected 8 bytes or none, got 1',
    ],
  ])('%s', (bad, fault) => {
    const good = '{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"good"}';
    const decoded = decodeTracesJson(`{"resourceSpans":[{"scopeSpans":[{},{"spans":[${good},${bad},${bad}]}]}]}`);
    expect({ ...decoded, spans: decoded.spans.map((span) => span.name) }).toEqual({
      spans: ['good'],
      rejectedSpans: 2,
      rejectedReason: `resourceSpans[0].scopeSpans[1].spans[1].${fault}`,
    });
  });
});

describe('protobuf that is none', () => {
  const whole = toBinary(ExportTraceServiceRequestSchema, PROTOBUF_REQUEST);

  test('every truncation is refused', () => {
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => decodeTracesProtobuf(whole.slice(0, length))).toThrow(/^body: not valid protobuf/);
    }
  });

  test('text is refused', () => {
    expect(() => decodeTracesProtobuf(Buffer.from('{"resourceSpans":[]}'))).toThrow(/^body: not valid protobuf/);
  });
});
