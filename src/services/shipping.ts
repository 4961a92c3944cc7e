/** What the parcel carrier asks for. */
import { z } from 'zod';
import { Trace, traceFetch } from '@/lib/tracing';

const quoteSchema = z.object({
  carrier: z.string(),
  price_cents: z.int().nonnegative(),
  currency: z.string(),
  days: z.int().nonnegative(),
});

/** A carrier's offer. */
export interface Quote {
  readonly carrier: string;
  readonly priceCents: number;
  readonly currency: string;
  readonly days: number;
}

const timeoutMillis = 3000;

export class ShippingService {
  /**
   * Asks the carrier at SHIPPING_API_URL for a price.
   *
   * @param country two letters, as in ISO 3166-1
   * @returns `undefined` when there is no carrier, or none that answers: a shop goes on without one
   */
  @Trace('ShippingService.quote', {
    attributes: (weightGrams: number, country: string) => ({
      'shop.weight_grams': weightGrams,
      'shop.country': country,
    }),
  })
  async quote(weightGrams: number, country: string): Promise<Quote | undefined> {
    const base = process.env['SHIPPING_API_URL'];
    if (!base) return undefined;
    try {
      const url = new URL(`${base.replace(/\/+$/, '')}/quote`);
      url.search = new URLSearchParams({ weight_grams: String(weightGrams), country }).toString();
      const signal = AbortSignal.timeout(timeoutMillis);
      const response = await traceFetch(url, { signal }, { urlTemplate: url.pathname });
      if (!response.ok) return undefined;
      const { carrier, price_cents, currency, days } = quoteSchema.parse(await response.json());
      return { carrier, priceCents: price_cents, currency, days };
    } catch (error) {
      console.warn(`The carrier gave no price: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}

export const shipping = new ShippingService();
