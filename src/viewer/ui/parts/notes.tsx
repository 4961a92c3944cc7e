/** What is said in the place of content: nothing there, still asking, or refused. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { RefusedError } from '../api.ts';

/** An empty page or part: what is missing and what to do next. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <section className="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function Waiting({ of }: { readonly of: string }) {
  return (
    <p className="waiting" role="status">
      Loading {of} …
    </p>
  );
}

/** A question that failed: the server's own sentence, and a way to ask again or another way on. */
export function Failed({
  error,
  again,
  children,
}: {
  readonly error: unknown;
  readonly again?: () => void;
  readonly children?: ReactNode;
}) {
  const sentence =
    error instanceof RefusedError
      ? error.message
      : 'The viewer does not answer: is it still running? The page asks again when it is back.';
  return (
    <section className="empty" role="alert">
      <h2>{sentence}</h2>
      {again !== undefined && (
        <button type="button" className="button" onClick={again}>
          Ask again
        </button>
      )}
      {children}
    </section>
  );
}

export function NotFound() {
  return (
    <Empty title="There is no page at this address">
      <p>
        Go to the <Link to="/">traces</Link>.
      </p>
    </Empty>
  );
}

/** A fault of the page itself. */
export function PageFault({ error }: { readonly error: unknown }) {
  return (
    <Empty title="This page failed">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <p>
        Reload it, or go to the <Link to="/">traces</Link>.
      </p>
    </Empty>
  );
}
