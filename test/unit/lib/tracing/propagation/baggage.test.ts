import { ROOT_CONTEXT, context, propagation } from '@opentelemetry/api';
import { baggage, injectTraceContext, traceAsync, withTracing } from '@/lib/tracing/index.ts';
import { effectiveBaggage, withBaggageBox } from '@/lib/tracing/propagation/baggage.ts';
import { withTargetHost } from '@/lib/tracing/propagation/target.ts';
import { type TestTracing, bootTracing } from '../../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const FULL = 'throughline: baggage is full (64 members, 8192 bytes); nothing was set';
const OUTSIDE = 'throughline: baggage.set outside a traced request does nothing; wrap the route or use baggage.run';
const TOO_LONG = 'throughline: baggage.set got a member of more than 4096 bytes; nothing was set';
const NO_TOKEN = 'throughline: baggage.set got a key that is no W3C token; nothing was set';
const NO_TEXTS = 'throughline: baggage.set takes two strings; nothing was set';
const NO_TEXT = 'throughline: baggage.set got a value that is no valid text; nothing was set';

describe('the baggage of a request', () => {
  it('is set, read, replaced and taken out', () => {
    const seen = baggage.run(() => {
      baggage.set('user.id', 'user-123');
      baggage.set('tenant.id', 'tenant-455');
      baggage.set('tenant.id', 'tenant-456');
      baggage.set('gone', 'x');
      baggage.remove('gone');
      baggage.remove('never there');
      return [baggage.get('user.id'), baggage.get('gone'), baggage.get('nothing'), baggage.getAll()];
    });
    expect(seen).toEqual(['user-123', undefined, undefined, { 'user.id': 'user-123', 'tenant.id': 'tenant-456' }]);
  });

  it('is never seen in another one that runs at the same time', async () => {
    const gates = new Map<string, () => void>();
    const wait = (who: string): Promise<void> => new Promise((resolve) => gates.set(who, resolve));
    const handler = withTracing(async (request: Request) => {
      const who = request.headers.get('x-who') ?? '';
      const before = baggage.getAll();
      baggage.set('who', who);
      if (who === 'ada') baggage.set('only.ada', 'yes');
      await wait(who);
      const inside = await traceAsync('work', async () => baggage.getAll());
      return Response.json({ before, inside, after: baggage.getAll() });
    });
    const ask = (who: string): Promise<Response> =>
      handler(new Request('http://shop.example/', { headers: { 'x-who': who, baggage: `from=${who}` } }));
    const both = [ask('ada'), ask('bob')];
    // Both have set theirs by now, and both wait.
    gates.get('bob')?.();
    gates.get('ada')?.();
    expect(await Promise.all(both.map(async (response) => (await response).json() as unknown))).toEqual([
      {
        before: { from: 'ada' },
        inside: { from: 'ada', who: 'ada', 'only.ada': 'yes' },
        after: { from: 'ada', who: 'ada', 'only.ada': 'yes' },
      },
      { before: { from: 'bob' }, inside: { from: 'bob', who: 'bob' }, after: { from: 'bob', who: 'bob' } },
    ]);
    expect(baggage.getAll()).toEqual({});
  });

  it("ends with it: what runs later in nobody's name sees nothing, and sets nothing", () => {
    baggage.run(() => baggage.set('tenant', 'a'));
    baggage.set('tenant', 'global');
    baggage.set('tenant', 'global');
    const seen = [baggage.get('tenant'), baggage.getAll(), baggage.run(() => baggage.getAll())];
    expect([seen, tracing.messages]).toEqual([[undefined, {}, {}], [OUTSIDE]]);
  });

  it('of a unit of work within another is its own', () => {
    baggage.run(() => {
      baggage.set('outer', '1');
      baggage.run(() => baggage.set('inner', '2'));
      expect(baggage.getAll()).toEqual({ outer: '1' });
    });
  });

  it('lies over what came in, and what came in is not changed', () => {
    const incoming = propagation.createBaggage({ a: { value: '1' }, b: { value: '2' } });
    const own = withBaggageBox(propagation.setBaggage(ROOT_CONTEXT, incoming));
    context.with(own, () => {
      baggage.set('a', 'mine');
      baggage.remove('b');
      baggage.set('c', '3');
      expect([baggage.getAll(), baggage.get('a'), baggage.get('b')]).toEqual([
        { a: 'mine', c: '3' },
        'mine',
        undefined,
      ]);
    });
    expect(incoming.getAllEntries()).toEqual([
      ['a', { value: '1' }],
      ['b', { value: '2' }],
    ]);
    expect(effectiveBaggage(ROOT_CONTEXT)).toBeUndefined();
  });
});

