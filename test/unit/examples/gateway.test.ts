/** The example of docs/gateway.md, as it is run there: three processes, one trace. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Collector } from '../../helpers/collector.ts';
import { formatTree, tree } from '../../helpers/trace-tree.ts';
import { ROOT } from '../repository/sources.ts';

it('is one trace through three processes', async () => {
  const collector = await new Collector().start();
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', join(ROOT, 'examples/gateway.ts')], {
    env: { NODE_ENV: 'test', PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  const spans = collector.spans.map((span) => ({
    ...span,
    attributes: { service: span.resource['service.name'], status: span.attributes['http.response.status_code'] },
  }));
  await collector.close();
  const [traceId] = new Set(spans.map((span) => span.traceId));
  expect(stdout).toBe(
    `200 {"product":{"id":"p-1","price":7},"shipping":["letter","parcel"]}\nhttp://localhost:16686/trace/${traceId}\n`,
  );
  expect(formatTree(spans, ['service', 'status'])).toBe(
    tree(`
      POST /api/cart/:cartId/add SERVER service="gateway" status=200
        CartDurableObject POST /cart/add CLIENT service="gateway" status=200
          PRODUCTS_SERVICE GET /products/:id CLIENT service="gateway" status=200
            GET /products/:id SERVER service="products-service" status=200
          FULFILLMENT_SERVICE GET /shipping-options CLIENT service="gateway" status=200
            GET /shipping-options SERVER service="fulfillment-service" status=200
    `),
  );
}, 60_000);
