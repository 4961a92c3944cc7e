/** The structured filter of v3: which spans each meets, and what is refused. */
import { matchesFilter } from '../../../src/viewer/server/jaeger-filter-match.ts';
import { parseFilter } from '../../../src/viewer/server/jaeger-filter.ts';
import { createJaegerV3 } from '../../../src/viewer/server/jaeger-v3.ts';
import { EPOCH, id, MILLI, sampleSpan, text, TRACE_ID, withStore } from './sample-span.ts';

const span = sampleSpan({
  name: 'GET /cart',
  kind: 2,
  parentSpanId: id('9'),
  status: { code: 2, message: 'timeout' },
  endTimeUnixNano: EPOCH + 1_500n * MILLI,
  attributes: [
    { key: 'http.status_code', value: { type: 'int', value: 500n } },
    { key: 'ratio', value: { type: 'double', value: 0.5 } },
    { key: 'size.before', value: { type: 'int', value: 9n } },
    { key: 'size.after', value: { type: 'int', value: 500n } },
    { key: 'cached', value: { type: 'bool', value: false } },
    text('code', '500'),
    text('both', 'span'),
    text('prompt', 'What is the REFUND-policy, please? Mail a@example.com [today]'),
  ],
  resource: {
    attributes: [text('service.name', 'web'), text('env', 'staging'), text('both', 'resource')],
    droppedAttributesCount: 0,
    entityRefs: [],
    schemaUrl: 'schema',
  },
  events: [
    { timeUnixNano: EPOCH + 10n, name: 'exception', attributes: [text('type', 'a')], droppedAttributesCount: 0 },
    { timeUnixNano: EPOCH + 90_000n, name: 'retry', attributes: [text('type', 'b')], droppedAttributesCount: 0 },
  ],
  links: [
    {
      traceId: 'f'.repeat(32),
      spanId: id('7'),
      traceState: '',
      attributes: [text('why', 'x')],
      droppedAttributesCount: 0,
      flags: 0,
    },
  ],
});

const attr = (key: string, level?: string) => ({ attr: { key, ...(level !== undefined && { level }) } });
const field = (level: string, name: string) => ({ field: { level, name } });
const is = (value: string, type?: string) => ({ scalar: { value, ...(type !== undefined && { type }) } });
const list = (...values: string[]) => ({ list: { values } });
const call = (op: string, ...args: object[]) => ({ op, args });
const nested = (op: string, ...args: object[]) => ({ call: call(op, ...args) });
const event = { nested: { level: 'event' } };

