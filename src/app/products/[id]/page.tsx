import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { products } from '@/services/products.ts';
import { AddToCart } from '../../add-to-cart.tsx';
import { formatMoney } from '../../money.ts';
import { ProductPicture } from '../../product-picture.tsx';

interface Props {
  params: Promise<{ id: string }>;
}

/** Asked for twice, by the title and by the page, and looked up once. */
const findProduct = cache((id: string) => products.find(id));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const product = await findProduct((await params).id);
  return product ? { title: product.name, description: product.description } : { title: 'Not found' };
}

/** One product. */
export default async function ProductPage({ params }: Props) {
  const product = await findProduct((await params).id);
  if (!product) notFound();
  const { id, name, description, priceCents, currency, weightGrams, stock, imageHue } = product;
  return (
    <article className="product">
      <ProductPicture hue={imageHue} />
      <div>
        <p className="crumb">
          <Link href="/products" prefetch={false}>
            Products
          </Link>
        </p>
        <h1>{name}</h1>
        <p>{description}</p>
        <p className="price large">{formatMoney(priceCents, currency)}</p>
        <AddToCart productId={id} name={name} stock={stock} />
        <dl className="facts">
          <div>
            <dt>Weight</dt>
            <dd>{weightGrams.toLocaleString('en-IE')} g</dd>
          </div>
          <div>
            <dt>In stock</dt>
            <dd>{stock}</dd>
          </div>
        </dl>
      </div>
    </article>
  );
}
