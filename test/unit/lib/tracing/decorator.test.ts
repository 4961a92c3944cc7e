import 'reflect-metadata'; // oxlint-disable-line import/no-unassigned-import -- it adds to Reflect
import { SpanKind } from '@opentelemetry/api';
import { Trace, traceSync } from '@/lib/tracing/index.ts';
import { startedTree } from '../../../helpers/started-tree.ts';
import { tree } from '../../../helpers/trace-tree.ts';
import { type TestTracing, bootTracing } from '../../../helpers/test-tracing.ts';

let tracing: TestTracing;
beforeEach(() => {
  tracing = bootTracing();
});
afterEach(() => tracing.stop());

const shown = (...attributes: string[]): Promise<string> => startedTree(tracing, attributes);

const WORK = Symbol('work');

/** Stands for what another library hangs on a method. */
function Marked(_target: object, _key: string | symbol, descriptor: PropertyDescriptor): void {
  Object.assign(descriptor.value as object, { marked: true });
  Reflect.defineMetadata('own', 'kept', descriptor.value as object);
}

class Stock {
  readonly left = 3;
}

class Base {
  @Trace('Base.price')
  price(product: string): number {
    traceSync(`look up ${product}`, () => {});
    return 5;
  }
}

class Shop extends Base {
  static readonly #open = true;
  #sold = 0;
  asked = 0;

  @Trace('Shop.processData', { kind: SpanKind.CLIENT, attributes: { service: 'data-processor', version: '1.0' } })
  async processData(input: string, _more?: number): Promise<string> {
    await Promise.resolve();
    return input.toUpperCase();
  }

  @Trace()
  sell(count: number): number {
    return (this.#sold += count);
  }

  @Trace('Shop.isOpen')
  static isOpen(): boolean {
    return Shop.#open;
  }

  @Trace('Shop.sold')
  get sold(): number {
    this.asked += 1;
    return this.#sold;
  }
  set sold(value: number) {
    this.#sold = value;
  }

  @Trace()
  [WORK](): string {
    return 'done';
  }

  @Trace('Shop.price')
  override price(product: string): number {
    return super.price(product) + 1;
  }

  @Trace('Shop.fail', { attributes: (code: string) => ({ code }) })
  fail(code: string): never {
    throw Object.assign(new Error('no'), { code });
  }

  @Trace('Shop.sized', {
    attributes(this: Shop, first: string, second: number) {
      return { first: first.length, second, asked: this.asked };
    },
  })
  sized(first: string, second: number): string {
    return first.repeat(second);
  }

  @Trace('Shop.careless', {
    attributes: () => {
      throw new Error('no attributes');
    },
  })
  careless(): string {
    return 'still here';
  }

  @Trace('outer')
  @Trace('inner')
  twice(): number {
    return 2;
  }

  @Trace('Shop.marked')
  @Marked
  marked(_stock: Stock, _count: number): Stock {
    return new Stock();
  }
}

describe('@Trace on methods', () => {
  it('traces sync and async ones, with kind and attributes', async () => {
    const shop = new Shop();
    expect([await shop.processData('text'), shop.sell(2), shop.sell(1)]).toEqual(['TEXT', 2, 3]);
    expect(await shown('service', 'version')).toBe(
      tree(`
        Shop.processData CLIENT service="data-processor" version="1.0"
        Shop.sell INTERNAL
        Shop.sell INTERNAL
      `),
    );
  });

  it('traces static ones, getters once for each reading, and symbols', async () => {
    const shop = new Shop();
    shop.sold = 7;
    expect([Shop.isOpen(), shop.sold, shop.asked, shop[WORK]()]).toEqual([true, 7, 1, 'done']);
    expect(await shown()).toBe(
      tree(`
        Shop.isOpen INTERNAL
        Shop.sold INTERNAL
        Shop.Symbol(work) INTERNAL
      `),
    );
  });

  it('nests a method that calls the one it overrides', async () => {
    expect(new Shop().price('rose')).toBe(6);
    expect(await shown()).toBe(
      tree(`
        Shop.price INTERNAL
          Base.price INTERNAL
            look up rose INTERNAL
      `),
    );
  });

  it('makes attributes from the arguments and from this, and goes on when that fails', async () => {
    const shop = new Shop();
    shop.asked = 4;
    expect([shop.sized('ab', 2), shop.careless()]).toEqual(['abab', 'still here']);
    expect([await shown('first', 'second', 'asked'), tracing.messages]).toEqual([
      tree(`
        Shop.sized INTERNAL first=2 second=2 asked=4
        Shop.careless INTERNAL
      `),
      ['throughline: making the attributes of a method failed'],
    ]);
  });

  it('throws what the method throws', async () => {
    expect(() => new Shop().fail('SOLD_OUT')).toThrow('no');
    expect(await shown('code', 'error.type')).toBe('Shop.fail INTERNAL ERROR code="SOLD_OUT" error.type="SOLD_OUT"');
  });

  it('opens one span however often a method is decorated', async () => {
    expect(new Shop().twice()).toBe(2);
    expect(await shown()).toBe('inner INTERNAL');
  });

  it('leaves a method looking as it did: name, length, what hangs on it, metadata', () => {
    const { processData, marked, sized } = Shop.prototype; // oxlint-disable-line typescript/unbound-method -- looked at
    const metadata = (name: string, key: string): unknown => Reflect.getMetadata(name, Shop.prototype, key) as unknown;
    expect([processData.name, processData.length, sized.name, sized.length, Shop.isOpen.name]).toEqual([
      'processData',
      2,
      'sized',
      2,
      'isOpen',
    ]);
    expect([(marked as { marked?: boolean }).marked, Reflect.getMetadata('own', marked)]).toEqual([true, 'kept']);
    expect([
      metadata('design:paramtypes', 'marked'),
      metadata('design:returntype', 'marked'),
      metadata('design:type', 'marked'),
    ]).toEqual([[Stock, Number], Stock, Function]);
    const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(Shop.prototype, 'sell') ?? {};
    expect([enumerable, writable, configurable]).toEqual([false, true, true]);
    expect(Object.keys(Shop.prototype)).toEqual([]);
  });

  it('runs on whatever this it is called on, and stands in the way of nobody', () => {
    const { sell } = Shop.prototype; // oxlint-disable-line typescript/unbound-method -- called on others
    expect(() => Reflect.apply(sell, {}, [1])).toThrow('private member');
    expect(() => Reflect.construct(sell, [])).toThrow('not a constructor');
  });
});

@Trace('Orders', { attributes: (...args: readonly unknown[]) => ({ arguments: args.length }) })
class Orders {
  static readonly Line = class Line {
    readonly made = true;
  };
  static readonly make = (): Orders => new Orders(new Stock());
  readonly stock: Stock;
  #total = 0;

