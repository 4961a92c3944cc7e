import { EnvironmentReader, VARIABLES, readEnvironment, withoutOurVariables } from '@/lib/tracing/environment.ts';

const never = (message: string): never => {
  throw new Error(message);
};

describe('the reader', () => {
  it('takes the first variable that is set; the empty text and blanks are not set', () => {
    const env = new EnvironmentReader(
      { OTEL_SERVICE_VERSION: ' ', DD_VERSION: '', DD_SERVICE: ' a ', DD_ENV: 'b' },
      never,
    );
    expect([env.text('OTEL_SERVICE_VERSION', 'DD_VERSION'), env.text('DD_VERSION', 'DD_SERVICE', 'DD_ENV')]).toEqual([
      undefined,
      'a',
    ]);
  });

  it('knows the words for on and off', () => {
    const read = (value: string): boolean | undefined =>
      new EnvironmentReader({ OTEL_ENABLED: value }, () => {}).flag('OTEL_ENABLED');
    const words = ['true', '1', 'YES', 'On', 'false', '0', 'NO', 'oFF', '', 'truee', 'enabled'];
    expect(words.map(read)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('reads lists without blanks and empty words', () => {
    const env = new EnvironmentReader({ OTEL_SEMCONV_STABILITY_OPT_IN: ' a, ,b,' }, never);
    expect(env.list('OTEL_SEMCONV_STABILITY_OPT_IN')).toEqual(['a', 'b']);
  });

  it('reports the words of a list that it does not know, once, and keeps the others', () => {
    const warnings: string[] = [];
    const env = new EnvironmentReader({ OTEL_TRACES_EXPORTER: 'zipkin,console,jaeger' }, (text) => warnings.push(text));
    expect([env.choices(['otlp', 'console'], 'OTEL_TRACES_EXPORTER'), warnings]).toEqual([
      ['console'],
      ['OTEL_TRACES_EXPORTER should be otlp, console, got "zipkin"; using otlp'],
    ]);
  });
});

it('describes each variable in one line', () => {
  const wrong = Object.entries(VARIABLES).filter(([, { does }]) => !/^\S[^\n]{2,110}[^\s.]$/.test(does));
  expect(wrong).toEqual([]);
});

describe('what the SDK would read by itself', () => {
  const NAMES = [
    'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    'OTEL_LOG_LEVEL',
    'OTEL_SDK_DISABLED',
  ] as const;
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const seen = (): (string | undefined)[] => NAMES.map((name) => readEnvironment()[name]);

  it('is out of sight while it is built, and back afterwards, also when that fails', () => {
    const values = ['a', undefined, '', 'd'];
    for (const [index, name] of NAMES.entries()) {
      const value = values[index];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    const nothing = [undefined, undefined, undefined, undefined];
    expect([withoutOurVariables(seen), seen()]).toEqual([nothing, values]);
    expect(() => withoutOurVariables(() => never('constructor'))).toThrow('constructor');
    expect(seen()).toEqual(values);
  });
});
