import type { NextRequest } from 'next/server';
import { withTracing } from '@/middleware/tracing';
import { assistant } from '@/services/assistant.ts';
import { auth } from '@/services/auth.ts';
import { chatInput, readJson } from '@/services/input.ts';
import { SESSION_COOKIE } from '@/services/session.ts';
import { answering } from '../answering.ts';
import { streamText } from './stream-text.ts';

/** `POST /api/chat { "message": "Which tent for rain?" }`: the answer as plain text, while it is written. */
export const POST = withTracing(
  answering(async (request: NextRequest) => {
    const { message, cartId } = await readJson(request, chatInput);
    const session = auth.resume(request.cookies.get(SESSION_COOKIE)?.value);
    return streamText(request.signal, (signal) =>
      assistant.answer({ text: message, cartId, userId: session?.userId, signal }),
    );
  }),
);
