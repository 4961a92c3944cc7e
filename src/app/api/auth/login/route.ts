import { NextResponse } from 'next/server';
import { withTracing } from '@/middleware/tracing';
import { auth } from '@/services/auth.ts';
import { ShopError } from '@/services/errors.ts';
import { loginInput, readJson } from '@/services/input.ts';
import { SESSION_COOKIE, SESSION_SECONDS, sealSession } from '@/services/session.ts';
import { answering } from '../../answering.ts';

/** `POST /api/auth/login { "email": "you@example.com", "password": "..." }`: sets the session's cookie. */
export const POST = withTracing(
  answering(async (request: Request) => {
    const { email, password } = await readJson(request, loginInput);
    const session = await auth.login(email, password);
    if (!session) {
      // The same for an unknown user: nobody learns who has an account.
      throw new ShopError({ status: 401, code: 'WRONG_LOGIN', message: 'E-mail address or password is wrong.' });
    }
    const response = NextResponse.json({ user: { id: session.userId, email, tier: session.tier } });
    response.cookies.set(SESSION_COOKIE, sealSession(session), {
      httpOnly: true,
      sameSite: 'lax',
      secure: new URL(request.url).protocol === 'https:',
      path: '/',
      maxAge: SESSION_SECONDS,
    });
    return response;
  }),
);
