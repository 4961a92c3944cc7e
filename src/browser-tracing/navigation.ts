import type { OpenSpan } from './span.ts';
import type { BrowserTracer } from './tracer.ts';

/** After this long nobody waits for the page any more. */
const GIVEN_UP_MILLIS = 10_000;

interface Transition {
  readonly span: OpenSpan;
  readonly target: string;
  readonly startMillis: number;
}

/**
 * Traces navigations inside the page, each as a trace of its own: from the click until the new page has been drawn. Next says
 * when one starts and not when it has ended; it has ended with the frame after the address changes.
 *
 * @param tracer begins the spans
 * @returns what Next calls as `onRouterTransitionStart`
 */
export function traceNavigations(tracer: BrowserTracer): (url: string, kind: string) => void {
  let running: Transition | undefined;

  const finish = (transition: Transition, outcome: string): void => {
    if (running === transition) running = undefined;
    tracer.leave(transition.span.context);
    transition.span.set('throughline.navigation.outcome', outcome);
    transition.span.end();
  };
  const look = (transition: Transition): void => {
    if (running !== transition) return;
    if (location.href === transition.target) {
      requestAnimationFrame(() => setTimeout(() => finish(transition, 'shown'), 0));
    } else if (performance.now() - transition.startMillis > GIVEN_UP_MILLIS) {
      finish(transition, 'given up');
    } else {
      requestAnimationFrame(() => look(transition));
    }
  };
  return (url, kind) => {
    if (running !== undefined) finish(running, 'superseded');
    const target = new URL(url, location.href);
    const span = tracer.start('navigation', {
      attributes: { 'url.path': target.pathname, 'throughline.navigation.type': kind },
    });
    running = { span, target: target.href, startMillis: performance.now() };
    tracer.enter(span.context);
    look(running);
  };
}
