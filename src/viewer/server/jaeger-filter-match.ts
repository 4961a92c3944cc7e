/** Whether a span meets a structured filter of Jaeger's v3 search. Pure. */
import type { Comparison, ConstantType, Filter, Operand } from './jaeger-filter.ts';
import {
  type Attribute,
  type AttributeValue,
  durationNano,
  kindName,
  type Span,
  type SpanEvent,
  type SpanLink,
  serviceName,
  statusName,
  valueText,
} from './span.ts';
import { patternOf, wordsOf } from './jaeger-text.ts';
import { durationText, timeText } from './jaeger-units.ts';

/** Which event and link the references of `some` are bound to. */
interface Bound {
  readonly event?: SpanEvent;
  readonly link?: SpanLink;
}

/** One value a reference holds, in the domain it is compared in. */
type Value =
  | { readonly in: 'text' | 'word'; readonly of: string }
  | { readonly in: 'number' | 'duration' | 'time'; readonly of: bigint | number }
  | { readonly in: 'bool'; readonly of: boolean };
type Held = Value & { readonly type: ConstantType | 'field' };

function ofAttribute(value: AttributeValue): Held {
  switch (value.type) {
    case 'int':
      return { in: 'number', of: value.value, type: 'int' };
    case 'double':
      return { in: 'number', of: value.value, type: 'double' };
    case 'bool':
      return { in: 'bool', of: value.value, type: 'bool' };
    default:
      return { in: 'text', of: valueText(value), type: 'string' };
  }
}

const field = (value: Value): Held => ({ ...value, type: 'field' });
const text = (of: string): readonly Held[] => (of === '' ? [] : [field({ in: 'text', of })]);

function spanField(span: Span, name: string): readonly Held[] {
  switch (name) {
    case 'traceID':
      return text(span.traceId);
    case 'spanID':
      return text(span.spanId);
    case 'parentSpanID':
      return text(span.parentSpanId);
    case 'traceState':
      return text(span.traceState);
    case 'name':
      return text(span.name);
    case 'statusMessage':
      return text(span.status.message);
    case 'kind':
      return [field({ in: 'word', of: kindName(span) })];
    case 'status':
      return [field({ in: 'word', of: statusName(span) })];
    case 'startTime':
      return [field({ in: 'time', of: span.startTimeUnixNano })];
    case 'endTime':
      return [field({ in: 'time', of: span.endTimeUnixNano })];
    default:
      return [field({ in: 'duration', of: durationNano(span) })];
  }
}

function eventField(span: Span, event: SpanEvent, name: string): readonly Held[] {
  if (name === 'name') return text(event.name);
  if (name === 'time') return [field({ in: 'time', of: event.timeUnixNano })];
  return [field({ in: 'duration', of: event.timeUnixNano - span.startTimeUnixNano })];
}

function linkField(link: SpanLink, name: string): readonly Held[] {
  return text({ traceID: link.traceId, spanID: link.spanId, traceState: link.traceState }[name] ?? '');
}

const eventsOf = (span: Span, { event }: Bound): readonly SpanEvent[] => (event === undefined ? span.events : [event]);
const linksOf = (span: Span, { link }: Bound): readonly SpanLink[] => (link === undefined ? span.links : [link]);

function attributesAt(span: Span, level: string, bound: Bound): readonly Attribute[] {
  switch (level) {
    case 'span':
      return span.attributes;
    case 'resource':
      return span.resource.attributes;
    case 'scope':
      return span.scope.attributes;
    case 'event':
      return eventsOf(span, bound).flatMap(({ attributes }) => attributes);
    case 'link':
      return linksOf(span, bound).flatMap(({ attributes }) => attributes);
    default:
      return [...span.attributes, ...span.resource.attributes];
  }
}

function fieldAt(span: Span, level: string, name: string, bound: Bound): readonly Held[] {
  const { resource, scope } = span;
  switch (level) {
    case 'resource':
      return text(name === 'service' ? serviceName(span) : resource.schemaUrl);
    case 'scope':
      return text({ name: scope.name, version: scope.version, schemaURL: scope.schemaUrl }[name] ?? '');
    case 'event':
      return eventsOf(span, bound).flatMap((event) => eventField(span, event, name));
    case 'link':
      return linksOf(span, bound).flatMap((link) => linkField(link, name));
    default:
      return spanField(span, name);
  }
}

