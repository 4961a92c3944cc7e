import { withTracing } from '@/middleware/tracing';
import { ShopError } from '@/services/errors.ts';
import { products } from '@/services/products.ts';
import { answering } from '../../answering.ts';

/** `GET /api/products/brook-bottle` */
export const GET = withTracing(
  answering(async (_request: Request, { params }: { params: Promise<{ id: string }> }) => {
    const product = await products.find((await params).id);
    if (!product) {
      throw new ShopError({ status: 404, code: 'UNKNOWN_PRODUCT', message: 'There is no such product.', field: 'id' });
    }
    return Response.json({ product });
  }),
);
