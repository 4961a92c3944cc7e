import { cleanAttributes, cleanName, cleanValue, toJson } from '@/lib/tracing/attributes.ts';
import { createRuntime, DEFAULT_SETTINGS, setRuntime } from '@/lib/tracing/runtime.ts';

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function hostile(): object {
  return new Proxy(
    {},
    {
      get: () => {
        throw new Error('get');
      },
      ownKeys: () => {
        throw new Error('ownKeys');
      },
      getPrototypeOf: () => {
        throw new Error('getPrototypeOf');
      },
    },
  );
}

const throwing = {
  a: 1,
  get b(): string {
    throw new Error('getter');
  },
  c: 'c',
};
const cycle: Record<string, unknown> = { id: 1n };
cycle['self'] = cycle;
cycle['list'] = [cycle];
const shared = { x: 1 };
const unprintable = {
  toString(): string {
    throw new Error('toString');
  },
};

describe('cleanValue', () => {
  const LIMIT = 60;
  const rows: readonly (readonly [what: string, value: unknown, clean: unknown])[] = [
    ['a text', 'text', 'text'],
    ['the empty text', '', ''],
    ['a number', -0.5, -0.5],
    ['a boolean', false, false],
    ['null', null, undefined],
    ['undefined', undefined, undefined],
    ['a function', () => 1, undefined],
    ['a class', Map, undefined],
    ['a small BigInt', 10n, 10],
    ['a BigInt beyond the safe integers', 2n ** 64n, '18446744073709551616'],
    ['a symbol', Symbol('mark'), 'Symbol(mark)'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a date that is none', new Date(Number.NaN), undefined],
    ['what only looks like a date', Object.create(Date.prototype), undefined],
    ['an object', { a: { b: [1, null] } }, '{"a":{"b":[1,null]}}'],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['an empty object', {}, '{}'],
    ['a cycle', cycle, '{"id":"1","self":"[Circular]","list":["[Circular]"]}'],
    ['an object met twice, not in a cycle', { a: shared, b: shared }, '{"a":{"x":1},"b":{"x":1}}'],
    ['a getter that throws', throwing, '{"a":1,"b":"[Throws]","c":"c"}'],
    ['a Map', new Map<unknown, unknown>([['a', 1], [Symbol('b'), new Date(0)]]), '{"a":1,"Symbol(b)":"1970-01-01T00:00:00.000Z"}'], // prettier-ignore
    ['a Set', new Set([1, 'a', { b: 2n }]), '[1,"a",{"b":"2"}]'],
    ['an error', new RangeError('too far'), 'RangeError: too far'],
    ['a URL', new URL('https://shop.example/cart'), 'https://shop.example/cart'],
    ['bytes', new Uint8Array(3), '[3 bytes]'],
    ['floats', new Float64Array(2), '[16 bytes]'],
    ['a DataView', new DataView(new ArrayBuffer(5)), '[5 bytes]'],
    ['an ArrayBuffer', new ArrayBuffer(7), '[7 bytes]'],
    ['bytes inside an object', { body: Buffer.from('secret') }, '{"body":"[6 bytes]"}'],
    ['a revoked proxy', revoked(), undefined],
    ['a proxy whose traps throw', hostile(), undefined],
    ['a revoked proxy inside', { a: 1, proxy: revoked() }, undefined],
    ['numbers', [1, 2.5], [1, 2.5]],
    ['booleans', [true, false], [true, false]],
    ['texts', ['a', ''], ['a', '']],
    ['nothing', [], []],
    ['a mixed list', [1, 'a', true, null], ['1', 'a', 'true', 'null']],
    ['numbers with a gap', [1, undefined, 3], ['1', 'undefined', '3']],
    // oxlint-disable-next-line no-sparse-arrays -- the hole is the point
    ['numbers with a hole', [1, , 3], ['1', 'undefined', '3']],
    ['dates, BigInts and symbols', [new Date(0), 10n, Symbol('s')], ['1970-01-01T00:00:00.000Z', '10', 'Symbol(s)']],
    ['lists in a list', [[1], [[2]]], ['[1]', '[[2]]']],
    ['a list with a revoked proxy', ['a', revoked()], ['a', '[object]']],
    ['a list without end in depth', [[[[[[[[1]]]]]]]], ['[[[[[["[Array]"]]]]]]']],
    ['an object without end in depth', { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } }, '{"a":{"a":{"a":{"a":{"a":{"a":"[Object]"}}}}}}'], // prettier-ignore
    ['a text over the limit', 'x'.repeat(61), `${'x'.repeat(59)}…`],
    ['a text that is as long as the limit', 'x'.repeat(60), 'x'.repeat(60)],
    ['a text whose limit falls into a character', `${'x'.repeat(58)}😀😀`, `${'x'.repeat(58)}…`],
    ['a long BigInt', 10n ** 99n, `1${'0'.repeat(58)}…`],
    ['texts over the limit', ['x'.repeat(61), 'y'], [`${'x'.repeat(59)}…`, 'y']],
    ['an object over the limit', { text: 'x'.repeat(100) }, `{"text":"${'x'.repeat(50)}…`],
  ];

  it.each(rows)('makes %s fit', (_what, value, clean) => {
    expect(cleanValue(value, LIMIT)).toEqual(clean);
  });

  it('keeps 128 items of a list', () => {
    const numbers = Array.from({ length: 1000 }, (_item, index) => index);
    expect(cleanValue(numbers, LIMIT)).toEqual(numbers.slice(0, 128));
  });
});

