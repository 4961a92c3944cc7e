import type { CSSProperties } from 'react';

/** A landscape in a product's own colour, drawn by the style sheet. */
export function ProductPicture({ hue, size = 'wide' }: { hue: number; size?: 'wide' | 'small' }) {
  return <div className={`picture ${size}`} style={{ '--hue': hue } as CSSProperties} aria-hidden="true" />;
}
