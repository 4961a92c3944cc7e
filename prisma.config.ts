import { join } from 'node:path';
import { defineConfig } from 'prisma/config';

// Prisma 7 does not read `.env` by itself. No file is fine: the variables may come from the environment.
try {
  process.loadEnvFile(join(import.meta.dirname, '.env'));
} catch {
  // nothing to load
}

// Prisma's command line wants a native engine that no npm package carries. Ours runs the WebAssembly build that npm does
// carry. Windows cannot execute a script as a program: there Prisma looks for its own engine.
if (process.platform !== 'win32') {
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= join(import.meta.dirname, 'prisma/engine/schema-engine.mjs');
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'node prisma/seed.ts' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
