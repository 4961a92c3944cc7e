import { withTracingConfig } from './src/lib/tracing/next/config.ts';

/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  // Its queries go through the pg that is traced, not through a copy in the bundle.
  serverExternalPackages: ['pg-boss'],
  // One folder above may hold another project's lock file: this is the root.
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
  // `npm run check` looks at every type, tests included; what starts the platform does not wait for that again.
  typescript: { ignoreBuildErrors: true },
  // The page says which span has rendered it, and `src/instrumentation-client.ts` goes on from there.
  experimental: { clientTraceMetadata: ['traceparent'] },
};

export default withTracingConfig(config);
