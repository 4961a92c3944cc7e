/** Sends a text while it is made. */

const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

/**
 * A streamed response. It starts with the first piece, so that what fails before it can still be answered with a status.
 *
 * @param waiting aborted when the client goes away
 * @param make makes the text; its signal tells that nobody reads any more
 * @throws what `make` throws before its first piece
 */
export async function streamText(
  waiting: AbortSignal,
  make: (signal: AbortSignal) => AsyncGenerator<string, void>,
): Promise<Response> {
  const left = new AbortController();
  const pieces = make(AbortSignal.any([waiting, left.signal]));
  const first = await pieces.next();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (first.done) controller.close();
      else controller.enqueue(encoder.encode(first.value));
    },
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      left.abort();
      await pieces.return();
    },
  });
  return new Response(body, { headers });
}
