/** Trace context in messages: what is written, what is read, and what is left alone. */
import { context, createTraceState, trace } from '@opentelemetry/api';
import { traceAsync } from '@/lib/tracing/index.ts';
import {
  addTraceContext,
  extractTraceContext,
  generateTraceId,
  getTraceId,
  withoutTraceContext,
} from '@/lib/tracing/messaging-tracing/index.ts';
import { bootTracing, resetGlobals } from '../../../../helpers/test-tracing.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = '53995c3f42cd8ad8';
const CARRIER = { trace_id: TRACE, span_id: SPAN, traceparent: `00-${TRACE}-${SPAN}-01` };

/** The form of ids that are made at random. */
const FORM = {
  trace_id: expect.stringMatching(/^(?!0{32})[0-9a-f]{32}$/),
  span_id: expect.stringMatching(/^(?!0{16})[0-9a-f]{16}$/),
};

beforeEach(resetGlobals);

describe('with no SDK', () => {
  it('ids are made, each another one', () => {
    const ids = Array.from({ length: 1000 }, generateTraceId);
    expect([new Set(ids).size, ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))]).toEqual([1000, []]);
  });

  it('a message goes through the pipeline as in the guide', () => {
    const traceId = generateTraceId();
    const job = addTraceContext({ zip_code: '78729' }, { traceId });
    const received = extractTraceContext({ body: job, ack: () => {} });
    const next = addTraceContext(
      { zip_code: '78729', lat: 30.4 },
      { traceId: getTraceId(received), parentSpanId: received ? received.span_id : null },
    );
    expect([job, received, next]).toEqual([
      {
        zip_code: '78729',
        _trace: { trace_id: traceId, span_id: FORM.span_id, traceparent: `00-${traceId}-${job._trace.span_id}-01` },
      },
      job._trace,
      {
        zip_code: '78729',
        lat: 30.4,
        _trace: {
          trace_id: traceId,
          span_id: FORM.span_id,
          parent_span_id: job._trace.span_id,
          traceparent: `00-${traceId}-${next._trace.span_id}-01`,
        },
      },
    ]);
    expect(next._trace.span_id).not.toBe(job._trace.span_id);
  });

  it('ids are made where no random source is at hand', () => {
    const random = jest.spyOn(crypto, 'getRandomValues').mockImplementation(() => {
      throw new Error('Disallowed operation called within global scope');
    });
    expect(addTraceContext({})._trace).toMatchObject(FORM);
    random.mockRestore();
  });

  it('importing makes no id: some runtimes have no random source at that time', () => {
    const random = jest.spyOn(crypto, 'getRandomValues');
    jest.isolateModules(() => void require('@/lib/tracing/messaging-tracing/index.ts'));
    expect(random).not.toHaveBeenCalled();
    random.mockRestore();
  });
});

describe('inside a span', () => {
  it('the ids are the span’s, so that page and queues share a trace', async () => {
    const tracing = bootTracing();
    const seen = await traceAsync('page', () =>
      traceAsync('enqueue', async () => [generateTraceId(), addTraceContext({ zip: '78729' })]),
    );
    const [enqueue, page] = await tracing.spans();
    const { traceId, spanId } = { ...enqueue?.spanContext() };
    expect(seen).toEqual([
      traceId,
      {
        zip: '78729',
        _trace: {
          trace_id: traceId,
          span_id: spanId,
          parent_span_id: page?.spanContext().spanId,
          traceparent: `00-${traceId}-${spanId}-01`,
        },
      },
    ]);
    await tracing.stop();
  });

  it('another trace that is asked for wins, with a span id of its own', async () => {
    const tracing = bootTracing();
    const seen = await traceAsync('page', async () => addTraceContext({}, { traceId: TRACE, parentSpanId: PARENT }));
    expect(seen._trace).toEqual({
      trace_id: TRACE,
      span_id: FORM.span_id,
      parent_span_id: PARENT,
      traceparent: `00-${TRACE}-${seen._trace.span_id}-01`,
    });
    await tracing.stop();
  });

  it('what is not sampled says so, and vendors’ state goes along', async () => {
    const tracing = bootTracing();
    const remote = { traceId: TRACE, spanId: SPAN, traceFlags: 0, traceState: createTraceState('vendor=1') };
    const seen = context.with(trace.setSpanContext(context.active(), remote), () => addTraceContext({}));
    expect(seen).toEqual({
      _trace: { trace_id: TRACE, span_id: SPAN, traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'vendor=1' },
    });
    await tracing.stop();
  });

  it('the parent is found under the name of every SDK', async () => {
    const tracing = bootTracing();
    const ofSdk1 = Object.assign(trace.wrapSpanContext({ traceId: TRACE, spanId: SPAN, traceFlags: 1 }), {
      parentSpanId: PARENT,
    });
    const seen = context.with(trace.setSpan(context.active(), ofSdk1), () => addTraceContext({}));
    expect(seen._trace).toEqual({ ...CARRIER, parent_span_id: PARENT });
    await tracing.stop();
  });

  it('a span with ids of zeros is none', async () => {
    const tracing = bootTracing();
    const zeros = trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });
    const seen = context.with(trace.setSpan(context.active(), zeros), () => addTraceContext({}));
    expect(seen._trace).toMatchObject(FORM);
    await tracing.stop();
  });
});

