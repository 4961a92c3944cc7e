/** The page *Health*: what arrived, what was refused and why, what is kept, and how to send something. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Health } from '../../../wire.ts';
import { ask } from '../../api.ts';
import { Failed, Waiting } from '../../parts/notes.tsx';
import { useFresh } from '../../parts/scope.tsx';
import { CopyButton, Time } from '../../parts/values.tsx';
import { bytes, count, integer, percent } from '../../units.ts';
import { RetentionForm } from './retention.tsx';
import { useTitle } from '../../parts/title.ts';

const REFRESH = 2_000;
const REFUSED = 400;

const sample = (
  url: string,
): string => `curl ${url}/v1/traces -H 'content-type: application/json' -d '{"resourceSpans":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},
  "scopeSpans":[{"spans":[{"traceId":"'$(openssl rand -hex 16)'","spanId":"'$(openssl rand -hex 8)'",
    "name":"GET /hello","kind":2,
    "startTimeUnixNano":"'$(date +%s)000000000'","endTimeUnixNano":"'$(date +%s)250000000'"}]}]}]}'`;

function HowToSend({ health }: { readonly health: Health }) {
  return (
    <section className="empty waiting-for-spans">
      <h2>Nothing has arrived yet</h2>
      <p>
        The viewer listens for OTLP over HTTP at <code>{health.otlpUrl}</code>. Start your application with
      </p>
      <pre tabIndex={0}>OTEL_EXPORTER_OTLP_ENDPOINT={health.otlpUrl}</pre>
      <p>or send one span from a terminal:</p>
      <pre tabIndex={0}>{sample(health.otlpUrl)}</pre>
      <CopyButton name="Copy the command" text={() => sample(health.otlpUrl)} />
      <p className="soft" role="status">
        Watching: this page changes by itself when the first request comes, also when it is refused. gRPC (port 4317) is
        not spoken; set <code>OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf</code>.
      </p>
    </section>
  );
}

function Facts({
  title,
  facts,
}: {
  readonly title: string;
  readonly facts: Readonly<Record<string, React.ReactNode>>;
}) {
  return (
    <section className="facts-box">
      <h2>{title}</h2>
      <dl>
        {Object.entries(facts).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const when = (millis: number | undefined): React.ReactNode =>
  millis === undefined ? <span className="soft">never</span> : <Time millis={millis} />;

function share(part: number, whole: number): string {
  return whole === 0 ? '' : ` (${percent(part / whole)})`;
}

function Boxes({ health }: { readonly health: Health }) {
  const { received, store, evicted, retention, queue, forward } = health;
  return (
    <div className="boxes">
      <Facts
        title="Received"
        facts={{
          Requests: integer(received.requests),
          Spans: integer(received.spans),
          'Sent again': (
            <span title="Spans that came again under the same id and took the earlier one's place">
              {integer(received.replacedSpans)}
            </span>
          ),
          'Log records': integer(received.logs),
          'Logs without a trace': (
            <span title="Log records without a trace id: taken, and not kept">
              {integer(received.logsWithoutTrace)}
            </span>
          ),
          'Logs sent again': (
            <span title="Log records of a request that had come before: not kept twice">
              {integer(received.repeatedLogs)}
            </span>
          ),
          Last: when(received.lastMillis),
          'Waiting to be written': `${bytes(queue.bytes)} of at most ${bytes(queue.maxBytes)}${share(queue.bytes, queue.maxBytes)}`,
        }}
      />
      <Facts
        title="Kept"
        facts={{
          Traces: integer(store.traces),
          Spans: `${integer(store.spans)} of at most ${integer(retention.maxSpans)}${share(store.spans, retention.maxSpans)}`,
          'Log records': `${integer(store.logs)}${store.waitingLogs > 0 ? `, ${integer(store.waitingLogs)} of them before their trace` : ''}`,
          Size: `${bytes(store.bytes)} of at most ${bytes(retention.maxBytes)}${share(store.bytes, retention.maxBytes)}`,
          Oldest: when(store.oldestMillis),
          Newest: when(store.newestMillis),
          Where:
            store.file === undefined ? (
              'in memory: gone when the viewer stops'
            ) : (
              <span className="mono break">{store.file}</span>
            ),
        }}
      />
      <Facts
        title="Evicted to stay within bounds"
        facts={{
          Traces: integer(evicted.traces),
          Spans: integer(evicted.spans),
          'Log records': integer(evicted.logs),
          Last: when(evicted.lastMillis),
          Why: evicted.reason ?? <span className="soft">nothing was evicted</span>,
        }}
      />
      {forward !== undefined && (
        <Facts
          title="Forwarded"
          facts={{
            To: <span className="mono break">{forward.url}</span>,
            Sent: count(forward.sent, 'request'),
            Failed: count(forward.failed, 'request'),
            Dropped: count(forward.dropped, 'request'),
            'Last fault': forward.lastError ?? <span className="soft">none</span>,
          }}
        />
      )}
    </div>
  );
}

function Refused({ refused }: { readonly refused: Health['refused'] }) {
  if (refused.length === 0) return null;
  return (
    <>
      <h2>Refused</h2>
      <div className="scroll" tabIndex={0} role="region" aria-label="Refused">
        <table className="sorted">
          <thead>
            <tr>
              <th>Why</th>
              <th className="num">Requests</th>
              <th className="num">Last</th>
            </tr>
          </thead>
          <tbody>
            {refused.map(({ reason, count: times, lastMillis }) => (
              <tr key={reason}>
                <td className="text error">{reason}</td>
                <td className="num">{integer(times)}</td>
                <td className="num">
                  <Time millis={lastMillis} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function ArrivalRow({ arrival }: { readonly arrival: Health['arrivals'][number] }) {
  const bad = arrival.status >= REFUSED || arrival.reason !== undefined;
  return (
    <tr>
      <td>
        <Time millis={arrival.timeMillis} />
      </td>
      <td className="mono">{arrival.path}</td>
      <td className="wide">{arrival.encoding}</td>
      <td className="num">{bytes(arrival.bytes)}</td>
      <td className="num">{integer(arrival.spans)}</td>
      <td className="num wide">{integer(arrival.logs)}</td>
      <td>{arrival.services.join(', ')}</td>
      <td className={bad ? 'text error' : ''}>
        {arrival.status}
        {arrival.reason !== undefined && `: ${arrival.reason}`}
      </td>
    </tr>
  );
}

function Arrivals({ arrivals }: { readonly arrivals: Health['arrivals'] }) {
  return (
    <>
      <h2>Latest requests</h2>
      <div className="scroll" tabIndex={0} role="region" aria-label="Latest requests">
        <table className="sorted">
          <thead>
            <tr>
              <th>Time</th>
              <th>Path</th>
              <th className="wide">Encoding</th>
              <th className="num">Size</th>
              <th className="num">Spans</th>
              <th className="num wide">Logs</th>
              <th>Services</th>
              <th>Answer</th>
            </tr>
          </thead>
          <tbody>
            {arrivals.map((arrival, index) => (
              // eslint-disable-next-line react/no-array-index-key -- arrivals have no id, and a row keeps no state
              <ArrivalRow key={index} arrival={arrival} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function HealthPage() {
  useTitle('Health');
  useFresh('health');
  const { data, error, refetch } = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => ask<Health>('health', {}, { signal }),
    refetchInterval: REFRESH,
  });
  return (
    <div className="plain">
      <div className="scope">
        <h1>Health</h1>
        {data !== undefined && (
          <span className="soft">
            Version {data.version}, running since <Time millis={data.startedMillis} />, OTLP at{' '}
            <code>{data.otlpUrl}</code>
          </span>
        )}
      </div>
      {error !== null && <Failed error={error} again={() => void refetch()} />}
      {error === null && data === undefined && <Waiting of="the state" />}
      {data !== undefined && (
        <>
          {data.notices.map((notice) => (
            <p key={notice} className="hint" role="alert">
              {notice}
            </p>
          ))}
          {data.received.requests === 0 && data.store.spans === 0 && <HowToSend health={data} />}
          {data.received.requests === 0 && data.store.spans > 0 && (
            <p className="hint">
              Nothing has arrived since the start; the <Link to="/">traces</Link> are from earlier runs.
            </p>
          )}
          <Boxes health={data} />
          <RetentionForm retention={data.retention} />
          <Refused refused={data.refused} />
          {data.arrivals.length > 0 && <Arrivals arrivals={data.arrivals} />}
        </>
      )}
    </div>
  );
}
