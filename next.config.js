/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  // One folder above may hold another project's lock file: this is the root.
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
  // `npm run check` looks at every type, tests included; what starts the platform does not wait for that again.
  typescript: { ignoreBuildErrors: true },
  // Required at run time, not bundled: instrumentations hook modules as they are loaded, the API must be one object in
  // the boot and in every route, and a build takes a fifth less time.
  serverExternalPackages: [
    '@opentelemetry/api',
    '@opentelemetry/auto-instrumentations-node',
    '@opentelemetry/core',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/exporter-trace-otlp-proto',
    '@opentelemetry/instrumentation',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-metrics',
    '@opentelemetry/sdk-node',
    '@opentelemetry/sdk-trace',
    '@prisma/adapter-pg',
    '@prisma/client',
    'openai',
    'pg',
  ],
};

export default config;
