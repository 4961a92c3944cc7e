import type { Metadata } from 'next';
import Link from 'next/link';

export const metadata: Metadata = { title: 'Not found' };

/** What is shown for an address that leads nowhere. */
export default function NotFoundPage() {
  return (
    <section className="intro">
      <h1>There is nothing here</h1>
      <p>
        The address leads nowhere.{' '}
        <Link href="/products" prefetch={false}>
          Look at the products
        </Link>{' '}
        or{' '}
        <Link href="/" prefetch={false}>
          start a scenario
        </Link>
        .
      </p>
    </section>
  );
}