describe('limits', () => {
  const setMany = (count: number, value: string): number =>
    baggage.run(() => {
      for (let index = 0; index < count; index++) baggage.set(`key${String(index).padStart(3, '0')}`, value);
      return Object.keys(baggage.getAll()).length;
    });

  it('64 members', () => {
    expect([setMany(64, 'x'), tracing.messages]).toEqual([64, []]);
    expect([setMany(1000, 'x'), tracing.messages]).toEqual([64, [FULL]]);
  });

  it('8192 bytes, with keys, marks and percent-encoding', () => {
    // 6 characters of the key, 2 marks, 120 of the value: 128 each, 64 of them are 8192.
    expect([setMany(64, 'x'.repeat(120)), tracing.messages]).toEqual([64, []]);
    expect([setMany(64, 'x'.repeat(121)), tracing.messages]).toEqual([63, [FULL]]);
    // One of these is 9 bytes when it is written.
    expect(setMany(64, '尺'.repeat(40))).toBe(22);
  });

  it('are such that all that was set is sent', () => {
    const sent = (values: readonly (readonly [string, string])[]): string =>
      baggage.run(() => {
        for (const [key, value] of values) baggage.set(key, value);
        return injectTraceContext(withTargetHost(context.active(), 'localhost'))['baggage'] ?? '';
      });
    const many = Array.from({ length: 64 }, (_item, index) => [`key${100 + index}`, 'x'.repeat(120)] as const);
    expect([sent(many).length, sent(many).split(',').length]).toEqual([8191, 64]);
    expect([sent([['k', 'x'.repeat(4094)]]).length, tracing.messages]).toEqual([4096, []]);
    // The propagator leaves longer members out: who sets one should know.
    expect([sent([['k', 'x'.repeat(4095)]]), tracing.messages]).toEqual(['', [TOO_LONG]]);
  });

  it('a value that is too long changes nothing', () => {
    baggage.run(() => {
      baggage.set('a', 'kept');
      baggage.set('a', 'x'.repeat(9000));
      expect(baggage.getAll()).toEqual({ a: 'kept' });
    });
  });

  it.each<[what: string, key: unknown, value: unknown, message: string]>([
    ['an empty key', '', 'x', NO_TOKEN],
    ['a key with a blank', 'a b', 'x', NO_TOKEN],
    ['a key with a comma', 'a,b', 'x', NO_TOKEN],
    ['a key with a line break', 'a\r\nb', 'x', NO_TOKEN],
    ['a key in other letters', 'ключ', 'x', NO_TOKEN],
    ['a key of 257 characters', 'k'.repeat(257), 'x', NO_TOKEN],
    ['a key that is no text', 7, 'x', NO_TEXTS],
    ['a value that is no text', 'a', { b: 1 }, NO_TEXTS],
    ['a missing value', 'a', undefined, NO_TEXTS],
    ['half a character', 'a', '\ud800', NO_TEXT],
  ])('%s is not set, and it is said once', (_what, key, value, message) => {
    baggage.run(() => {
      baggage.set(key as string, value as string);
      baggage.set(key as string, value as string);
      expect([baggage.getAll(), tracing.messages]).toEqual([{}, [message]]);
    });
  });

  it('any text is a value', () => {
    baggage.run(() => {
      for (const [index, value] of ['', ' ', 'a,b;c=d', '"\\', 'ä尺😀', '\r\n'].entries())
        baggage.set(`k${index}`, value);
      expect(baggage.getAll()).toEqual({ k0: '', k1: ' ', k2: 'a,b;c=d', k3: '"\\', k4: 'ä尺😀', k5: '\r\n' });
    });
  });
});

it('of names that objects have by nature stays what was set', () => {
  baggage.run(() => {
    expect([baggage.get('constructor'), baggage.get('toString')]).toEqual([undefined, undefined]);
    baggage.set('constructor', 'a');
    expect(baggage.getAll()).toEqual({ constructor: 'a' });
  });
});
