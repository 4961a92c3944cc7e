import { redirect } from 'next/navigation';
import { withTracing } from '@/middleware/tracing';

export const dynamic = 'force-dynamic';

/** `GET /api/go`: sends the browser on. `redirect()` throws, and the trace knows that this is no failure. */
export const GET = withTracing(async (_request: Request): Promise<Response> => redirect('/products'));
