/** Boots the tracing, and tells it of requests that fail. Next calls both. */
import type { Instrumentation } from 'next';

export async function register(): Promise<void> {
  // Imported inside the condition, written out as Next documents it: other runtimes leave the SDK out of their bundles.
  if (process.env['NEXT_RUNTIME'] === 'nodejs') {
    const { startTracing } = await import('./src/lib/tracing/boot/index.ts');
    startTracing({
      // What browsers send is spans, not work.
      sampling: { routes: { '/api/telemetry': 0 } },
      capture: { requestHeaders: ['user-agent', 'content-type'], responseHeaders: ['content-type'] },
    });
  }
}

export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  if (process.env['NEXT_RUNTIME'] === 'nodejs') {
    const { recordRequestError } = await import('./src/lib/tracing/next/index.ts');
    recordRequestError(error, request, context);
  }
};
