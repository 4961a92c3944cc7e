import type { NextRequest } from 'next/server';
import { withTracing } from '@/middleware/tracing';
import { generate, idsOfOthers } from '@/pipeline/generate.ts';

/** `POST /admin/generate?zip=78729`: queues the landscapes of one place. */
export const POST = withTracing(async (request: NextRequest) => {
  const zip = request.nextUrl.searchParams.get('zip') ?? '';
  if (!/^\d{5}$/.test(zip)) {
    return Response.json({ error: 'Invalid ZIP code. Must be 5 digits.' }, { status: 400 });
  }
  return Response.json(await generate(zip, idsOfOthers(request)));
});
