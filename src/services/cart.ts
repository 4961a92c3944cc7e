/** Baskets. */
import { Trace } from '@/lib/tracing';
import { database } from './database.ts';
import { ShopError } from './errors.ts';

/** One product in a basket. */
export interface CartLine {
  readonly productId: string;
  readonly name: string;
  readonly imageHue: number;
  readonly quantity: number;
  readonly priceCents: number;
  readonly lineCents: number;
}

/** A basket. One that nothing was ever put into is an empty one. */
export interface Cart {
  readonly id: string;
  readonly lines: readonly CartLine[];
  readonly count: number;
  readonly totalCents: number;
  readonly currency: string;
  readonly weightGrams: number;
}

const quantityLimit = 99;

export class CartService {
  /** What is in a basket, first come first. */
  @Trace('CartService.find')
  async find(cartId: string): Promise<Cart> {
    const items = await database().prisma.cartItem.findMany({
      where: { cartId },
      include: { product: true },
      orderBy: [{ addedAt: 'asc' }, { productId: 'asc' }],
    });
    const lines = items.map(({ quantity, product }) => ({
      productId: product.id,
      name: product.name,
      imageHue: product.imageHue,
      quantity,
      priceCents: product.priceCents,
      lineCents: product.priceCents * quantity,
    }));
    return {
      id: cartId,
      lines,
      count: lines.reduce((sum, { quantity }) => sum + quantity, 0),
      totalCents: lines.reduce((sum, { lineCents }) => sum + lineCents, 0),
      currency: items[0]?.product.currency ?? 'EUR',
      weightGrams: items.reduce((sum, { quantity, product }) => sum + product.weightGrams * quantity, 0),
    };
  }

  /**
   * Puts a product into a basket, on top of what is there.
   *
   * @returns the basket as it is then
   * @throws ShopError 404 for an unknown product, 409 when there are not so many of it
   */
  @Trace('CartService.add', {
    attributes: (_cartId: string, productId: string, quantity: number) => ({
      'shop.product.id': productId,
      'shop.quantity': quantity,
    }),
  })
  async add(cartId: string, productId: string, quantity: number): Promise<Cart> {
    await database().prisma.$transaction(async (tx) => {
      const product = await tx.product.findUnique({ where: { id: productId } });
      if (!product) {
        throw new ShopError({
          status: 404,
          code: 'UNKNOWN_PRODUCT',
          message: `There is no product "${productId}".`,
          field: 'productId',
        });
      }
      await tx.cart.upsert({ where: { id: cartId }, create: { id: cartId }, update: { updatedAt: new Date() } });
      const item = await tx.cartItem.upsert({
        where: { cartId_productId: { cartId, productId } },
        create: { cartId, productId, quantity },
        update: { quantity: { increment: quantity } },
      });
      if (item.quantity > Math.min(product.stock, quantityLimit)) {
        throw new ShopError({
          status: 409,
          code: 'OUT_OF_STOCK',
          message:
            product.stock === 0
              ? `${product.name} is sold out.`
              : `Only ${Math.min(product.stock, quantityLimit)} of ${product.name} can be bought at once.`,
          field: 'quantity',
        });
      }
    });
    return this.find(cartId);
  }
}

export const carts = new CartService();
