import { connection } from 'next/server';
import { ScenarioList } from './scenario-list.tsx';
import { viewerUrl } from './viewer-url.ts';

const routes = `// instrumentation.ts
export async function register() {
  startTracing();
}

// src/app/api/orders/route.ts
export const POST = withTracing(async (request) => {
  const { cartId } = await request.json();
  return Response.json(await orders.checkout(cartId));
});`;

const services = `// src/services/orders.ts
export class OrderService {
  @Trace('OrderService.book')
  async book(orderId: string) {
    await traceDatabaseQuery('UPDATE', MARK_PAID, () =>
      pool.query(MARK_PAID, [orderId]),
    );
  }
}`;

/** Start a scenario, see its trace. */
export default async function HomePage() {
  await connection(); // the viewer's address is that of the running server, not of the build
  const viewer = viewerUrl();
  return (
    <>
      <section className="intro">
        <h1>A small shop, traced end to end</h1>
        <p>
          Start a scenario. It makes one real request, and the trace shows the way it went: route, service, database,
          model and carrier, in one tree.
        </p>
      </section>
      <section aria-labelledby="scenarios">
        <h2 id="scenarios">Start a scenario</h2>
        <ScenarioList viewer={viewer} />
        <p className="quiet">
          Every trace is in the <a href={viewer}>viewer</a>.
        </p>
      </section>
      <section aria-labelledby="code">
        <h2 id="code">How the code looks</h2>
        <div className="snippets">
          {[routes, services].map((text) => (
            <pre key={text} tabIndex={0} aria-label={text.slice(3, text.indexOf('\n'))}>
              <code>{text}</code>
            </pre>
          ))}
        </div>
      </section>
    </>
  );
}
