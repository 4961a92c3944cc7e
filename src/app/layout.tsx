import type { Metadata, Viewport } from 'next';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { BrandMark } from './brand-mark.tsx';
import { Navigation } from './navigation.tsx';
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has nothing to assign
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Fellside', template: '%s · Fellside' },
  description: 'A small outdoor shop, traced end to end.',
  // In public/: an icon below src/app is a route, and each request for it would be a trace.
  icons: { icon: { url: '/icon.svg', type: 'image/svg+xml' } },
};

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f7f8f6' },
    { media: '(prefers-color-scheme: dark)', color: '#0f1311' },
  ],
};

/** What every page stands in. */
export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <a className="skip" href="#content">
          Skip to the content
        </a>
        <header className="bar">
          <div className="bar-inner">
            {/* Prefetching is off everywhere: each one would be a trace that nobody asked for. */}
            <Link className="brand" href="/" prefetch={false}>
              <BrandMark />
              Fellside
            </Link>
            <Navigation />
          </div>
        </header>
        <main id="content">{children}</main>
        <footer className="foot">
          <p>The reference platform of Throughline. Nothing here is for sale; every request is real.</p>
        </footer>
      </body>
    </html>
  );
}
