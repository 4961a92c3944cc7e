/** Visitors of the running platform, so that a viewer has something real to show. */
import type { Platform } from './platform.ts';

export interface Visit {
  readonly name: string;
  readonly status: number;
  /** Of the answer's `x-trace-id`. */
  readonly traceId: string;
}

type Step = readonly [method: 'GET' | 'POST', path: string, body?: object];

const questions = [
  'Which tent would you take into the rain?',
  'Is the stove allowed on a plane?',
  'What do I need for a week in the snow?',
];
const products = ['ridgeline-tent', 'no-such-thing', 'ridgeline-tent'];

/** Of which there is plenty: the other tests' baskets are filled from the same shelves. */
const BOUGHT = 'summit-cocoa';

function steps(round: number): readonly Step[] {
  const cartId = `visitor-${round}`;
  const email = `visitor${round % 3}@example.org`;
  return [
    ['GET', '/api/products'],
    ['GET', `/api/products/${products[round % products.length]}`],
    ['POST', '/api/auth/login', { email, password: 'wrong' }],
    ['POST', `/api/cart/${cartId}/add`, { productId: BOUGHT, quantity: 1 + (round % 4) }],
    ['POST', '/api/chat', { message: questions[round % questions.length], cartId }],
    ['POST', '/api/orders', { cartId, email }],
    ...(round % 4 === 0 ? [['GET', '/api/fail'] as const] : []),
    ['GET', '/api/health'],
  ];
}

async function visit(base: string, [method, path, body]: Step): Promise<Visit> {
  const response = await fetch(new URL(path, base), {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  // The spans of a streamed answer end with its body.
  await response.text();
  return { name: `${method} ${path}`, status: response.status, traceId: response.headers.get('x-trace-id') ?? '' };
}

/** Rounds of people who look around, sign in, fill a basket, ask and buy; each request is awaited before the next. */
export async function traffic(platform: Pick<Platform, 'url'>, rounds: number): Promise<Visit[]> {
  const visits: Visit[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const step of steps(round)) visits.push(await visit(platform.url, step));
  }
  return visits;
}

/** Asks a viewer until something holds. */
export async function until<Answer>(url: string, holds: (answer: Answer) => boolean): Promise<Answer> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const response = await fetch(url);
    const answer = response.ok ? ((await response.json()) as Answer) : undefined;
    if (answer !== undefined && holds(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`${url} did not come to hold it: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
