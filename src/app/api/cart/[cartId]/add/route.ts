import { withTracing } from '@/middleware/tracing';
import { carts } from '@/services/cart.ts';
import { addToCartInput, cartIdInput, check, readJson } from '@/services/input.ts';
import { answering } from '../../../answering.ts';

/** `POST /api/cart/my-cart/add { "productId": "brook-bottle", "quantity": 1 }` */
export const POST = withTracing(
  answering(async (request: Request, { params }: { params: Promise<{ cartId: string }> }) => {
    const { cartId } = check(cartIdInput, await params);
    const { productId, quantity } = await readJson(request, addToCartInput);
    return Response.json({ cart: await carts.add(cartId, productId, quantity) });
  }),
);
