/**
 * Traces where nothing but a log can be written: one JSON line for each span, when it ends. Imports nothing, and asks for no
 * clock, no chance and no storage before its first span, so that it runs under the rules of Convex's default runtime. It is
 * bundled into every function there: at most 2 KB minified, which is why some things are said in fewer words than elsewhere.
 */
import type {
  Callback,
  Console,
  Failed,
  OwnSpan,
  SimpleAttributes,
  SimpleSpan,
  SimpleTracer,
  SimpleTracerOptions,
  SpanDetails,
  Surroundings,
} from './types.ts';

/** Of `Math.random`: in Convex it is seeded for each call of a function. Without a zero, as an id of zeros alone is none. */
const hex = (length: number): string => (length ? hex(length - 1) + ((1 + Math.random() * 15) | 0).toString(16) : '');

/**
 * Makes a tracer. Nothing happens before its first span.
 *
 * @param options attributes of every line, where lines go, how a span finds its parent; all may be left out
 * @returns the tracer; no method of it throws but what the traced work throws
 * @example
 * const lines: string[] = [];
 * const own = createTracer({ attributes: { 'service.name': 'ai-storefront' }, write: (line) => lines.push(line) });
 * await own.withSpan('search', { 'search.hits': 3 }, async () => 'found'); // 'found'
 * lines.length; // 1
 */
const createTracer = (options: SimpleTracerOptions = {}): SimpleTracer => {
  let { storage } = options;
  const activeSpans: SimpleSpan[] = [];

  const withSpan = <R>(
    operation: string,
    given: SimpleAttributes,
    fn: (span: SimpleSpan) => R,
    details?: SpanDetails,
    phase?: string,
  ): R => {
    const { AsyncLocalStorage, console, performance, process } = globalThis as Surroundings;
    if (AsyncLocalStorage) storage ??= new AsyncLocalStorage();
    const above = (details?.parent ?? storage?.getStore()) as Partial<OwnSpan> | undefined;
    const [, traceId = hex(32), parentSpanId] =
      /-(?!0+-)([\da-f]{32})-([\da-f]{16})/.exec(above?.traceparent ?? (above as string)) ?? [];
    const spanId = hex(16);
    const lines = above?.lines;
    const events: object[] = [];
    const startedAt = Date.now();
    const ticks = performance?.now();
    let attributes: Record<string, unknown> = {};
    let failed: 0 | 1 = 0;
    let said = 0; // attributes and events, each time: a span has a bound
    let ended: unknown;

    const span: OwnSpan = {
      operation,
      traceparent: `00-${traceId}-${spanId}-01`,
      lines: lines ?? [200, 50],
      setAttributes(more) {
        try {
          if (said++ < 99) Object.assign(attributes, more);
        } catch {} // what cannot be read is left out
      },
      addEvent(name) {
        if (said++ < 99) events.push({ name, timestamp: Date.now() });
      },
    };

    const end = (how = 'complete'): void => {
      if (ended) return;
      ended = how;
      activeSpans.splice(activeSpans.indexOf(span) >>> 0, 1);
      if (phase) span.addEvent(phase + how);
      // In a mutation of Convex the date stands still and `performance` does not; in a query both stand. Not there: not a
      // number, and the date counts.
      const duration = (performance?.now() as number) - (ticks as number) || Date.now() - startedAt;
      // The end less the duration is the start, to the millisecond: else a child would start before its parent.
      const millis = Math.round(duration);
      // The top of a trace has its line in any case.
      if (lines && lines[failed]-- < 1) return;
      for (const limit of [4000, 300, 99]) {
        try {
          const line = JSON.stringify(
            {
              timestamp: new Date(startedAt + millis),
              level: failed ? 'ERROR' : 'INFO',
              message: 'TRACE: ' + operation,
              trace: {
                traceId,
                spanId,
                parentSpanId,
                operation,
                duration: millis + 'ms',
                status: failed ? 'ERROR' : 'OK',
              },
              attributes: {
                'service.name': process?.env?.['OTEL_SERVICE_NAME'],
                'service.version': process?.env?.['OTEL_SERVICE_VERSION'],
                ...options.attributes,
                ...attributes,
                'clock.frozen': !duration || undefined,
                'trace.cut': span.lines.some((left) => left < 0) || undefined,
              },
              events: events[0] && events,
            },
            (_name, value: unknown) => (value as string | null)?.slice?.(0, limit) ?? value,
          );
          // A line has at most 3 bytes for each UTF-16 unit, as Convex counts them: in quotes, with \' and \\ for ' and \.
          if (line.length * 3 < 32e3) {
            (options.write ?? (console as Console).log)(line);
            break;
          }
        } catch {} // a value that cannot be written
        if (limit < 999) attributes = {};
      }
    };

    /** The message of an error may repeat a prompt: it is not written. */
    const fail = (thrown: unknown): void => {
      failed = 1;
      try {
        attributes['error.type'] = (thrown as Failed).status ?? (thrown as Failed).name;
      } catch {} // an error that cannot be read
      end('error');
    };

    span.setAttributes(given);
    if (phase) span.addEvent(phase + 'start');
    if (activeSpans.push(span) > 99) activeSpans.shift();
    let result: R;
    try {
      result = storage ? storage.run(span, fn, span) : fn(span);
    } catch (thrown) {
      fail(thrown);
      throw thrown;
    }
    // A plain promise is followed. Any other thenable stays the same object and is asked through its own `then`, so that one
    // that starts only when it is awaited still starts only then.
    try {
      const { then } = result as { then?: (onValue: Callback, onError: Callback) => unknown };
      if (then) {
        const tapped = (onValue?: Callback, onError?: Callback): unknown =>
          then.call(
            result,
            (...values) => {
              end();
              return onValue ? onValue(...values) : values[0];
            },
            (thrown) => {
              fail(thrown);
              if (onError) return onError(thrown);
              throw thrown;
            },
          );
        if ((result as object).constructor == Promise) return Object.assign(tapped() as object, result);
        // oxlint-disable-next-line unicorn/no-thenable -- it is one already
        (result as { then: unknown }).then = tapped;
        return result;
      }
    } catch {} // nothing that can be asked, or frozen: a plain value for us
    end();
    return result;
  };

  return {
    activeSpans,
    withSpan,
    traceLLMCall: (operation, details, fn) =>
      withSpan(
        operation,
        {
          'llm.vendor': details.provider,
          'llm.request.model': details.model,
          'llm.request.temperature': details.temperature,
          'user.id': details.userId,
          'thread.id': details.threadId,
        },
        fn,
        details,
      ),
    traceChatTurn: (name, details, fn) =>
      withSpan(
        'chat.' + name,
        { 'chat.thread_id': details.threadId, 'chat.user_id': details.userId, 'chat.turn_id': details.turnId },
        fn,
        details,
        'chat.turn.',
      ),
  };
};

