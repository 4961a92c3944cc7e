import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import Link from 'next/link';
import { carts } from '@/services/cart.ts';
import { cartIdInput } from '@/services/input.ts';
import { formatMoney } from '../money.ts';
import { ProductPicture } from '../product-picture.tsx';
import { viewerUrl } from '../viewer-url.ts';
import { CART_COOKIE } from '../visitor-cart.ts';
import { Checkout } from './checkout.tsx';

export const metadata: Metadata = { title: 'Cart' };

/** What the visitor has put aside, and the way to buy it. */
export default async function CartPage() {
  const known = cartIdInput.safeParse({ cartId: (await cookies()).get(CART_COOKIE)?.value });
  const cart = known.success ? await carts.find(known.data.cartId) : undefined;
  return (
    <>
      <h1>Cart</h1>
      {cart === undefined || cart.count === 0 ? (
        <p>
          Your cart is empty.{' '}
          <Link href="/products" prefetch={false}>
            Look at the products
          </Link>
        </p>
      ) : (
        <ul className="lines">
          {cart.lines.map(({ productId, name, imageHue, quantity, priceCents, lineCents }) => (
            <li key={productId}>
              <ProductPicture hue={imageHue} size="small" />
              <div>
                <Link href={`/products/${productId}`} prefetch={false}>
                  {name}
                </Link>
                <p className="quiet">
                  {quantity} × {formatMoney(priceCents, cart.currency)}
                </p>
              </div>
              <p className="price">{formatMoney(lineCents, cart.currency)}</p>
            </li>
          ))}
          <li className="total">
            <span>Together, before shipping</span>
            <p className="price">{formatMoney(cart.totalCents, cart.currency)}</p>
          </li>
        </ul>
      )}
      <Checkout isEmpty={cart === undefined || cart.count === 0} viewer={viewerUrl()} />
    </>
  );
}
