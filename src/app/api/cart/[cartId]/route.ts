import { withTracing } from '@/middleware/tracing';
import { carts } from '@/services/cart.ts';
import { cartIdInput, check } from '@/services/input.ts';
import { answering } from '../../answering.ts';

/** `GET /api/cart/my-cart`: what is in a basket; one that nothing was put into is empty. */
export const GET = withTracing(
  answering(async (_request: Request, { params }: { params: Promise<{ cartId: string }> }) => {
    const { cartId } = check(cartIdInput, await params);
    return Response.json({ cart: await carts.find(cartId) });
  }),
);
