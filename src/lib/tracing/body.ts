/** Watches a stream of bytes or chunks that goes on after the function that made it has returned. */
import { type Context, context } from '@opentelemetry/api';

/** How a stream came to its end. */
export type StreamEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly thrown: unknown }
  | { readonly kind: 'abandoned' };

/** A stream that nobody reads ends when nobody can read it any more. */
export const abandonedStreams = new FinalizationRegistry<(how: StreamEnd) => void>((end) => end({ kind: 'abandoned' }));

/**
 * Passes a stream on, chunk by chunk as it is asked for, and tells when it ends: read to its end, cancelled by its
 * reader, failed, or let go unread. Nothing is buffered, read ahead or cloned.
 *
 * @param stream not locked
 * @param own the context in which the source is pulled, so that what it does hangs on the right span
 * @param watcher told each chunk, and the end, once
 * @returns a new stream with the same chunks
 * @throws TypeError when the stream is locked already
 */
export function watchStream<T>(
  stream: ReadableStream<T>,
  own: Context,
  watcher: { chunk?(value: T): void; end(how: StreamEnd): void },
): ReadableStream<T> {
  const reader = stream.getReader();
  let ended = false;
  const end = (how: StreamEnd): void => {
    if (!ended) watcher.end(how);
    ended = true;
  };
  const watched = new ReadableStream<T>(
    {
      async pull(controller) {
        try {
          const { done, value } = await context.with(own, () => reader.read());
          if (done) {
            end({ kind: 'completed' });
            controller.close();
            return;
          }
          watcher.chunk?.(value);
          controller.enqueue(value);
        } catch (thrown) {
          end({ kind: 'failed', thrown });
          controller.error(thrown);
        }
      },
      async cancel(reason) {
        end({ kind: 'cancelled' });
        await context.with(own, () => reader.cancel(reason));
      },
    },
    { highWaterMark: 0 },
  );
  abandonedStreams.register(watched, end);
  return watched;
}
