'use client';

/** What is shown when a page cannot be. */
export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <section className="intro">
      <h1>This page could not be made</h1>
      <p>Something failed on our side. It has been recorded, and trying again may help.</p>
      {error.digest && (
        <p className="quiet">
          Digest <code>{error.digest}</code>
        </p>
      )}
      <button type="button" onClick={reset}>
        Try again
      </button>
    </section>
  );
}
