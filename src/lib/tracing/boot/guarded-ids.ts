/** A user's id generator runs guarded: a span without an id of his is better than a request that fails. */
import { isValidSpanId, isValidTraceId } from '@opentelemetry/api';
import { type IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace';
import { sayOnce } from '../guard.ts';

/**
 * Wraps an id generator so that it neither throws nor gives an id that is none.
 *
 * @param own the user's own
 * @returns a generator that falls back to random ids
 */
export function guardIds(own: IdGenerator): IdGenerator {
  const random = new RandomIdGenerator();
  const guard = (make: () => string, isValid: (id: string) => boolean, fallback: () => string): string => {
    try {
      const id = make();
      if (isValid(id)) return id;
      sayOnce('error', 'the id generator gave no valid id; a random one is used');
    } catch (error) {
      sayOnce('error', 'the id generator threw; a random id is used', error);
    }
    return fallback();
  };
  return {
    generateTraceId: () =>
      guard(
        () => own.generateTraceId(),
        isValidTraceId,
        () => random.generateTraceId(),
      ),
    generateSpanId: () =>
      guard(
        () => own.generateSpanId(),
        isValidSpanId,
        () => random.generateSpanId(),
      ),
  };
}
