/** An empty list says what to do next. */
import { Link } from '@tanstack/react-router';
import { Empty } from '../../parts/notes.tsx';
import { ImportButton } from '../../parts/import.tsx';
import { useSession } from '../../parts/session.ts';
import { CopyButton } from '../../parts/values.tsx';

/** Before the first span. The list fills in by itself. */
export function NothingYet() {
  const { data } = useSession();
  const line = `OTEL_EXPORTER_OTLP_ENDPOINT=${data?.otlpUrl ?? 'http://127.0.0.1:4318'}`;
  return (
    <Empty title="No trace has arrived yet">
      <p>Start your application with this in its environment, then send it a request:</p>
      <pre tabIndex={0}>{line}</pre>
      <CopyButton name="Copy" text={() => line} />
      <p>
        This page fills in by itself. When something was sent and is not here, <Link to="/health">Health</Link> shows
        every request that came and why one was refused.
      </p>
      <p>Or look at traces from a file (OTLP JSON, Jaeger JSON): drop it here, or choose it.</p>
      <ImportButton />
    </Empty>
  );
}

export function NothingFound({ clear }: { readonly clear: () => void }) {
  return (
    <Empty title="No trace meets every condition">
      <p>Take one away at the left or in the bar above, or clear them all.</p>
      <button type="button" className="button" onClick={clear}>
        Clear the filter
      </button>
    </Empty>
  );
}
