import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Collector } from '../../../../helpers/collector.ts';
import { formatTree, tree } from '../../../../helpers/trace-tree.ts';
import { Program } from './program.ts';
import { SECRETS } from './secret-story.ts';

/** In whatever form it may hide. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')];
}

describe.each(['http/json', 'http/protobuf'] as const)('a request full of secrets, as %s', (protocol) => {
  let program: Program;
  let collector: Collector;
  let answer: unknown;
  const received: string[] = [];
  const service = createServer((request, response) => {
    received.push(JSON.stringify([request.url, request.headers]));
    response.end('{}');
  });

  beforeAll(async () => {
    collector = await new Collector().start();
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    program = await Program.start();
    await program.call('boot', { endpoint: collector.url, protocol });
    answer = await program.call('tell', `http://127.0.0.1:${(service.address() as AddressInfo).port}`);
    await program.call('flush');
  });
  afterAll(async () => {
    await program.stop();
    service.closeAllConnections();
    service.close();
    await collector.close();
  });

  it('is traced as a whole', () => {
    expect(formatTree(collector.spans)).toBe(
      tree(`
        ^ POST /api/cart/[cartId]/pay SERVER
          Checkout.pay INTERNAL
            checks the password INTERNAL
            INSERT payments CLIENT
            findMany User CLIENT
            semantic_cache lookup CLIENT
            GET CLIENT
            GET CLIENT ERROR
            GET /forecast CLIENT
            chat gpt-4 CLIENT
            mails the receipt INTERNAL ERROR
      `),
    );
    expect(answer).toEqual({ text: 'paid', cartId: 'c-1', sent: ['traceparent'] });
  });

  it.each(Object.entries(SECRETS))('does not let the %s out', (_what, secret) => {
    expect(formsOf(secret).filter((form) => collector.text.includes(form))).toEqual([]);
  });

  it('would find one that is there, so that the others mean something', () => {
    expect(
      ['Checkout.pay', 'gpt-4', 'tenant', 'payments', '/quote'].filter((text) => collector.text.includes(text)),
    ).toEqual(['Checkout.pay', 'gpt-4', 'payments', '/quote']);
    // The service got what was meant for it.
    const [quote = ''] = received;
    expect(
      [SECRETS.outgoingToken, SECRETS.outgoingHeader, SECRETS.baggage].map((secret) => quote.includes(secret)),
    ).toEqual([true, true, true]);
  });
});
