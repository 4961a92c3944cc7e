import type { Metadata } from 'next';
import Form from 'next/form';
import Link from 'next/link';
import { type Product, products } from '@/services/products.ts';
import { wordsOf } from '@/services/words.ts';
import { AddToCart } from '../add-to-cart.tsx';
import { formatMoney } from '../money.ts';
import { ProductPicture } from '../product-picture.tsx';

export const metadata: Metadata = { title: 'Products' };

interface Props {
  searchParams: Promise<{ q?: string | string[] }>;
}

function ProductCard({ product }: { product: Product }) {
  const { id, name, description, priceCents, currency, stock, imageHue } = product;
  return (
    <li className="card">
      <ProductPicture hue={imageHue} />
      <div className="card-text">
        <h2>
          <Link href={`/products/${id}`} prefetch={false}>
            {name}
          </Link>
        </h2>
        <p className="quiet">{description}</p>
        <p className="price">{formatMoney(priceCents, currency)}</p>
        <AddToCart productId={id} name={name} stock={stock} />
      </div>
    </li>
  );
}

/** Everything the shop has, or what was looked for. */
export default async function ProductsPage({ searchParams }: Props) {
  const { q } = await searchParams;
  const text = (typeof q === 'string' ? q : '').trim().slice(0, 100);
  const found = text === '' ? await products.list() : await products.search(wordsOf(text));
  return (
    <>
      <section className="heading">
        <h1>Products</h1>
        <Form action="/products" className="search" role="search" prefetch={false}>
          <input
            type="search"
            name="q"
            defaultValue={text}
            key={text}
            maxLength={100}
            aria-label="Search products"
            placeholder="Search, for example: rain"
          />
          <button type="submit" className="plain">
            Search
          </button>
        </Form>
      </section>
      {found.length === 0 ? (
        <p>
          Nothing here speaks of “{text}”.{' '}
          <Link href="/products" prefetch={false}>
            See all products
          </Link>
        </p>
      ) : (
        <ul className="grid">
          {found.map((product) => (
            <ProductCard key={product.id} product={product} />
          ))}
        </ul>
      )}
    </>
  );
}
