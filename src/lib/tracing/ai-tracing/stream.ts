/** Follows a model's answer while it streams: the span ends when the stream does, however it ends. */
import { context } from '@opentelemetry/api';
import { type StreamEnd, abandonedStreams, watchStream } from '../body.ts';
import { guarded } from '../guard.ts';
import { getRuntime } from '../runtime.ts';
import { StreamedAnswer } from '../semconv/genai.ts';
import { ATTR } from '../semconv/names.ts';
import type { OpenSpan, Settled } from '../span.ts';

type AnyIterator = AsyncIterator<unknown>;

/** What is said of a stream when it ends, and when its first chunk comes. */
class StreamRecorder {
  readonly #open: OpenSpan;
  readonly #answer = new StreamedAnswer(getRuntime().settings.genAiConvention);
  #ended = false;

  constructor(open: OpenSpan) {
    this.#open = open;
    open.span.setAttribute(ATTR.GEN_AI_REQUEST_STREAM, true);
  }

  chunk(value: unknown): void {
    guarded('reading a chunk', () => {
      if (this.#answer.chunks === 0) {
        const seconds = (performance.now() - this.#open.startedAtMillis) / 1000;
        this.#open.span.setAttribute(ATTR.GEN_AI_TIME_TO_FIRST_CHUNK, seconds);
      }
      this.#answer.add(value);
    });
  }

  end(how: StreamEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    guarded('ending a stream', () => {
      this.#open.span.setAttributes(this.#answer.attributes(how.kind === 'completed'));
      this.#open.span.setAttribute(ATTR.STREAM_OUTCOME, how.kind);
    });
    this.#open.end(how.kind === 'failed' ? { thrown: how.thrown } : undefined);
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function'
  );
}

/** openai's iterator swallows the abort and says that it is done (`openai/core/streaming`): its controller knows. */
function wasAborted(stream: unknown): boolean {
  const aborted = guarded('reading an abort', () => {
    const { controller } = stream as { controller?: { signal?: { aborted?: unknown } } };
    return controller?.signal?.aborted;
  });
  return aborted === true;
}

function watchIterator(inner: AnyIterator, open: OpenSpan, recorder: StreamRecorder, stream: object): AnyIterator {
  const step = async (call: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> => {
    try {
      const result = await context.with(open.context, call);
      if (result.done) recorder.end({ kind: wasAborted(stream) ? 'cancelled' : 'completed' });
      else recorder.chunk(result.value);
      return result;
    } catch (thrown) {
      recorder.end({ kind: 'failed', thrown });
      throw thrown;
    }
  };
  const watched: AnyIterator & AsyncIterable<unknown> = {
    next: (...args) => step(() => inner.next(...args)),
    async return(value?: unknown) {
      recorder.end({ kind: 'cancelled' });
      return inner.return
        ? context.with(open.context, () => inner.return?.(value) as Promise<IteratorResult<unknown>>)
        : { done: true, value };
    },
    async throw(thrown?: unknown) {
      recorder.end({ kind: 'failed', thrown });
      if (inner.throw) return inner.throw(thrown);
      throw thrown;
    },
    [Symbol.asyncIterator]() {
      return watched;
    },
  };
  return watched;
}

/**
 * Replaces the methods that start reading. openai's streams have `iterator` under `Symbol.asyncIterator`, `tee` and
 * `toReadableStream`: whichever is called first is followed, and what it calls in turn is left alone.
 */
function tapIterable(stream: AsyncIterable<unknown>, open: OpenSpan, recorder: StreamRecorder): boolean {
  let following = false;
  for (const key of [Symbol.asyncIterator, 'iterator'] as const) {
    const methods = stream as unknown as Record<PropertyKey, unknown>;
    const original = methods[key];
    if (typeof original !== 'function') continue;
    const start = function (this: unknown, ...args: unknown[]): unknown {
      if (following) return Reflect.apply(original, this, args);
      following = true;
      const inner = context.with(open.context, () => Reflect.apply(original, this, args) as AnyIterator);
      return watchIterator(inner, open, recorder, stream);
    };
    try {
      Object.defineProperty(stream, key, { value: start, configurable: true, writable: true, enumerable: false });
    } catch {
      return false; // frozen: the caller reads it unseen
    }
  }
  return true;
}

/**
 * Follows a streamed answer. The stream is handed on as the same object (a `ReadableStream` as a new one with the same
 * chunks); the span ends when it is read to the end, left, cut off or forgotten.
 *
 * @param value what the client gave back
 * @param open the span of the call
 * @returns the stream to hand on, or `undefined` when the value is no stream
 */
export function settleStream(value: unknown, open: OpenSpan): Settled | undefined {
  if (!open.recording) return undefined; // nothing to tell: the stream stays the one it is
  if (typeof ReadableStream === 'function' && value instanceof ReadableStream) {
    if (value.locked) return undefined;
    const recorder = new StreamRecorder(open);
    const watched = watchStream(value, open.context, {
      chunk: (chunk) => recorder.chunk(chunk),
      end: (how) => recorder.end(how),
    });
    return { value: watched, later: true };
  }
  if (!isAsyncIterable(value)) return undefined;
  const recorder = new StreamRecorder(open);
  if (!tapIterable(value, open, recorder)) return undefined;
  abandonedStreams.register(value, (how) => recorder.end(how));
  return { value, later: true };
}