function heldBy(operand: Operand, span: Span, bound: Bound): readonly Held[] {
  if (operand.is === 'field') return fieldAt(span, operand.level, operand.name, bound);
  if (operand.is !== 'attr') return [];
  const { key, level } = operand;
  return attributesAt(span, level, bound)
    .filter((attribute) => attribute.key === key)
    .map(({ value }) => ofAttribute(value));
}

/** A constant in the domain of what it is compared with; undefined where they do not meet. */
function constantFor(held: Held, value: string, type: ConstantType): Value | undefined {
  // A type is authoritative: only what was stored so is compared.
  if (type !== '' && held.type !== 'field' && held.type !== type) return undefined;
  switch (held.in) {
    case 'number':
      return /^\s*[-+]?[\d.]/u.test(value) && Number.isFinite(Number(value))
        ? { in: 'number', of: /^-?\d{1,20}$/u.test(value) ? BigInt(value) : Number(value) }
        : undefined;
    case 'bool':
      return value === 'true' || value === 'false' ? { in: 'bool', of: value === 'true' } : undefined;
    case 'duration': {
      const of = durationText(value);
      return of === undefined ? undefined : { in: 'duration', of };
    }
    case 'time': {
      const of = timeText(value);
      return of === undefined ? undefined : { in: 'time', of };
    }
    default:
      return { in: held.in, of: value };
  }
}

function compares(op: Comparison, left: Value, right: Value): boolean {
  if (left.in !== right.in) return false;
  // Numbers of both kinds compare by what they are worth.
  if (op === 'eq') return left.in === 'number' ? left.of == right.of : left.of === right.of;
  if (left.in === 'bool' || left.in === 'word') return false;
  const [a, b] = [left.of, right.of];
  if (op === 'gt') return a > b;
  if (op === 'lt') return a < b;
  return op === 'gte' ? a >= b : a <= b;
}

function meets(op: Comparison, held: readonly Held[], span: Span, right: Operand, bound: Bound): boolean {
  const matches = (one: Held, by: Comparison): boolean => {
    if (right.is === 'scalar') {
      const constant = constantFor(one, right.value, right.type);
      return constant !== undefined && compares(by, one, constant);
    }
    if (right.is === 'list') {
      return right.values.some((value) => {
        const constant = constantFor(one, value, right.type);
        return constant !== undefined && compares('eq', one, constant);
      });
    }
    return heldBy(right, span, bound).some((other) => compares(by, one, other));
  };
  // A negated comparison asks for what is there and matches nothing.
  if (op === 'ne') return held.length > 0 && !held.some((one) => matches(one, 'eq'));
  if (op === 'not_in') return held.length > 0 && !held.some((one) => matches(one, 'in'));
  return held.some((one) => matches(one, op));
}

type TextFilter = Filter & { readonly op: 'regex' | 'phrase' | 'fulltext' };

/** Prepared once for a search, however many spans it meets. */
const textTests = new WeakMap<TextFilter, (text: string) => boolean>();

function textTestOf(filter: TextFilter): (text: string) => boolean {
  const known = textTests.get(filter);
  if (known !== undefined) return known;
  const made = filter.op === 'regex' ? patternOf(filter.pattern) : wordsOf(filter.words, filter.op === 'phrase');
  textTests.set(filter, made);
  return made;
}

/**
 * Whether a span meets a filter.
 *
 * @param filter as `parseFilter` gives it
 * @param span any span
 * @param bound what `some` has chosen; nothing at the top
 * @returns true when it does; what is compared with something absent does not
 * @example
 * matchesFilter(parseFilter('{"op":"exists","args":[{"field":{"level":"span","name":"name"}}]}'), span); // true
 */
export function matchesFilter(filter: Filter, span: Span, bound: Bound = {}): boolean {
  switch (filter.op) {
    case 'and':
      return filter.args.every((each) => matchesFilter(each, span, bound));
    case 'or':
      return filter.args.some((each) => matchesFilter(each, span, bound));
    case 'not':
      return !matchesFilter(filter.arg, span, bound);
    case 'exists':
      return heldBy(filter.of, span, bound).length > 0;
    case 'some':
      return filter.level === 'event'
        ? span.events.some((event) => matchesFilter(filter.arg, span, { ...bound, event }))
        : span.links.some((link) => matchesFilter(filter.arg, span, { ...bound, link }));
    case 'regex':
    case 'phrase':
    case 'fulltext': {
      const test = textTestOf(filter);
      return heldBy(filter.of, span, bound).some(({ of }) => test(String(of)));
    }
    default:
      return meets(filter.op, heldBy(filter.left, span, bound), span, filter.right, bound);
  }
}
