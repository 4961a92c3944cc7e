import type { NextRequest } from 'next/server';
import { withTracing } from '@/middleware/tracing';
import { auth } from '@/services/auth.ts';
import { orderInput, readJson } from '@/services/input.ts';
import { orders } from '@/services/orders.ts';
import { SESSION_COOKIE } from '@/services/session.ts';
import { answering } from '../answering.ts';

/** `POST /api/orders { "cartId": "my-cart", "email": "you@example.com" }`: buys a basket. */
export const POST = withTracing(
  answering(async (request: NextRequest) => {
    const { cartId, email } = await readJson(request, orderInput);
    const session = auth.resume(request.cookies.get(SESSION_COOKIE)?.value);
    const order = await orders.checkout(cartId, email ?? session?.email);
    return Response.json({ order }, { status: 201 });
  }),
);
