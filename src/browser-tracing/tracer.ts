import { type FinishedSpan, type OpenSpan, type SpanContext, type SpanStart, startSpan } from './span.ts';

/** The traces of one page in one browser. */
export interface BrowserTracer {
  /** Begins a span below `parent`, or a trace of its own that links to the page's. */
  start(name: string, options?: Omit<SpanStart, 'sampled' | 'link'>): OpenSpan;
  /** What is going on: the load of the page or a navigation. A request made meanwhile belongs to it. */
  current(): SpanContext | undefined;
  enter(context: SpanContext): void;
  leave(context: SpanContext): void;
}

/**
 * Makes the tracer of a page.
 *
 * @param page the server's span that rendered the page: its decision to sample holds for all that is done on it
 * @param ratio of the pages without one that are recorded, 0 to 1
 * @param finish takes each finished span
 * @returns the tracer
 */
export function createTracer(
  page: SpanContext | undefined,
  ratio: number,
  finish: (span: FinishedSpan) => void,
): BrowserTracer {
  const sampled = page?.sampled ?? Math.random() < ratio;
  let current: SpanContext | undefined;
  return {
    start: (name, options = {}) =>
      startSpan(name, { ...options, link: options.parent ? undefined : page, sampled }, finish),
    current: () => current,
    enter(context) {
      current = context;
    },
    leave(context) {
      if (current === context) current = undefined;
    },
  };
}
