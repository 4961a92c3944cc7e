/**
 * A program that writes a log record inside a span and one outside of any, sends both with the official exporter and prints
 * the trace's id: run by the tests as a process of its own. Arguments: endpoint, `json` or `protobuf`, `none` or `gzip`.
 */
import { context, SeverityNumber, trace } from '@opentelemetry/api';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, type LogRecordExporter, LoggerProvider } from '@opentelemetry/sdk-logs';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

async function exportLogs(exporter: LogRecordExporter): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'web' }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('shop', '1.0.0');
  const inSpan = trace.setSpanContext(context.active(), {
    traceId: TRACE_ID,
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  });
  logger.emit({
    context: inSpan,
    timestamp: [1_767_225_600, 3_000_000],
    observedTimestamp: [1_767_225_600, 3_500_000],
    severityNumber: SeverityNumber.WARN,
    severityText: 'warn',
    eventName: 'stock.low',
    body: { product: 'tent', left: 2, sizes: ['S', 'M'] },
    attributes: { 'user.id': 7, 'cart.shared': false },
  });
  logger.emit({ body: 'outside', severityNumber: SeverityNumber.INFO });
  await provider.forceFlush();
  await provider.shutdown();
}

const [url = '', encoding, compression] = process.argv.slice(2);
const Exporter = encoding === 'json' ? JsonExporter : ProtobufExporter;
const exporter = new Exporter({
  url,
  compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
});
exportLogs(exporter).then(
  () => process.stdout.write(TRACE_ID),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