/**
 * The tracer behind `traceLLMCall` and `traceChatTurn`: service from the environment, lines to the console.
 *
 * @returns a tracer, with the spans that are open in `activeSpans`
 * @example
 * tracer.activeSpans?.length || 0; // 0
 */
const tracer: SimpleTracer = createTracer();

/**
 * Traces a call of a language model: one line `TRACE: {operation}` when it has ended. What the model used is for the caller to
 * set. The prompt is not written; who wants it in the log sets it on the span, as `llm.request.prompt`.
 *
 * @param operation such as `openai.chat.completions.create`
 * @param details model, provider, temperature, prompt, user, thread; `parent` where it cannot be known otherwise
 * @param fn makes the call; it is handed the span
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const text = await traceLLMCall(
 *   'openai.chat.completions.create',
 *   { model: 'gpt-4o-mini', provider: 'openai', temperature: 0.7, prompt: 'Say hello', userId: 'u-1', threadId: 't-1' },
 *   async (span) => {
 *     const completion = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages });
 *     span.setAttributes({
 *       'llm.usage.prompt_tokens': completion.usage.prompt_tokens,
 *       'llm.usage.completion_tokens': completion.usage.completion_tokens,
 *     });
 *     return completion.choices[0]?.message?.content || '';
 *   },
 * );
 * text; // 'Hello'
 */
const traceLLMCall: SimpleTracer['traceLLMCall'] = tracer.traceLLMCall;

/**
 * Traces a turn of a conversation: one line `TRACE: chat.{name}` when it has ended, with the events `chat.turn.start` and
 * `chat.turn.complete`, or `chat.turn.error`.
 *
 * @param name such as `continue_thread`
 * @param details user, thread and turn; `parent` where it cannot be known otherwise
 * @param fn the turn's own work; it is handed the span
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * await traceChatTurn('continue_thread', { userId: 'u-1', threadId: 't-1', turnId: 't-1-1755358043101' }, async () => 'Hi'); // 'Hi'
 */
const traceChatTurn: SimpleTracer['traceChatTurn'] = tracer.traceChatTurn;

export { createTracer, traceChatTurn, traceLLMCall, tracer };
