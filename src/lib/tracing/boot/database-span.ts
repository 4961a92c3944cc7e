/** What is known of a span of database work while it is open. */
import { type Attributes, SpanKind, type SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTR } from '../semconv/names.ts';
import { SCOPE } from '../span.ts';

/** The scope of `@prisma/instrumentation`. */
export const PRISMA_SCOPE = 'prisma';

/** Where a span stands that is not shown: its children hang on `parent`. */
export interface Fold {
  readonly parent: SpanContext | undefined;
}

/**
 * Whether a span is Prisma's own view of one operation, which tells what `tracePrismaOperation` tells.
 *
 * @param span a span that has started
 * @returns `true` for that span alone
 */
export function isPrismaOperation(span: ReadableSpan): boolean {
  return span.instrumentationScope.name === PRISMA_SCOPE && span.name === 'prisma:client:operation';
}

/**
 * Whether a span was opened by a helper of this library.
 *
 * @param span a span that has started
 * @returns `true` for the library's own scope
 */
export function isOurs(span: ReadableSpan): boolean {
  return span.instrumentationScope.name === SCOPE.name;
}

/**
 * Whether a span stands for database work that may come down to one statement.
 *
 * @param span a span that has started
 * @returns `false` for a transaction too: that is no statement
 */
export function isDatabaseWork(span: ReadableSpan): boolean {
  if (span.kind !== SpanKind.CLIENT) return isPrismaOperation(span);
  const { attributes } = span;
  const system = attributes[ATTR.DB_SYSTEM] ?? attributes['db.system'];
  return system !== undefined && attributes[ATTR.DB_OPERATION] !== 'TRANSACTION';
}

/** A span of database work. As a fold it says where its children hang, as far as is known at the time of asking. */
export class DatabaseSpan implements Fold {
  readonly span: ReadableSpan;
  /** The work that this one is a part of. */
  readonly around: DatabaseSpan | undefined;
  readonly #above: Fold | undefined;
  /** Whether it will be exported. A part of other work, and what may be replaced, is not until that is known. */
  isShown: boolean;
  isOpen = true;
  /** Whether another span tells all of it. */
  isReplaced = false;
  /** The first of its parts. */
  only: DatabaseSpan | undefined;
  /** What its one statement knows, and it does not. */
  added: Attributes | undefined;

  /**
   * @param span the span
   * @param around the work that it is a part of, if that is open
   * @param above the fold of the span above it, if that one is not shown
   */
  constructor(span: ReadableSpan, around: DatabaseSpan | undefined, above: Fold | undefined) {
    this.span = span;
    this.around = around;
    this.#above = above;
    this.isShown = around === undefined && !isPrismaOperation(span);
  }

  get parent(): SpanContext | undefined {
    if (this.isShown) return this.span.spanContext();
    return this.#above === undefined ? this.span.parentSpanContext : this.#above.parent;
  }
}
