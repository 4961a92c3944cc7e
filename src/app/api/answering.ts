/** The edge between HTTP and the services. */
import { ShopError } from '@/services/errors.ts';

/**
 * Answers refusals of the shop as JSON: `{ error: { message, field } }`. Faults go on to Next, which answers 500 and
 * tells `onRequestError`.
 */
export function answering<A extends readonly unknown[]>(
  handler: (...args: A) => Promise<Response>,
): (...args: A) => Promise<Response> {
  return async (...args) => {
    try {
      return await handler(...args);
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      const { status, message, field } = error;
      return Response.json({ error: { message, field } }, { status });
    }
  };
}
