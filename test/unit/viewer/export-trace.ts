/**
 * A program that sends one trace with the official exporter and prints its id: run by the tests as a process of its own, as
 * a real application is. Arguments: endpoint, `json` or `protobuf`, `none` or `gzip`.
 */
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';

async function exportTrace(exporter: SpanExporter): Promise<string> {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'web' }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('shop', '1.0.0');
  const root = tracer.startSpan('GET /products/[id]', { kind: SpanKind.SERVER, startTime: [1_767_225_600, 0] });
  const child = tracer.startSpan(
    'SELECT products',
    {
      kind: SpanKind.CLIENT,
      startTime: [1_767_225_600, 2_000_000],
      attributes: { 'db.rows': 3, 'db.share': 0.25, 'db.tables': ['products', 'prices'] },
    },
    trace.setSpan(context.active(), root),
  );
  child.recordException(new TypeError('no such row'), [1_767_225_600, 3_000_000]);
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no such row' });
  child.end([1_767_225_600, 4_000_000]);
  root.end([1_767_225_600, 12_500_000]);
  await provider.forceFlush();
  await provider.shutdown();
  return root.spanContext().traceId;
}

const [url = '', encoding, compression] = process.argv.slice(2);
const Exporter = encoding === 'json' ? JsonExporter : ProtobufExporter;
const exporter = new Exporter({
  url,
  compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
});
exportTrace(exporter).then(
  (traceId) => process.stdout.write(traceId),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
