import { withTracing } from '@/middleware/tracing';
import { check, searchInput } from '@/services/input.ts';
import { products } from '@/services/products.ts';
import { wordsOf } from '@/services/words.ts';
import { answering } from '../answering.ts';

export const dynamic = 'force-dynamic';

/** `GET /api/products?q=rain`: every product, or those with all of the words. */
export const GET = withTracing(
  answering(async (request: Request) => {
    const { q } = check(searchInput, Object.fromEntries(new URL(request.url).searchParams));
    const found = q === '' ? await products.list() : await products.search(wordsOf(q));
    return Response.json({ products: found });
  }),
);