describe('what is huge', () => {
  const manyKeys = Object.fromEntries(Array.from({ length: 1_000_000 }, (_item, index) => [`k${index}`, index]));
  const deepAndWide = (): unknown => {
    let level: unknown = 'x';
    // 128 to the power of 6 leaves, in 768 references.
    for (let depth = 0; depth < 6; depth++) level = Array<unknown>(128).fill(level);
    return level;
  };
  const rows: readonly (readonly [what: string, make: () => unknown, start: string])[] = [
    ['a text of 10 MB', () => 'x'.repeat(10_000_000), 'xxxx'],
    ['an object with a text of 10 MB', () => ({ text: 'x'.repeat(10_000_000) }), '{"te'],
    ['a million keys', () => manyKeys, '{"k0'],
    ['a Map of a million', () => new Map(Object.entries(manyKeys)), '{"k0'],
    ['a Set of a million', () => new Set(Object.keys(manyKeys)), '["k0'],
    ['128 to the power of 6 items', () => ({ deepAndWide: deepAndWide() }), '{"de'],
  ];

  it.each(rows)('cuts %s to the limit', (_what, make, start) => {
    const clean = cleanValue(make(), 100) as string;
    expect([clean.slice(0, 4), clean.length, clean.at(-1)]).toEqual([start, 100, '…']);
  });

  it('keeps as many attributes as the runtime allows, of a million', () => {
    expect(Object.keys(cleanAttributes(manyKeys)).length).toBe(128);
  });

  it('does not read the getters that stand behind the limit', () => {
    let reads = 0;
    const item = {
      get value(): string {
        reads += 1;
        return 'x'.repeat(30);
      },
    };
    toJson(
      Array.from({ length: 100 }, () => item),
      100,
    );
    expect(reads).toBe(3);
  });
});

describe('toJson', () => {
  const rows: readonly (readonly [what: string, value: unknown, json: string])[] = [
    ['a text', 'a', '"a"'],
    ['undefined', undefined, 'undefined'],
    ['a symbol', Symbol('s'), '"Symbol(s)"'],
    ['NaN', Number.NaN, 'null'],
    ['a revoked proxy', revoked(), '[object]'],
    ['an object that cannot be printed', unprintable, '{}'],
    ['an object with methods', { keep: 1, skip: undefined, run: () => 1 }, '{"keep":1}'],
    ['a date that is none', { at: new Date(Number.NaN) }, '{"at":null}'],
  ];

  it.each(rows)('writes %s', (_what, value, json) => {
    expect(toJson(value, 100)).toBe(json);
  });
});

describe('cleanAttributes', () => {
  beforeEach(() => {
    setRuntime(createRuntime({ ...DEFAULT_SETTINGS, attributeCountLimit: 3, attributeValueLengthLimit: 5 }));
  });
  afterEach(() => setRuntime(undefined));

  const rows: readonly (readonly [what: string, input: unknown, clean: Record<string, unknown>])[] = [
    ['nothing', undefined, {}],
    ['null', null, {}],
    ['a text', 'text', {}],
    ['what is fine', { a: 'a', b: 2, c: true }, { a: 'a', b: 2, c: true }],
    ['more than the limit', { a: 1, b: 2, c: 3, d: 4 }, { a: 1, b: 2, c: 3 }],
    ['what is left out, which does not count', { a: null, b: undefined, c: 1, d: 2, e: 3 }, { c: 1, d: 2, e: 3 }],
    ['a long text', { a: '123456' }, { a: '1234…' }],
    ['a nameless one', { '': 'x', a: 1 }, { a: 1 }],
    ['a getter that throws', throwing, { a: 1, b: '[Thr…', c: 'c' }],
    ['a symbol as a key', { [Symbol('s')]: 1, a: 1 }, { a: 1 }],
    ['a revoked proxy', revoked(), {}],
    ['a proxy whose traps throw', hostile(), {}],
    ['a revoked proxy as a value', { a: 1, b: revoked() }, { a: 1 }],
  ];

  it.each(rows)('takes %s', (_what, input, clean) => {
    // As entries: the SDK reads no symbols.
    expect(Object.entries(cleanAttributes(input as Record<string, unknown>))).toEqual(Object.entries(clean));
  });

  it('hands the very object on when nothing had to change', () => {
    const input = { a: 1, b: 'b' };
    expect(cleanAttributes(input)).toBe(input);
  });

  it('leaves the prototypes alone', () => {
    const input = JSON.parse('{"__proto__": ["polluted"], "a": 1}') as Record<string, unknown>;
    expect(Object.keys(cleanAttributes(input))).toEqual(['a']);
    expect(({} as { 0?: string })[0]).toBeUndefined();
  });
});

describe('cleanName', () => {
  const rows: (readonly [name: unknown, clean: string])[] = [
    ['GET /api/products/[id]', 'GET /api/products/[id]'],
    ['process\norder', 'process order'],
    ['a\r\n\t b', 'a  b'],
    ['\u0000\u007f\u0085\u2028\u2029', 'unnamed'],
    [' padded\n', 'padded'],
    ['', 'unnamed'],
    [undefined, 'unnamed'],
    [null, 'unnamed'],
    [42, '42'],
    [Symbol('s'), 'Symbol(s)'],
    [{ toString: () => 'own' }, 'own'],
    [unprintable, '[object]'],
    [revoked(), '[object]'],
    ['größe 尺寸', 'größe 尺寸'],
    ['x'.repeat(256), 'x'.repeat(256)],
    ['x'.repeat(257), `${'x'.repeat(255)}…`],
    ['😀'.repeat(200), `${'😀'.repeat(127)}…`],
    ['\n'.repeat(10_000_000), 'unnamed'],
  ];

  // Not `it.each`: it would print the names, and some cannot be.
  for (const [index, [name, clean]] of rows.entries()) {
    it(`row ${index} becomes ${clean.slice(0, 24)}`, () => expect(cleanName(name)).toBe(clean));
  }
});
