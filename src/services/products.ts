/** The shop's products. */
import type { Prisma } from '@prisma/client';
import { Trace } from '@/lib/tracing';
import { database } from './database.ts';

const fields = {
  id: true,
  name: true,
  description: true,
  priceCents: true,
  currency: true,
  weightGrams: true,
  stock: true,
  imageHue: true,
} as const satisfies Prisma.ProductSelect;

/** A product as shoppers see it. Prices are in cents. */
export type Product = Prisma.ProductGetPayload<{ select: typeof fields }>;

const searchLimit = 24;

function mentions(word: string): Prisma.ProductWhereInput {
  const contains = { contains: word, mode: 'insensitive' } as const;
  return { OR: [{ name: contains }, { description: contains }] };
}

// The name is given: production builds minify class names.
@Trace('ProductService')
export class ProductService {
  /** Every product, by name. */
  async list(): Promise<Product[]> {
    return database().prisma.product.findMany({ select: fields, orderBy: { name: 'asc' } });
  }

  /** One product, `undefined` when there is none of that id. */
  async find(id: string): Promise<Product | undefined> {
    if (!/^[a-z0-9-]{1,64}$/.test(id)) return undefined;
    return (await database().prisma.product.findUnique({ select: fields, where: { id } })) ?? undefined;
  }

  /**
   * The products whose name or description contains the words.
   *
   * @param words letters and digits alone; none finds nothing
   * @param match whether every word must be there, or any
   */
  async search(words: readonly string[], match: 'all' | 'any' = 'all'): Promise<Product[]> {
    if (words.length === 0) return [];
    const conditions = words.map(mentions);
    return database().prisma.product.findMany({
      select: fields,
      where: match === 'all' ? { AND: conditions } : { OR: conditions },
      orderBy: { name: 'asc' },
      take: searchLimit,
    });
  }
}

export const products = new ProductService();
