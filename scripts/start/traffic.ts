import { randomUUID } from 'node:crypto';
import { demoEmail } from '../../prisma/demo-user.ts';

/** One request of the first round and what came of it. */
export interface Visit {
  /** `POST /api/chat` */
  readonly name: string;
  /** The answer's status; 0 when there was none. */
  readonly status: number;
  /** Whether that is what was to be expected: `/api/fail` is there to fail. */
  readonly expected: boolean;
  /** From the answer's `x-trace-id`. */
  readonly traceId: string | undefined;
  readonly ms: number;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly status?: number;
}

const visitMs = 60_000;
const product = 'ridgeline-tent';

function round(password: string, cartId: string): readonly Request[] {
  return [
    { method: 'GET', path: '/api/health' },
    { method: 'GET', path: '/api/products' },
    { method: 'GET', path: `/api/products/${product}` },
    { method: 'POST', path: '/api/auth/login', body: { email: demoEmail, password } },
    { method: 'POST', path: `/api/cart/${cartId}/add`, body: { productId: product, quantity: 1 } },
    { method: 'POST', path: '/api/chat', body: { message: 'Which tent would you take into the rain?', cartId } },
    { method: 'POST', path: '/api/orders', body: { cartId, email: demoEmail } },
    { method: 'GET', path: '/api/fail', status: 500 },
  ];
}

async function visit(base: string, { method, path, body, status }: Request): Promise<Visit> {
  const started = performance.now();
  const name = `${method} ${path}`;
  const ms = () => Math.round(performance.now() - started);
  try {
    const response = await fetch(new URL(path, base), {
      method,
      signal: AbortSignal.timeout(visitMs),
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    await response.text(); // a streamed answer's spans end with its body
    const expected = status === undefined ? response.ok : response.status === status;
    return {
      name,
      status: response.status,
      expected,
      traceId: response.headers.get('x-trace-id') ?? undefined,
      ms: ms(),
    };
  } catch {
    return { name, status: 0, expected: false, traceId: undefined, ms: ms() };
  }
}

/**
 * The first round of real traffic: somebody looks around, signs in, fills a basket, asks the assistant and buys; and one
 * request fails on purpose, so that there is an error to look at. One after the other, as a person would.
 *
 * @param base the platform's address
 * @param password the demo account's
 * @param onVisit called before each request with its name
 */
export async function firstRound(
  base: string,
  password: string,
  onVisit: (name: string) => void = () => {},
): Promise<Visit[]> {
  const visits: Visit[] = [];
  for (const request of round(password, `first-round-${randomUUID().slice(0, 8)}`)) {
    onVisit(`${request.method} ${request.path}`);
    visits.push(await visit(base, request));
  }
  return visits;
}