describe('what is there is kept', () => {
  const own = { zip: '78729', _trace: CARRIER };
  const foreign = { zip: '78729', _trace: 'my own field' };
  class Job {
    readonly zip = '78729';
    toJSON(): string {
      return this.zip;
    }
  }
  const bytes = new Uint8Array([1, 2]);
  it.each<[string, unknown]>([
    ['a context', own],
    ['a field of that name that is none', foreign],
    ['a text', 'text'],
    ['bytes', bytes],
    ['a list', [1]],
    ['an object of a class', new Job()],
    ['a Map', new Map()],
    ['null', null],
    ['undefined', undefined],
  ])('%s', (_what, message) => {
    expect([addTraceContext(message), withoutTraceContext(message)].map((seen) => seen === message)).toEqual([
      true,
      message !== own,
    ]);
  });

  it('the message that is given is not changed', () => {
    const message = Object.freeze({ zip: '78729' });
    expect([Object.keys(addTraceContext(message)), message]).toEqual([['zip', '_trace'], { zip: '78729' }]);
  });
});

describe('an envelope', () => {
  const text = 'günstig';
  const bytes = new Uint8Array([0, 1, 254, 255]);
  class Job {
    readonly zip = '78729';
  }
  it.each<[string, unknown, object]>([
    ['a text', text, { _body: text }],
    ['bytes', bytes, { _body: 'AAH+/w==', _bytes: 'Uint8Array' }],
    ['a buffer', bytes.buffer, { _body: 'AAH+/w==', _bytes: 'ArrayBuffer' }],
    ['a list', [1, 2], { _body: [1, 2] }],
    ['null', null, { _body: null }],
    ['an object of a class', new Job(), { _body: new Job() }],
  ])('holds %s and gives it back', (_what, message, written) => {
    const traced = addTraceContext(message, { traceId: TRACE, envelope: true });
    expect(traced).toEqual({ _trace: expect.objectContaining({ trace_id: TRACE }), ...written });
    expect([extractTraceContext(traced)?.trace_id, withoutTraceContext(traced)]).toEqual([TRACE, message]);
  });

  it('holds bytes of any length, through JSON', () => {
    const large = Uint8Array.from({ length: 100_003 }, (_none, index) => index % 251);
    const wire: unknown = JSON.parse(JSON.stringify(addTraceContext(large, { envelope: true })));
    expect(Buffer.compare(withoutTraceContext(wire) as Uint8Array, large)).toBe(0);
  });

  it('is not put around an object', () => {
    expect(Object.keys(addTraceContext({ zip: '78729' }, { envelope: true }))).toEqual(['zip', '_trace']);
  });

  it('is not seen where the fields are the program’s own', () => {
    const message = { _body: 'mine', zip: '78729' };
    expect(withoutTraceContext({ ...message, _trace: CARRIER })).toEqual(message);
  });
});

