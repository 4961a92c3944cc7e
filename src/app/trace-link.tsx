/** The way to one trace. */
export function TraceLink({ viewer, traceId }: { viewer: string; traceId: string | undefined }) {
  if (traceId === undefined) {
    return (
      <a className="trace" href={viewer} target="_blank" rel="noreferrer">
        Look in the list of traces
      </a>
    );
  }
  return (
    <a className="trace" href={`${viewer}/trace/${traceId}`} target="_blank" rel="noreferrer">
      Open trace <code>{traceId.slice(0, 8)}</code>
    </a>
  );
}
