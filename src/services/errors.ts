/** Refusals: what a shopper asked for cannot be done, and why. */

interface Refusal {
  /** The HTTP status that tells it. */
  readonly status: 400 | 401 | 404 | 409 | 413 | 503;
  /** A constant by which traces and programs tell refusals apart, such as `OUT_OF_STOCK`. */
  readonly code: string;
  /** Made for the shopper's eyes. */
  readonly message: string;
  /** The input that is to blame. */
  readonly field?: string | undefined;
}

/** Thrown where the shop says no. Anything else that is thrown is a fault of ours. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
  readonly status: Refusal['status'];
  readonly code: string;
  readonly field: string | undefined;

  constructor({ status, code, message, field }: Refusal) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}
