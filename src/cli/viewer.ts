/** `throughline viewer`: runs the viewer until it is told to stop. */
import { join } from 'node:path';
import { accessText } from './access-text.ts';
import { addressToOpen, openBrowser } from './browser.ts';
import { type Output, readOptions, readWhole } from './options.ts';
import { readRetention } from './retention.ts';
import { readForwardHeaders, startViewer } from '../viewer/server/index.ts';

const MAX_PORT = 65_535;
const MAX_SPANS = 999_999_999_999;

/** Resolves at the first signal; the second ends the process at once, as it does by itself. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

/**
 * Runs the command.
 *
 * @param args what stands behind `viewer`
 * @param out told where the viewer listens
 * @param errors told when `--open` finds no browser
 * @returns resolves when the viewer was stopped and everything it acknowledged is written
 * @throws Error in one sentence for a wrong option or a port that cannot be had
 */
export async function runViewer(args: string[], out: Output, errors: Output): Promise<void> {
  const values = readOptions(args, {
    port: { type: 'string' },
    'otlp-port': { type: 'string' },
    host: { type: 'string' },
    'max-spans': { type: 'string' },
    retention: { type: 'string' },
    data: { type: 'string' },
    memory: { type: 'boolean' },
    open: { type: 'boolean' },
    token: { type: 'string' },
    'admin-token': { type: 'string' },
    forward: { type: 'string' },
    'forward-header': { type: 'string', multiple: true },
  });
  const { data = '.throughline', host, forward, memory = false } = values;
  const tokens = { token: values.token, adminToken: values['admin-token'] };
  const maxSpans = readWhole('max-spans', values['max-spans'], 1, MAX_SPANS);
  const options = {
    queryPort: readWhole('port', values.port, 0, MAX_PORT),
    otlpPort: readWhole('otlp-port', values['otlp-port'], 0, MAX_PORT),
    retention: { ...(maxSpans !== undefined && { maxSpans }), ...readRetention(values.retention) },
  };
  const headers = readForwardHeaders(values['forward-header'] ?? []);
  if (forward === undefined && Object.keys(headers).length > 0) {
    throw new Error('--forward-header needs --forward, which says where to send it');
  }
  const viewer = await startViewer({
    ...options,
    ...tokens,
    host,
    file: memory ? undefined : join(data, 'traces.sqlite'),
    auditFile: join(data, 'viewer-audit.jsonl'),
    forward: forward === undefined ? undefined : { url: forward, headers },
  });
  const stopped = stopSignal();
  for (const notice of viewer.notices) out.write(`${notice}\n`);
  out.write(
    `Traces: ${viewer.queryUrl}\nSend OTLP/HTTP to ${viewer.otlpUrl} (OTEL_EXPORTER_OTLP_ENDPOINT). Ctrl-C stops.\n`,
  );
  out.write(accessText(viewer, host ?? '127.0.0.1', tokens));
  if (values.open === true) void openBrowser(addressToOpen(viewer), errors);
  await stopped;
  await viewer.close();
}
