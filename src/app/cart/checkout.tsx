'use client';

import { useRouter } from 'next/navigation';
import { type SubmitEvent, useState } from 'react';
import { formatMoney } from '../money.ts';
import { type Outcome, refusalOf, request } from '../request.ts';
import { TraceLink } from '../trace-link.tsx';
import { visitorCartId } from '../visitor-cart.ts';

interface Order {
  readonly orderId: string;
  readonly totalCents: number;
  readonly shippingCents: number;
  readonly currency: string;
}

type State = 'idle' | 'buying' | 'broken' | Outcome;

function Confirmation({ outcome, viewer }: { outcome: Outcome; viewer: string }) {
  const { order } = JSON.parse(outcome.body) as { order: Order };
  return (
    <div className="note">
      <p>
        <strong>Thank you.</strong> Paid {formatMoney(order.totalCents, order.currency)}, of which{' '}
        {formatMoney(order.shippingCents, order.currency)} for shipping.
      </p>
      <p className="quiet">
        Order <code>{order.orderId.slice(0, 8)}</code> · {outcome.millis} ms ·{' '}
        <TraceLink viewer={viewer} traceId={outcome.traceId} />
      </p>
    </div>
  );
}

/** Buys what is in the visitor's basket. */
export function Checkout({ isEmpty, viewer }: { isEmpty: boolean; viewer: string }) {
  const router = useRouter();
  const [state, setState] = useState<State>('idle');

  async function buy(email: string) {
    setState('buying');
    try {
      setState(await request('/api/orders', { json: { cartId: visitorCartId(), ...(email ? { email } : {}) } }));
      router.refresh(); // the basket is another one now
    } catch {
      setState('broken');
    }
  }

  function onSubmit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const email = new FormData(event.currentTarget).get('email');
    void buy(typeof email === 'string' ? email.trim() : '');
  }

  return (
    <div aria-live="polite">
      {typeof state === 'object' && state.status < 400 && <Confirmation outcome={state} viewer={viewer} />}
      {typeof state === 'object' && state.status >= 400 && <p className="note bad">{refusalOf(state)}</p>}
      {state === 'broken' && <p className="note bad">The shop does not answer. Please try again.</p>}
      {!isEmpty && (
        <form className="checkout" onSubmit={onSubmit}>
          <label>
            <span>
              E-mail <span className="quiet">(optional)</span>
            </span>
            <input type="email" name="email" autoComplete="email" maxLength={254} placeholder="you@example.com" />
          </label>
          <button type="submit" disabled={state === 'buying'}>
            {state === 'buying' ? 'Buying …' : 'Buy now'}
          </button>
        </form>
      )}
    </div>
  );
}
