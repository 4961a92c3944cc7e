/** A request as a platform serves it, with a secret planted wherever one may be. Runs in a process of its own. */
import { context } from '@opentelemetry/api';
import {
  Trace,
  baggage,
  injectTraceContext,
  traceAIChatCompletion,
  traceApiClient,
  traceAsync,
  traceDatabaseQuery,
  traceFetch,
  tracePrismaOperation,
  traceSemanticCache,
  tracer,
  withTracing,
} from '../../../../../src/lib/tracing/index.ts';

/** What must not be found in what leaves. Unique texts: none is part of another word. */
export const SECRETS = {
  bodyPassword: 'plantedBodyPassword1',
  incomingToken: 'plantedIncomingToken2',
  cookie: 'plantedCookie3',
  authorization: 'plantedAuthorization4',
  outgoingToken: 'plantedOutgoingToken5',
  outgoingHeader: 'plantedOutgoingHeader6',
  urlPassword: 'plantedUrlPassword7',
  card: '4111111111111111',
  sqlEmail: 'planted.sql8@example.com',
  sqlText: 'plantedSqlText9',
  parameter: 'plantedParameter10',
  prompt: 'plantedPrompt11',
  answer: 'plantedAnswer12',
  errorEmail: 'planted.error13@example.com',
  errorToken: 'plantedErrorToken14',
  baggage: 'plantedBaggage15',
  prismaArgument: 'plantedPrismaArgument16',
  cacheKey: 'plantedCacheKey17',
  apiParameter: 'plantedApiParameter18',
  attributePassword: 'plantedAttributePassword19',
  fragment: 'plantedFragment20',
  incomingBaggage: 'plantedIncomingBaggage21',
  resultRow: 'plantedResultRow22',
} as const;

class Checkout {
  async pay(serviceUrl: string, password: string): Promise<string> {
    tracer.startActiveSpan(
      'checks the password',
      { attributes: { 'user.password': password, 'user.pin': 1234 } },
      (span) => {
        span.addEvent('checked', { input: JSON.stringify({ password }) });
      },
    );
    await traceDatabaseQuery(
      'INSERT',
      `INSERT INTO payments (card, email, note) VALUES ('${SECRETS.card}', '${SECRETS.sqlEmail}', $$${SECRETS.sqlText}$$)`,
      async () => ({ rows: [{ note: SECRETS.resultRow }], rowCount: 1 }),
      { table: 'payments', params: [SECRETS.parameter] },
    );
    await tracePrismaOperation('User', 'findMany', async () => [{ email: SECRETS.resultRow }], {
      where: { email: SECRETS.prismaArgument },
    });
    await traceSemanticCache('lookup', `key:${SECRETS.cacheKey}`, async () => undefined);
    const target = new URL(`${serviceUrl}/quote?token=${SECRETS.outgoingToken}&weight=3#${SECRETS.fragment}`);
    await (await traceFetch(target, { headers: { authorization: `Bearer ${SECRETS.outgoingHeader}` } })).text();
    await traceFetch(`http://ada:${SECRETS.urlPassword}@localhost:1/`).catch(() => {}); // `fetch` refuses such a URL
    await traceApiClient('weather', 'forecast', async () => ({ status: 200 }), {
      method: 'GET',
      endpoint: '/forecast',
      params: { key: SECRETS.apiParameter },
    });
    await traceAIChatCompletion(
      'openai',
      'gpt-4',
      async () => ({
        choices: [{ message: { content: SECRETS.answer }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 3, completion_tokens: 4 },
      }),
      { messages: [{ role: 'user', content: SECRETS.prompt }] },
    );
    await traceAsync('mails the receipt', async () => {
      throw new Error(`no such box ${SECRETS.errorEmail}, api_key=${SECRETS.errorToken}`);
    }).catch(() => {});
    return 'paid';
  }
}

// As the decorator would: this file runs on a Node that strips types and knows no decorators.
const pay = Object.getOwnPropertyDescriptor(Checkout.prototype, 'pay') as TypedPropertyDescriptor<unknown>;
Object.defineProperty(Checkout.prototype, 'pay', Trace('Checkout.pay')(Checkout.prototype, 'pay', pay) ?? pay);

const POST = withTracing(async (request: Request, { params }: { params: Promise<{ cartId: string }> }) => {
  const [serviceUrl, password] = (await request.json()) as [string, string];
  const { cartId } = await params;
  baggage.set('tenant', SECRETS.baggage);
  const text = await new Checkout().pay(serviceUrl, password);
  return Response.json({ text, cartId, sent: Object.keys(injectTraceContext()) });
});

/**
 * Serves one request.
 *
 * @param serviceUrl a server that answers anything
 * @returns what the handler answered
 */
export async function storyOf(serviceUrl: string): Promise<unknown> {
  const request = new Request(`http://shop.example/api/cart/c-1/pay?token=${SECRETS.incomingToken}`, {
    method: 'POST',
    body: JSON.stringify([serviceUrl, SECRETS.bodyPassword]),
    headers: {
      authorization: `Bearer ${SECRETS.authorization}`,
      cookie: `session=${SECRETS.cookie}`,
      baggage: `incoming=${SECRETS.incomingBaggage}`,
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      'content-type': 'application/json',
    },
  });
  const response = await context.with(context.active(), () =>
    POST(request, { params: Promise.resolve({ cartId: 'c-1' }) }),
  );
  return response.json();
}