test.each<[boolean, object]>([
  [true, call('eq', attr('http.status_code'), is('500'))],
  [true, call('eq', attr('http.status_code'), is('500', 'int'))],
  [false, call('eq', attr('http.status_code'), is('500', 'string'))],
  [true, call('eq', attr('code'), is('500', 'string'))],
  [false, call('eq', attr('code'), is('500', 'int'))],
  [true, call('eq', attr('ratio'), is('0.50'))],
  [true, call('eq', attr('cached'), is('false'))],
  [false, call('eq', attr('cached'), is('0'))],
  [true, call('gt', attr('http.status_code'), is('9'))],
  [true, call('lt', is('9'), attr('http.status_code'))],
  [false, call('lte', attr('http.status_code'), is('499.5'))],
  [true, call('gt', attr('size.after'), attr('size.before'))],
  [false, call('gt', attr('cached'), is('false'))],
  [true, call('eq', attr('env'), is('staging'))],
  [false, call('eq', attr('env', 'span'), is('staging'))],
  [true, call('eq', attr('env', 'resource'), is('staging'))],
  [true, call('eq', attr('both'), is('resource'))],
  [false, call('ne', attr('both'), is('resource'))],
  [true, call('ne', attr('both'), is('other'))],
  [false, call('ne', attr('none'), is('other'))],
  [true, call('regex', attr('prompt'), is('REFUND.policy'))],
  [false, call('regex', attr('prompt'), is('refund'))],
  [true, call('regex', attr('prompt'), is('@example[.]com'))],
  // What another engine would take for a sign of its own is a letter here, and a class may begin with a caret.
  [true, call('regex', attr('prompt'), is(String.raw`\[today\]`))],
  [true, call('regex', attr('prompt'), is('[^$]REFUND'))],
  [true, call('regex', attr('http.status_code'), is('5[0-9]{2}'))],
  [true, call('regex', field('span', 'kind'), is('serv'))],
  [false, call('regex', attr('none'), is('.*'))],
  [true, call('not', nested('regex', attr('none'), is('.*')))],
  [false, call('regex', attr('prompt'), is('(([a-z ])+)+#'))],
  [true, call('phrase', attr('prompt'), list('refund', 'Policy'))],
  [false, call('phrase', attr('prompt'), list('policy', 'refund'))],
  [false, call('phrase', attr('prompt'), list('fund', 'policy'))],
  [true, call('fulltext', attr('prompt'), list('please', 'refund'))],
  [false, call('fulltext', attr('prompt'), list('refund', 'cash'))],
  [true, call('in', attr('env'), list('prod', 'staging'))],
  [false, call('not_in', attr('none'), list('a'))],
  [true, call('not', nested('in', attr('none'), list('a')))],
  [true, call('not_in', attr('env'), list('prod'))],
  [true, call('exists', attr('env'))],
  [false, call('exists', attr('type'))],
  [true, call('exists', attr('type', 'event'))],
  [true, call('gt', field('span', 'duration'), is('1.4s'))],
  [false, call('gt', field('span', 'duration'), is('2s'))],
  [true, call('eq', field('span', 'status'), is('error'))],
  [true, call('in', field('span', 'kind'), list('client', 'server'))],
  [false, call('gt', field('span', 'kind'), is('a'))],
  [true, call('gt', field('span', 'name'), is('GET /a'))],
  [true, call('eq', field('span', 'parentSpanID'), is(id('9')))],
  [true, call('eq', field('span', 'statusMessage'), is('timeout'))],
  [true, call('lt', field('span', 'startTime'), field('span', 'endTime'))],
  [true, call('gte', field('span', 'startTime'), is('2026-01-01T00:00:00Z'))],
  [false, call('gt', field('span', 'startTime'), is('2026-01-01T00:00:00.000000000Z'))],
  [true, call('eq', field('resource', 'service'), is('web'))],
  [true, call('eq', field('resource', 'schemaURL'), is('schema'))],
  [false, call('exists', field('scope', 'name'))],
  [true, call('eq', field('link', 'traceID'), is('f'.repeat(32)))],
  [true, call('eq', attr('why', 'link'), is('x'))],
  // Some event is named so and some event is late, but not one event both.
  [
    true,
    call(
      'and',
      nested('eq', field('event', 'name'), is('exception')),
      nested('gt', field('event', 'timeSinceStart'), is('50us')),
    ),
  ],
  [
    false,
    call(
      'some',
      event,
      nested(
        'and',
        nested('eq', field('event', 'name'), is('exception')),
        nested('gt', field('event', 'timeSinceStart'), is('50us')),
      ),
    ),
  ],
  [
    true,
    call(
      'some',
      event,
      nested('and', nested('eq', field('event', 'name'), is('retry')), nested('eq', attr('type', 'event'), is('b'))),
    ),
  ],
  [true, call('or', nested('exists', attr('none')), nested('exists', attr('env')))],
])('%p: %j', (expected, filter) => {
  expect(matchesFilter(parseFilter(JSON.stringify(filter)), span)).toBe(expected);
});

