/** W3C Baggage, by the headings of its "Header Content". Read through an incoming header, written through `baggage.set`. */
import { baggage, extractTraceContext, injectTraceContext } from '@/lib/tracing/index.ts';
import { type Context, context } from '@opentelemetry/api';
import { withTargetHost } from '@/lib/tracing/propagation/target.ts';
import { type TestTracing, bootTracing } from '../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const read = (header: string): Record<string, string> =>
  context.with(extractTraceContext({ baggage: header }), () => baggage.getAll());

describe('reading', () => {
  it.each<readonly [section: string, header: string, members: Record<string, string>]>([
    ['list-member: one member', 'tenant=acme', { tenant: 'acme' }],
    ['list-member: several', 'a=1,b=2', { a: '1', b: '2' }],
    ['list-member: optional white space', ' a = 1 ,\tb = 2 ', { a: '1', b: '2' }],
    ['value: percent-encoded value', 'a=x%20y%2Cz', { a: 'x y,z' }],
    // The specification allows it; the SDK's propagator leaves such a member out.
    ['value: an empty one is lost', 'a=', {}],
    ['value: an equals sign in the value', 'a=b=c', { a: 'b=c' }],
    ['property: a property is no part of the value', 'a=1;secure;ttl=3', { a: '1' }],
    ['key: no key', '=1', {}],
    ['list-member: a member without a value is left out', 'a,b=2', { b: '2' }],
    ['list-member: empty members', ',,a=1,,', { a: '1' }],
    ['no content', '', {}],
  ])('%s', (_section, header, members) => {
    expect(read(header)).toEqual(members);
  });

  it.each<readonly [section: string, header: string]>([
    ['value: a percent sign that encodes nothing', 'a=%zz,b=2'],
    ['a header of 9,000 characters', `a=${'x'.repeat(9000)}`],
  ])('%s does not throw', (_section, header) => {
    expect(Object.keys(read(header)).length).toBeLessThanOrEqual(2);
  });
});

const set = (...members: [string, string][]): Record<string, string> =>
  baggage.run(() => {
    for (const [key, value] of members) baggage.set(key, value);
    return baggage.getAll();
  });

describe('setting', () => {
  it.each<readonly [section: string, members: [string, string][], kept: Record<string, string>]>([
    ['key: a key is a token', [['user.id', 'u-1']], { 'user.id': 'u-1' }],
    ['key: no white space in a key', [['user id', 'u-1']], {}],
    ['key: no comma in a key', [['a,b', '1']], {}],
    ['key: no empty key', [['', '1']], {}],
    ['key: no letter outside ASCII in a key', [['schlüssel', '1']], {}],
    [
      'key: keys are case-sensitive',
      [
        ['a', '1'],
        ['A', '2'],
      ],
      { a: '1', A: '2' },
    ],
    ['value: any text as a value', [['a', 'x, y; z = ü']], { a: 'x, y; z = ü' }],
    ['value: half a character is no text', [['a', '\ud800']], {}],
    [
      'the last one wins',
      [
        ['a', '1'],
        ['a', '2'],
      ],
      { a: '2' },
    ],
    ['limits: a value beyond 8,192 bytes', [['a', 'x'.repeat(9000)]], {}],
    ['no text', [['a', 7 as never]], {}],
  ])('%s', (_section, members, kept) => {
    expect(set(...members)).toEqual(kept);
  });

  it('limits: 64 members, and no more', () => {
    const members = Array.from({ length: 70 }, (_none, index): [string, string] => [`k${index}`, 'v']);
    expect(Object.keys(set(...members)).length).toBe(64);
  });

  it('limits: 8,192 bytes in all', () => {
    const members = Array.from({ length: 20 }, (_none, index): [string, string] => [`k${index}`, 'x'.repeat(1000)]);
    expect(Object.keys(set(...members)).length).toBe(8);
  });

  it('says once what could not be set, and never the value', () => {
    set(['a b', 'planted'], ['c d', 'planted']);
    baggage.set('outside', 'planted');
    expect(tracing.messages).toEqual([
      'throughline: baggage.set got a key that is no W3C token; nothing was set',
      'throughline: baggage.set outside a traced request does nothing; wrap the route or use baggage.run',
    ]);
  });
});

const local = (): Context => withTargetHost(context.active(), 'localhost');

describe('what goes out is read again as it was', () => {
  it.each<readonly [what: string, value: string]>([
    ['plain text', 'acme'],
    ['separators', 'a,b;c=d'],
    ['spaces at both ends', ' a '],
    ['every script', 'žluťoučký 猫 🙂'],
    ['a percent sign', '100%'],
  ])('%s', (_what, value) => {
    const header = baggage.run(() => {
      baggage.set('a', value);
      return injectTraceContext(local())['baggage'] ?? '';
    });
    // oxlint-disable-next-line no-control-regex -- the range that `baggage-octet` allows
    expect([read(header)['a'], /^[\u0021-\u007e]*$/.test(header)]).toEqual([value, true]);
  });

  it('a member that was removed does not go out', () => {
    const header = context.with(extractTraceContext({ baggage: 'a=1,b=2' }), () =>
      baggage.run(() => {
        baggage.remove('a');
        return injectTraceContext(local())['baggage'];
      }),
    );
    expect(header).toBe('b=2');
  });
});
