/** A span that is recorded in a Worker: OpenTelemetry's interface, within limits, at a tenth of the SDK's size. */
import {
  type Attributes,
  type AttributeValue,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api';
import { SECRET_LENGTH } from '../json.ts';
import { getRuntime } from '../runtime.ts';
import * as CLOUDFLARE from '../semconv/cloudflare.ts';
import * as ATTR from '../semconv/worker-names.ts';
import type { Clock } from './clock.ts';

const LIST_LIMIT = 128;

/** Something that happened during a span. */
export interface RecordedEvent {
  readonly name: string;
  readonly nanos: bigint;
  readonly attributes: Attributes;
}

/** What a span is started with. */
export interface SpanParts {
  readonly name: string;
  readonly kind: SpanKind;
  readonly scope: { readonly name: string; readonly version?: string | undefined };
  readonly spanContext: SpanContext;
  readonly parentSpanContext: SpanContext | undefined;
  /** The span above it in this isolate, where that one is recorded. */
  readonly parent: RecordingSpan | undefined;
  readonly startTime: TimeInput | undefined;
  readonly clock: Clock;
  /** Told when the span has ended. */
  readonly ended: (span: RecordingSpan) => void;
}

/** A span that is open, or has ended and waits to be sent. */
export class RecordingSpan implements Span {
  readonly parts: SpanParts;
  readonly kind: SpanKind;
  readonly attributes: Attributes = {};
  readonly events: RecordedEvent[] = [];
  readonly links: Link[] = [];
  readonly startNanos: bigint;
  name: string;
  status: SpanStatus = { code: SpanStatusCode.UNSET };
  /** When it ended; zero while it is open. */
  endNanos = 0n;
  readonly #startMillis: number;

  constructor(parts: SpanParts) {
    this.parts = parts;
    this.name = parts.name;
    this.kind = parts.kind;
    this.#startMillis = parts.clock.millis();
    this.startNanos = parts.clock.nanos(this.#startMillis, parts.startTime);
  }

  spanContext(): SpanContext {
    return this.parts.spanContext;
  }

  isRecording(): boolean {
    return this.endNanos === 0n;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (!this.isRecording() || value == null || key === '') return this;
    const { attributeCountLimit, attributeValueLengthLimit } = getRuntime().settings;
    if (key in this.attributes || Object.keys(this.attributes).length < attributeCountLimit) {
      // A little more than the limit: a secret on the edge is taken out whole before the text is cut.
      this.attributes[key] =
        typeof value === 'string' ? value.slice(0, attributeValueLengthLimit + SECRET_LENGTH) : value;
    }
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const key of Object.keys(attributes)) this.setAttribute(key, attributes[key]);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    const isTime =
      typeof attributesOrTime === 'number' || Array.isArray(attributesOrTime) || attributesOrTime instanceof Date;
    if (this.isRecording() && this.events.length < LIST_LIMIT) {
      const { clock } = this.parts;
      this.events.push({
        name,
        nanos: clock.nanos(clock.millis(), isTime ? attributesOrTime : time),
        attributes: isTime ? {} : { ...attributesOrTime },
      });
    }
    return this;
  }

  addLink(link: Link): this {
    if (this.isRecording() && this.links.length < LIST_LIMIT) this.links.push(link);
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    // OK is final (OpenTelemetry trace API, "Set Status").
    if (this.isRecording() && this.status.code !== SpanStatusCode.OK) this.status = { ...status };
    return this;
  }

  updateName(name: string): this {
    if (this.isRecording()) this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const { code, name, message, stack }: { [key in 'code' | 'name' | 'message' | 'stack']?: unknown } =
      typeof exception === 'string' ? { message: exception } : exception;
    const told = {
      [ATTR.EXCEPTION_TYPE]: code ?? name,
      [ATTR.EXCEPTION_MESSAGE]: message,
      [ATTR.EXCEPTION_STACKTRACE]: stack,
    };
    this.addEvent('exception', told, time);
  }

  end(time?: TimeInput): void {
    if (!this.isRecording()) return;
    const { clock, startTime, ended } = this.parts;
    const millis = clock.millis();
    // Nothing can be said of a duration that the clock had no chance to show.
    if (millis === this.#startMillis && startTime === undefined && time === undefined) {
      this.setAttribute(CLOUDFLARE.CLOCK_FROZEN, true);
    }
    const nanos = clock.nanos(millis, time);
    this.endNanos = nanos < this.startNanos ? this.startNanos : nanos;
    ended(this);
  }
}
