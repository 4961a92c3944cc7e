/** The scenarios of the home page: one request each, made from the browser. */
import { type Outcome, request } from './request.ts';
import { visitorCartId } from './visitor-cart.ts';

/** Something that a visitor can start. */
export interface Scenario {
  readonly id: string;
  readonly name: string;
  readonly call: string;
  readonly about: string;
  run(onText: (text: string) => void): Promise<Outcome>;
}

const product = 'lantern-headtorch';
const add = (): Promise<Outcome> =>
  request(`/api/cart/${visitorCartId()}/add`, { json: { productId: product, quantity: 1 } });

async function checkout(): Promise<Outcome> {
  const cart = await request(`/api/cart/${visitorCartId()}`);
  if (cart.status >= 400) return cart;
  const { count } = (JSON.parse(cart.body) as { cart: { count: number } }).cart;
  if (count === 0) await add(); // nobody can buy nothing
  return request('/api/orders', { json: { cartId: visitorCartId() } });
}

/** What can be started, in the order of a visit. */
export const scenarios: readonly Scenario[] = [
  {
    id: 'browse',
    name: 'Browse',
    call: 'GET /api/products',
    about: 'A route, a service, one Prisma query.',
    run: () => request('/api/products'),
  },
  {
    id: 'add',
    name: 'Add to cart',
    call: 'POST /api/cart/[cartId]/add',
    about: 'A Prisma transaction that looks at the stock.',
    run: add,
  },
  {
    id: 'checkout',
    name: 'Checkout',
    call: 'POST /api/orders',
    about: 'The carrier’s price, a Prisma transaction, then SQL by hand.',
    run: checkout,
  },
  {
    id: 'ask',
    name: 'Ask the assistant',
    call: 'POST /api/chat',
    about: 'Cache, products, carrier and a streamed model answer.',
    run: (onText) =>
      request('/api/chat', {
        json: { message: 'Which tent would you take into the rain?', cartId: visitorCartId() },
        onText,
      }),
  },
  {
    id: 'fail',
    name: 'Fail on purpose',
    call: 'GET /api/fail',
    about: 'An error, recorded once, where it was thrown.',
    run: () => request('/api/fail'),
  },
];
