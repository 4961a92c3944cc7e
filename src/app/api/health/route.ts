import { withTracing } from '@/middleware/tracing';
import { health } from '@/services/health.ts';

export const dynamic = 'force-dynamic';

/** `GET /api/health`: 200 while the platform can work, 503 while it cannot. */
export const GET = withTracing(async (_request: Request) => {
  const state = await health.check();
  return Response.json(state, { status: state.status === 'up' ? 200 : 503, headers: { 'cache-control': 'no-store' } });
});
