/**
 * One statement, one span. A helper around a driver's call, or Prisma around a driver, would give two or three for the same
 * statement. Here the span around stays and takes over what the driver's knows; where the work runs several statements,
 * each keeps its own below it. Which of the two it is shows when the span around ends, so the first statement waits for it.
 */
import { type Attributes, type Context, trace } from '@opentelemetry/api';
import type { ReadableSpan, Span as SdkSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { TracingRuntime } from '../runtime.ts';
import { DatabaseSpan, isDatabaseWork, isOurs, isPrismaOperation } from './database-span.ts';
import { attributesToAdd, tellsTheSame } from './same-statement.ts';

/** The most statements that wait for the span around them, which is the most calls at one time. */
const WAITING_LIMIT = 1000;

/** Where a span stands: in which database work, and whether nothing that is shown lies between. */
interface Place {
  readonly work: DatabaseSpan;
  readonly direct: boolean;
}

/** Stands before the stage that folds spans away (`server-span.ts`): it reads that stage's folds, and adds its own. */
export class StatementSpans implements SpanProcessor {
  readonly #next: SpanProcessor;
  readonly #folds: TracingRuntime['folds'];
  readonly #limit: number;
  readonly #merged: (span: ReadableSpan) => void;
  readonly #places = new WeakMap<object, Place>();
  readonly #added = new WeakMap<object, Attributes>();
  readonly #waiting = new Set<DatabaseSpan>();

  /**
   * @param next gets the spans that are shown
   * @param runtime where folds are remembered
   * @param merged told of each span that has begun and will not be shown
   * @param limit the most statements that wait
   */
  constructor(
    next: SpanProcessor,
    runtime: TracingRuntime,
    merged: (span: ReadableSpan) => void = () => {},
    limit = WAITING_LIMIT,
  ) {
    this.#next = next;
    this.#folds = runtime.folds;
    this.#merged = merged;
    this.#limit = limit;
  }

  onStart(span: SdkSpan, parentContext: Context): void {
    this.#next.onStart(span, parentContext);
    const isWork = isDatabaseWork(span);
    const parent = trace.getSpan(parentContext);
    const place = parent === undefined ? undefined : this.#places.get(parent);
    if (!isWork && place === undefined) return;
    if (this.#folds.has(span)) {
      // Waiting for a connection, a phase of Prisma: what is below it stands as if it were not there.
      if (place !== undefined) this.#places.set(span, place);
      return;
    }
    const around = place?.work.isOpen === true ? place.work : undefined;
    const direct = place?.direct === true;
    if (!isWork) {
      if (around !== undefined) this.#places.set(span, { work: around, direct: false });
      return;
    }
    if (around !== undefined && direct && isOurs(around.span) && isPrismaOperation(span)) {
      this.#folds.set(span, (parent && this.#folds.get(parent)) ?? { parent: span.parentSpanContext });
      this.#places.set(span, { work: around, direct });
      return;
    }
    const inside = around !== undefined && direct && isOurs(span) ? replaced(around) : around;
    this.#enter(new DatabaseSpan(span, inside, parent && this.#folds.get(parent)), direct);
  }

  #enter(work: DatabaseSpan, direct: boolean): void {
    const { span, around } = work;
    this.#places.set(span, { work, direct: true });
    if (!work.isShown) this.#folds.set(span, work);
    if (around === undefined) return;
    // From here on nothing will take its place.
    if (around.around === undefined) this.#show(around);
    const first = around.only;
    around.only ??= work;
    if (first === undefined && direct) return;
    for (const each of [around, first, work]) if (each !== undefined) this.#show(each);
  }

  #show(work: DatabaseSpan): void {
    if (work.isShown) return;
    work.isShown = true;
    this.#folds.delete(work.span);
    if (this.#waiting.delete(work)) this.#next.onEnd(work.span);
  }

  onEnd(span: ReadableSpan): void {
    const work = this.#places.get(span)?.work;
    if (work === undefined || work.span !== span) {
      this.#next.onEnd(span);
      return;
    }
    work.isOpen = false;
    const { only } = work;
    work.only = undefined;
    if (only !== undefined && this.#waiting.has(only) && tellsTheSame(span, only.span)) this.#merge(only, work);
    else if (only !== undefined) this.#show(only);
    if (work.isReplaced) {
      this.#merged(span);
      return;
    }
    if (work.around === undefined) this.#show(work);
    if (work.isShown) this.#next.onEnd(span);
    else this.#wait(work);
  }

  /** Its fold stays: whoever asks for it is shown the span around. */
  #merge(only: DatabaseSpan, work: DatabaseSpan): void {
    this.#waiting.delete(only);
    this.#merged(only.span);
    work.added = attributesToAdd(only, work.span);
    this.#added.set(work.span, work.added);
  }

  #wait(work: DatabaseSpan): void {
    this.#waiting.add(work);
    if (this.#waiting.size <= this.#limit) return;
    const [oldest] = this.#waiting;
    if (oldest !== undefined) this.#show(oldest);
  }

  /**
   * What the one statement of a span has told of it.
   *
   * @param span a span that has ended
   * @returns attributes besides those on the span
   */
  addedTo(span: ReadableSpan): Attributes | undefined {
    return this.#added.get(span);
  }

  /** Whoever flushes may be about to stop: nothing waits on. */
  forceFlush(): Promise<void> {
    for (const work of this.#waiting) this.#show(work);
    return this.#next.forceFlush();
  }

  shutdown(): Promise<void> {
    for (const work of this.#waiting) this.#show(work);
    return this.#next.shutdown();
  }
}

/** Of Prisma's own span of an operation and ours there is one: ours, on the inside too, where the query extension runs. */
function replaced(around: DatabaseSpan): DatabaseSpan | undefined {
  if (!isPrismaOperation(around.span) || around.only !== undefined) return around;
  around.isReplaced = true;
  const outer = around.around;
  if (outer?.only === around) outer.only = undefined;
  return outer?.isOpen === true ? outer : undefined;
}
