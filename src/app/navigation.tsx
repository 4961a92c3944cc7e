'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';

const places = [
  ['/', 'Scenarios'],
  ['/products', 'Products'],
  ['/chat', 'Ask'],
  ['/cart', 'Cart'],
  ['/admin', 'Landscapes'],
] as const;

/** The way through the shop; it knows where you are. */
export function Navigation() {
  const path = usePathname();
  return (
    <nav aria-label="Main">
      {places.map(([href, name]) => {
        const here = href === '/' ? path === '/' : path.startsWith(href);
        return (
          <Link key={href} href={href} prefetch={false} aria-current={here ? 'page' : undefined}>
            {name}
          </Link>
        );
      })}
    </nav>
  );
}