  constructor(stock: Stock) {
    this.stock = stock;
  }
  add(cents: number): this {
    this.#total += cents;
    return this;
  }
  get total(): number {
    return this.#total;
  }
  async pay(): Promise<number> {
    return this.#settle();
  }
  *lines(): Generator<number> {
    yield 1;
    yield 2;
  }
  static count(): number {
    return 0;
  }
  @Trace('by hand')
  named(): string {
    return 'named';
  }
  #settle(): number {
    return this.#total;
  }
}

@Trace()
class Subscriptions extends Orders {
  override add(cents: number): this {
    return super.add(cents * 12);
  }
}

@Trace('Injected')
class Injected {
  readonly stock: Stock;
  constructor(stock: Stock) {
    this.stock = stock;
  }
}

describe('@Trace on classes', () => {
  it('traces every method, static ones and generators too, and getters not', async () => {
    const orders = Orders.make();
    expect([
      orders.add(5).total,
      await orders.pay(),
      [...orders.lines()],
      Orders.count(),
      orders.named(),
      orders instanceof Orders,
    ]).toEqual([5, 5, [1, 2], 0, 'named', true]);
    expect(await shown('arguments')).toBe(
      tree(`
        Orders.make INTERNAL arguments=0
        Orders.add INTERNAL arguments=1
        Orders.pay INTERNAL arguments=0
        Orders.lines INTERNAL arguments=0
        Orders.count INTERNAL arguments=0
        by hand INTERNAL
      `),
    );
  });

  it('leaves constructors and classes inside newable', () => {
    const line = new Orders.Line();
    expect([line.made, line instanceof Orders.Line, new Orders(new Stock()).stock.left]).toEqual([true, true, 3]);
  });

  it('traces a subclass under its own name, and what it inherits under that of its class', async () => {
    expect(new Subscriptions(new Stock()).add(1).total).toBe(12);
    expect(await shown()).toBe(
      tree(`
        Subscriptions.add INTERNAL
          Orders.add INTERNAL
      `),
    );
  });

  it('keeps what a container for dependencies reads', () => {
    const types = Reflect.getMetadata('design:paramtypes', Injected) as (new () => Stock)[];
    expect([types, Injected.name, Injected.length]).toEqual([[Stock], 'Injected', 1]);
    const made = new Injected(new (types[0] ?? Stock)());
    expect([made.constructor === Injected, made.stock instanceof Stock]).toEqual([true, true]);
  });

  it('leaves a static member alone that makes things', () => {
    class Factory {
      static readonly Bound = Stock.bind(undefined);
      readonly made = new Factory.Bound();
    }
    Trace('Factory')(Factory);
    expect([new Factory.Bound().left, new Factory().made.left]).toEqual([3, 3]);
  });

  it('leaves a frozen class alone', async () => {
    class Frozen {
      run(): string {
        return 'ran';
      }
    }
    Object.freeze(Frozen.prototype);
    Trace('Frozen')(Object.freeze(Frozen));
    expect([new Frozen().run(), await shown()]).toEqual(['ran', '']);
  });
});

