/** JSON that is written as fast as it is read: a file may be larger than the memory. */

/**
 * Writes a list whose elements come in parts.
 *
 * @param begin what stands before the list's elements, its bracket included
 * @param parts elements, one or several to a part, with commas between those of one part
 * @param end what stands behind them
 * @returns the file, as a body of a Response
 * @example
 * streamJson('[', (async function* () { yield '1'; })(), ']').locked; // false
 */
export function streamJson(begin: string, parts: AsyncGenerator<string>, end: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let before = begin;
  return new ReadableStream({
    async pull(controller) {
      const { value: part, done } = await parts.next();
      if (done !== true) {
        controller.enqueue(encoder.encode(`${before}${part}`));
        before = ',';
        return;
      }
      controller.enqueue(encoder.encode(`${before === begin ? begin : ''}${end}`));
      controller.close();
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}
