'use client';

import Link from 'next/link';
import { useState } from 'react';
import { refusalOf, request } from './request.ts';
import { visitorCartId } from './visitor-cart.ts';

type State = 'idle' | 'adding' | 'added' | { readonly refusal: string };

/** Puts one of a product into the visitor's basket. */
export function AddToCart({ productId, name, stock }: { productId: string; name: string; stock: number }) {
  const [state, setState] = useState<State>('idle');

  async function add() {
    setState('adding');
    try {
      const outcome = await request(`/api/cart/${visitorCartId()}/add`, { json: { productId, quantity: 1 } });
      setState(outcome.status < 400 ? 'added' : { refusal: refusalOf(outcome) });
    } catch {
      setState({ refusal: 'The shop does not answer. Please try again.' });
    }
  }

  return (
    <div className="add">
      <button
        type="button"
        disabled={stock === 0 || state === 'adding'}
        aria-label={`Add ${name} to the cart`}
        onClick={() => void add()}
      >
        {stock === 0 ? 'Sold out' : 'Add to cart'}
      </button>
      <span className="quiet" aria-live="polite">
        {state === 'added' && (
          <>
            Added.{' '}
            <Link href="/cart" prefetch={false}>
              See the cart
            </Link>
          </>
        )}
        {typeof state === 'object' && state.refusal}
      </span>
    </div>
  );
}
