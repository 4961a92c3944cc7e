/** A trace without log records says how to send some. */
import { Link } from '@tanstack/react-router';
import { Empty } from '../../parts/notes.tsx';
import { useSession } from '../../parts/session.ts';
import { CopyButton } from '../../parts/values.tsx';

export function NoLogs() {
  const { data } = useSession();
  const lines = `OTEL_LOGS_EXPORTER=otlp\nOTEL_EXPORTER_OTLP_ENDPOINT=${data?.otlpUrl ?? 'http://127.0.0.1:4318'}`;
  return (
    <Empty title="No log record of this trace has arrived">
      <p>Start your application with these in its environment:</p>
      <pre tabIndex={0}>{lines}</pre>
      <CopyButton name="Copy" text={() => lines} />
      <p>
        What pino or OpenTelemetry’s own logger writes while a span is active then comes with the ids of trace and span
        (winston’s too, with <code>@opentelemetry/winston-transport</code>), and this view fills in by itself.{' '}
        <Link to="/health">Health</Link> counts the records that came without a trace id.
      </p>
    </Empty>
  );
}
