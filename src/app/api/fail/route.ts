import { traceAsync } from '@/lib/tracing';
import { withTracing } from '@/middleware/tracing';

export const dynamic = 'force-dynamic';

/** `GET /api/fail`: fails on purpose, so that there is an error to look at. */
export const GET = withTracing(async (_request: Request): Promise<Response> => {
  return traceAsync('count_the_stars', async () => {
    throw new RangeError('There are more stars than this shop can count.');
  });
});
