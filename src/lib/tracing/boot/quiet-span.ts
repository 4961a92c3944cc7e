/** The SERVER span as the framework below it sees it. */
import type {
  Attributes,
  AttributeValue,
  Exception,
  Link,
  Span,
  SpanContext,
  SpanStatus,
  TimeInput,
} from '@opentelemetry/api';
import { controlFlowOf } from '../record-error.ts';
import { getRuntime } from '../runtime.ts';

/**
 * Stands in the context for a span that records. Next runs its own span code wherever the active span says that it records
 * (`isOpenTelemetryEnabled` in `next/dist/server/lib/trace/tracer.js`); this one says it does not, and passes on what it
 * is told, so that `trace.getActiveSpan()?.setAttribute(...)` in a handler still works. Only the server ends the span, and what
 * comes after that is let go: Next's route templates write attributes when the response is long closed, and the SDK warns of
 * every one (two lines for each request).
 */
export class QuietSpan implements Span {
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
  }

  spanContext(): SpanContext {
    return this.#span.spanContext();
  }

  isRecording(): boolean {
    return false;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.#span.isRecording()) this.#span.setAttribute(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.#span.isRecording()) this.#span.setAttributes(attributes);
    return this;
  }

  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.#span.isRecording()) this.#span.addEvent(name, attributes, time);
    return this;
  }

  addLink(link: Link): this {
    if (this.#span.isRecording()) this.#span.addLink(link);
    return this;
  }

  addLinks(links: Link[]): this {
    if (this.#span.isRecording()) this.#span.addLinks(links);
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (this.#span.isRecording()) this.#span.setStatus(status);
    return this;
  }

  updateName(name: string): this {
    if (this.#span.isRecording()) this.#span.updateName(name);
    return this;
  }

  end(): void {}

  /** Once for each error: the wrapper of a handler, Next's template and `onRequestError` all hear of it. */
  recordException(exception: Exception, time?: TimeInput): void {
    if (!this.#span.isRecording() || controlFlowOf(exception) !== undefined) return;
    if (typeof exception === 'object') {
      const { recordedErrors } = getRuntime();
      const { traceId } = this.#span.spanContext();
      if (recordedErrors.get(exception) === traceId) return;
      recordedErrors.set(exception, traceId);
    }
    this.#span.recordException(exception, time);
  }
}