describe('the standard form', () => {
  type Decorate = (value: unknown, context: object) => unknown;
  const decorate = Trace('Standard.run') as unknown as Decorate;
  const unnamed = Trace() as unknown as Decorate;
  class Standard {
    readonly size = 3;
  }
  const self = new Standard();

  it.each<readonly [what: string, kind: string, run: () => unknown, result: unknown]>([
    [
      'method',
      'method',
      () =>
        Reflect.apply(
          decorate(
            function run(this: Standard, more: number) {
              return this.size + more;
            },
            { kind: 'method', name: 'run' },
          ) as (more: number) => number,
          self,
          [2],
        ),
      5,
    ],
    [
      'getter',
      'getter',
      () =>
        Reflect.apply(
          decorate(
            function size(this: Standard) {
              return this.size;
            },
            { kind: 'getter', name: 'size' },
          ) as () => number,
          self,
          [],
        ),
      3,
    ],
    [
      'accessor',
      'accessor',
      () => {
        const both = { get: () => 7, set: () => {} };
        const made = decorate(both, { kind: 'accessor', name: 'size' }) as { get(): number; set?: unknown };
        return [made.get(), Object.keys(made)];
      },
      [7, ['get']],
    ],
    [
      'field with a function',
      'field',
      () => {
        const initialise = decorate(undefined, { kind: 'field', name: 'run' }) as (initial: unknown) => () => number;
        return initialise(() => 9)();
      },
      9,
    ],
  ])('traces a %s', async (_what, _kind, run, result) => {
    expect(run()).toEqual(result);
    expect(await shown()).toBe('Standard.run INTERNAL');
  });

  it('leaves a field with a value as it is', () => {
    const initialise = decorate(undefined, { kind: 'field', name: 'size' }) as (initial: unknown) => unknown;
    expect(initialise(3)).toBe(3);
  });

  it('traces the methods of a class, and gives no other class', async () => {
    class Service {
      run(): number {
        return 1;
      }
    }
    expect(decorate(Service, { kind: 'class', name: 'Service' })).toBe(undefined);
    expect([new Service().run(), await shown()]).toEqual([1, 'Standard.run.run INTERNAL']);
  });

  it('takes its names from the object it runs on, and from a class for static methods', async () => {
    const run = unnamed(() => 1, { kind: 'method', name: 'run' }) as (this: unknown) => number;
    expect([Reflect.apply(run, self, []), Reflect.apply(run, Standard, []), run()]).toEqual([1, 1, 1]);
    expect(await shown()).toBe(
      tree(`
        Standard.run INTERNAL
        Standard.run INTERNAL
        anonymous.run INTERNAL
      `),
    );
  });

  it('runs also where the object it runs on answers no question', () => {
    const run = unnamed(() => 1, { kind: 'method', name: 'run' }) as (this: unknown) => number;
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no answer');
        },
      },
    );
    expect(Reflect.apply(run, hostile, [])).toBe(1);
  });
});

describe('on anything else', () => {
  const misplaced = 'throughline: @Trace(x) stands on something that is no method, getter or class';
  const decorator = Trace('x') as unknown as (...args: unknown[]) => unknown;

  it.each<readonly [what: string, args: unknown[]]>([
    ['a property', [{}, 'field', undefined]],
    ['a parameter', [{}, 'method', 0]],
    ['a parameter of the constructor', [Stock, undefined, 0]],
    ['a setter alone', [{}, 'size', { get: undefined, set: () => {} }]],
    ['a setter, in the standard form', [() => {}, { kind: 'setter', name: 'size' }]],
    ['nothing', [undefined, undefined, undefined]],
  ])('fails when decorating %s', (_what, args) => {
    expect(() => decorator(...args)).toThrow(new TypeError(misplaced));
  });
});
