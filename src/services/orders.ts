/** Buying. */
import { Trace, traceDatabaseQuery, traceDatabaseTransaction } from '@/lib/tracing';
import { carts } from './cart.ts';
import { database } from './database.ts';
import { ShopError } from './errors.ts';
import { shipping } from './shipping.ts';

/** A basket that was bought. */
export interface Receipt {
  readonly orderId: string;
  readonly status: 'paid';
  readonly totalCents: number;
  readonly shippingCents: number;
  readonly currency: string;
  readonly itemCount: number;
}

interface Reserved {
  readonly orderId: string;
  readonly totalCents: number;
  readonly currency: string;
  readonly itemCount: number;
}

const country = 'PT';
/** What a parcel costs when the carrier does not say. */
const flatRateCents = 990;

const LOCK_ORDER = 'SELECT status FROM orders WHERE id = $1::uuid FOR UPDATE';
const MARK_PAID = "UPDATE orders SET status = 'paid' WHERE id = $1::uuid AND status = 'pending'";

function changed(): ShopError {
  return new ShopError({ status: 409, code: 'CART_CHANGED', message: 'The cart is empty.', field: 'cartId' });
}

export class OrderService {
  /**
   * Buys what is in a basket: takes it off the shelves, and books the payment.
   *
   * @throws ShopError 409 when the basket is empty, or something in it is not in stock any more
   */
  @Trace('OrderService.checkout')
  async checkout(cartId: string, email: string | undefined): Promise<Receipt> {
    const cart = await carts.find(cartId);
    if (cart.count === 0) throw changed();
    const quote = await shipping.quote(cart.weightGrams, country);
    const shippingCents = quote?.priceCents ?? flatRateCents;
    const order = await this.reserve(cartId, email, shippingCents);
    await this.book(order.orderId);
    return { ...order, status: 'paid', shippingCents };
  }

  /** Turns a basket into a pending order, in one transaction: either everything is in stock, or nothing has happened. */
  @Trace('OrderService.reserve')
  async reserve(cartId: string, email: string | undefined, shippingCents: number): Promise<Reserved> {
    return database().prisma.$transaction(async (tx) => {
      // In the order of ids, so that two checkouts never wait for each other's products.
      const items = await tx.cartItem.findMany({
        where: { cartId },
        include: { product: true },
        orderBy: { productId: 'asc' },
      });
      // Whoever empties the basket buys it: a second checkout of the same one finds nothing.
      const emptied = await tx.cartItem.deleteMany({ where: { id: { in: items.map(({ id }) => id) } } });
      if (items.length === 0 || emptied.count !== items.length) throw changed();
      for (const { productId, quantity, product } of items) {
        const taken = await tx.product.updateMany({
          where: { id: productId, stock: { gte: quantity } },
          data: { stock: { decrement: quantity } },
        });
        if (taken.count === 0) {
          throw new ShopError({
            status: 409,
            code: 'OUT_OF_STOCK',
            message: `There are not ${quantity} of ${product.name} left.`,
            field: 'cartId',
          });
        }
      }
      const goodsCents = items.reduce((sum, { quantity, product }) => sum + quantity * product.priceCents, 0);
      const order = await tx.order.create({
        data: {
          email: email ?? null,
          totalCents: goodsCents + shippingCents,
          shippingCents,
          items: {
            create: items.map(({ productId, quantity, product }) => ({
              productId,
              quantity,
              priceCents: product.priceCents,
            })),
          },
        },
      });
      return {
        orderId: order.id,
        totalCents: order.totalCents,
        currency: order.currency,
        itemCount: items.reduce((sum, { quantity }) => sum + quantity, 0),
      };
    });
  }

  /** Books the payment of a pending order, once, in SQL by hand. */
  @Trace('OrderService.book')
  async book(orderId: string): Promise<void> {
    const client = await database().pool.connect();
    const params = [orderId];
    const table = 'orders';
    const pay = async (): Promise<void> => {
      await client.query('BEGIN');
      try {
        await traceDatabaseQuery('SELECT', LOCK_ORDER, () => client.query(LOCK_ORDER, params), { table, params });
        await traceDatabaseQuery('UPDATE', MARK_PAID, () => client.query(MARK_PAID, params), { table, params });
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      }
    };
    try {
      await traceDatabaseTransaction(orderId, pay, { isolationLevel: 'READ COMMITTED', readOnly: false });
    } finally {
      client.release();
    }
  }

  /**
   * How often products have been bought.
   *
   * @returns pieces per product; what nobody has bought is not in it
   */
  @Trace('OrderService.countSold')
  async countSold(productIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const sql =
      'SELECT product_id, sum(quantity)::int AS sold FROM order_items WHERE product_id = ANY($1::text[]) GROUP BY product_id';
    const params = [productIds];
    const { rows } = await traceDatabaseQuery(
      'SELECT',
      sql,
      () => database().pool.query<{ product_id: string; sold: number }>(sql, params),
      { table: 'order_items', params },
    );
    return new Map(rows.map(({ product_id, sold }) => [product_id, sold]));
  }
}

export const orders = new OrderService();
