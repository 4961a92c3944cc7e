/** A user's span processor runs guarded: what it throws is said, and stays there. */
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { sayOnce } from '../guard.ts';

function say(error: unknown): void {
  sayOnce('error', 'a span processor failed', error);
}

async function settle(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    say(error);
  }
}

/**
 * Wraps a span processor so that nothing it throws reaches the application.
 *
 * @param processor the user's own
 * @returns a processor that calls it and never throws or rejects
 */
export function guardProcessor(processor: SpanProcessor): SpanProcessor {
  return {
    onStart(span, parentContext) {
      try {
        processor.onStart(span, parentContext);
      } catch (error) {
        say(error);
      }
    },
    onEnd(span) {
      try {
        processor.onEnd(span);
      } catch (error) {
        say(error);
      }
    },
    // In an async function: a processor that throws instead of rejecting must not cut short the others' shutdown.
    forceFlush: async () => settle(() => processor.forceFlush()),
    shutdown: async () => settle(() => processor.shutdown()),
  };
}
