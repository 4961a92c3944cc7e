/** What comes in from outside, and how it is checked. Nothing behind this file sees unchecked input. */
import { z } from 'zod';
import { ShopError } from './errors.ts';

const bodyLimitBytes = 64 * 1024;

const cartId = z.string().regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, "-" or "_"');
const productId = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the id of a product, such as "brook-bottle"');
const email = z
  .string()
  .trim()
  .max(254, 'must have at most 254 characters')
  .toLowerCase()
  .pipe(z.email('must be an e-mail address'));

/** The id of a basket, chosen by the client. */
export const cartIdInput = z.object({ cartId });

/** One product for the basket. */
export const addToCartInput = z.object({
  productId,
  quantity: z.int('must be a whole number').min(1, 'must be at least 1').max(99, 'must be at most 99').default(1),
});

/** A basket to buy. */
export const orderInput = z.object({ cartId, email: email.optional() });

/** Somebody who signs in. */
export const loginInput = z.object({
  email,
  password: z.string().min(1, 'must not be empty').max(200, 'must have at most 200 characters'),
});

/** A question to the assistant. */
export const chatInput = z.object({
  message: z.string().trim().min(1, 'must not be empty').max(1000, 'must have at most 1000 characters'),
  cartId: cartId.optional(),
});

/** Words to look for. An empty text asks for everything. */
export const searchInput = z.object({
  q: z.string().trim().max(100, 'must have at most 100 characters').default(''),
});

/**
 * Checks a value.
 *
 * @throws ShopError 400 that names the first wrong field
 */
export function check<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || undefined;
  const fault = issue?.message ?? 'not valid';
  throw new ShopError({
    status: 400,
    code: 'INVALID_INPUT',
    message: field === undefined ? `The request is not valid: ${fault}.` : `${field}: ${fault}.`,
    field,
  });
}

/** Reads as much of a body as is allowed, whatever `content-length` says. */
async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > bodyLimitBytes) {
      throw new ShopError({
        status: 413,
        code: 'TOO_LARGE',
        message: `The body is larger than ${bodyLimitBytes} bytes.`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Reads and checks the JSON body of a request.
 *
 * @throws ShopError 400 for what is no JSON or not what the schema wants, 413 for more than 64 KiB
 */
export async function readJson<Output>(request: Request, schema: z.ZodType<Output>): Promise<Output> {
  const text = request.body === null ? '' : await readText(request.body);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ShopError({ status: 400, code: 'MALFORMED_JSON', message: 'The body is not valid JSON.' });
  }
  return check(schema, value);
}