test.each([
  ['{', 'query.filter: not valid JSON'],
  ['[]', 'query.filter: the filter must be an object'],
  ['{"op":"eq"}', 'query.filter: a call needs args'],
  ['{"op":"like","args":[]}', 'query.filter: no such op: like'],
  ['{"op":"eq","args":[{"attr":{"key":"a"}}]}', 'query.filter: eq takes two arguments'],
  ['{"op":"eq","args":[{"attr":{}},{"scalar":{}}]}', 'query.filter: an attribute needs a key'],
  [
    '{"op":"eq","args":[{"attr":{"key":"a","level":"trace"}},{"scalar":{}}]}',
    'query.filter: the level of an attribute must be one of span, resource, scope, event, link',
  ],
  [
    '{"op":"eq","args":[{"field":{"level":"scope","name":"duration"}},{"scalar":{}}]}',
    'query.filter: a field of scope must be one of name, version, schemaURL',
  ],
  [
    '{"op":"eq","args":[{"attr":{"key":"a"},"scalar":{}},{"scalar":{}}]}',
    'query.filter: an argument must have exactly one term',
  ],
  [
    '{"op":"in","args":[{"attr":{"key":"a"}},{"scalar":{"value":"b"}}]}',
    'query.filter: in takes a reference and a list',
  ],
  [
    '{"op":"and","args":[{"scalar":{"value":"b"}},{"scalar":{"value":"b"}}]}',
    'query.filter: and takes calls, got scalar',
  ],
  [
    '{"op":"some","args":[{"nested":{"level":"event"}},{"call":{"op":"some","args":[{"nested":{"level":"event"}},{}]}}]}',
    'query.filter: some over event within some over event',
  ],
  ['{"op":"regex","args":[]}', 'query.filter: regex takes two arguments'],
  ...(
    [
      [attr('a'), list('b'), 'regex takes a reference and a string'],
      [attr('a'), is('5', 'int'), 'regex takes a reference and a string'],
      [field('span', 'duration'), is('1'), 'regex takes text, and duration is none'],
      [attr('a'), is('^GET'), 'regex: a pattern is found anywhere and has no anchors'],
      [attr('a'), is('GET$'), 'regex: a pattern is found anywhere and has no anchors'],
      [attr('a'), is(String.raw`\bGET`), 'regex: a pattern is found anywhere and has no anchors'],
      [attr('a'), is('a+?'), 'regex: a pattern has no lazy quantifiers'],
      [attr('a'), is('(?i)get'), 'regex: a pattern tells upper from lower case'],
      [attr('a'), is('(?si:get)'), 'regex: a pattern tells upper from lower case'],
      [attr('a'), is('(get'), 'regex: the pattern cannot be read (error parsing regexp: missing closing ): `(get`)'],
      [
        attr('a'),
        is('(?=get)'),
        'regex: the pattern cannot be read (error parsing regexp: invalid or unsupported Perl syntax: `(?=`)',
      ],
    ] as const
  ).map(([of, by, message]): [string, string] => [JSON.stringify(call('regex', of, by)), `query.filter: ${message}`]),
  ...(
    [
      [field('span', 'name'), list('cart'), 'phrase takes an attribute and a list of words'],
      [attr('a'), is('cart'), 'phrase takes an attribute and a list of words'],
      [attr('a'), list('the cart'), 'phrase takes words of letters and digits, got "the cart"'],
      [attr('a'), list(''), 'phrase takes words of letters and digits, got ""'],
    ] as const
  ).map(([of, by, message]): [string, string] => [JSON.stringify(call('phrase', of, by)), `query.filter: ${message}`]),
  [
    '{"op":"eq","args":[{"scalar":{"value":"1"}},{"scalar":{"value":"1"}}]}',
    'query.filter: eq over two constants is not supported here',
  ],
  [
    `${'{"op":"not","args":[{"call":'.repeat(300)}{"op":"exists","args":[{"attr":{"key":"a"}}]}${'}]}'.repeat(300)}`,
    'query.filter: more than 200 calls',
  ],
])('%s is refused', (filter, message) => {
  expect(() => parseFilter(filter)).toThrow(message);
});

test('a search by filter alone, and what may not stand beside it', async () => {
  await withStore([span, sampleSpan({ traceId: 'e'.repeat(32) })], async (store) => {
    const api = createJaegerV3({ store });
    const get = async (filter: object, more = '') => {
      const window = 'query.startTimeMin=2026-01-01T00:00:00Z&query.startTimeMax=2026-01-02T00:00:00Z';
      const query = `${window}&query.filter=${encodeURIComponent(JSON.stringify(filter))}${more}`;
      const response = await api.request(`/api/v3/trace-summaries?${query}`);
      return [response.status, await response.json()];
    };
    const slow = call('gt', field('span', 'duration'), is('1s'));
    expect(await get(slow, '&query.searchDepth=5')).toMatchObject([200, { summaries: [{ traceId: TRACE_ID }] }]);
    expect(await get(slow, '&query.serviceName=web')).toEqual([
      400,
      { error: { httpCode: 400, message: 'query.filter stands alone: say the other conditions in it' } },
    ]);
    expect(await get(call('regex', field('span', 'name'), is('/c.rt')))).toMatchObject([
      200,
      { summaries: [{ traceId: TRACE_ID }] },
    ]);
    expect(await get(call('eq', is('1'), is('1')))).toEqual([
      501,
      { error: { httpCode: 501, message: 'query.filter: eq over two constants is not supported here' } },
    ]);
  });
});