describe('reading', () => {
  it.each<[string, unknown]>([
    ['the body', { _trace: CARRIER }],
    ['a message of Cloudflare Queues', { body: { _trace: CARRIER } }],
    ['a job of pg-boss', { data: { _trace: CARRIER } }],
    ['a job of BullMQ', { data: {}, opts: { telemetry: { metadata: JSON.stringify(CARRIER) } } }],
    [
      'a job that another library traced',
      { opts: { telemetry: { metadata: `{"traceparent":"00-${TRACE}-${SPAN}-01"}` } } },
    ],
    ['ids without traceparent', { _trace: { trace_id: TRACE, span_id: SPAN } }],
    ['ids in capitals', { _trace: { trace_id: TRACE.toUpperCase(), span_id: SPAN } }],
    ['traceparent alone', { _trace: { traceparent: `00-${TRACE}-${SPAN}-01` } }],
    ['a later version of traceparent', { _trace: { traceparent: `01-${TRACE}-${SPAN}-01-more` } }],
    ['ids that traceparent contradicts', { _trace: { ...CARRIER, trace_id: 'f'.repeat(32) } }],
    ['an object of another realm', JSON.parse(JSON.stringify({ _trace: CARRIER }))],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { _trace: CARRIER })],
  ])('finds the context in %s', (_where, message) => {
    expect(extractTraceContext(message)).toEqual(CARRIER);
  });

  it('keeps what belongs to it, within limits', () => {
    const whole = { ...CARRIER, parent_span_id: PARENT, tracestate: 'a=1', attempt: 2, queue: 'q', sent_at: 7 };
    const broken = {
      ...CARRIER,
      parent_span_id: 'x',
      tracestate: 'a'.repeat(513),
      attempt: -1,
      queue: { name: 'q' },
      sent_at: Number.NaN,
      more: 'unknown',
    };
    expect([extractTraceContext({ _trace: whole }), extractTraceContext({ _trace: broken })]).toEqual([whole, CARRIER]);
  });

  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('touched');
      },
    },
  );
  it.each<[string, unknown]>([
    ['nothing', {}],
    ['null', null],
    ['a text', JSON.stringify({ _trace: CARRIER })],
    ['a context that is a text', { _trace: `00-${TRACE}-${SPAN}-01` }],
    ['ids of zeros', { _trace: { trace_id: '0'.repeat(32), span_id: SPAN } }],
    ['a span id of zeros', { _trace: { trace_id: TRACE, span_id: '0'.repeat(16) } }],
    ['ids that are too long', { _trace: { trace_id: `${TRACE}0`, span_id: SPAN } }],
    ['ids that are no text', { _trace: { trace_id: 7, span_id: {} } }],
    ['a forbidden version', { _trace: { traceparent: `ff-${TRACE}-${SPAN}-01` } }],
    ['metadata that is no JSON', { opts: { telemetry: { metadata: '{' } } }],
    ['a message that throws at every touch', hostile],
    ['an inherited context', Object.create({ _trace: CARRIER })],
  ])('finds none in %s', (_where, message) => {
    expect(extractTraceContext(message)).toBeUndefined();
  });

  it('a message without a context begins a trace', () => {
    expect([getTraceId(CARRIER), getTraceId(undefined), getTraceId(null)]).toEqual([
      TRACE,
      FORM.trace_id,
      FORM.trace_id,
    ]);
  });
});

it('an id that is none is said once, and another one is used', async () => {
  const tracing = bootTracing();
  const made = ['a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6', 'short'].map((traceId) => addTraceContext({}, { traceId })._trace);
  expect([made, tracing.messages]).toEqual([
    [expect.objectContaining(FORM), expect.objectContaining(FORM)],
    ['throughline: addTraceContext got a trace id that is not 32 hex digits; another one was used'],
  ]);
  await tracing.stop();
});

it('a message whose getters throw is sent as it is', () => {
  const message = {
    get zip(): string {
      throw new Error('touched');
    },
  };
  expect(addTraceContext(message)).toBe(message);
});
