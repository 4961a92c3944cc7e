/** Signing in. */
import { randomBytes } from 'node:crypto';
import { Trace } from '@/lib/tracing';
import { baggage } from '@/lib/tracing/propagation';
import { hashPassword, verifyPassword } from '../../prisma/password-hash.ts';
import { database } from './database.ts';
import { SESSION_SECONDS, type Session, openSession } from './session.ts';

const regularFromOrders = 3;

export class AuthService {
  /** A hash that no password fits, so that unknown users cost the same time as known ones. */
  #decoy: Promise<string> | undefined;

  /**
   * Signs somebody in. Takes the same time whether the user or the password is wrong.
   *
   * @returns `undefined` when user and password do not belong together
   */
  @Trace('AuthService.login')
  async login(email: string, password: string): Promise<Session | undefined> {
    const [user, decoy] = await Promise.all([
      database().prisma.user.findUnique({ where: { email } }),
      (this.#decoy ??= hashPassword(randomBytes(32).toString('base64url'))),
    ]);
    const fits = await this.verify(password, user?.passwordHash ?? decoy);
    if (!user || !fits) return undefined;
    const bought = await database().prisma.order.count({ where: { email } });
    const tier = bought >= regularFromOrders ? 'regular' : 'new';
    baggage.set('user.tier', tier);
    return { userId: user.id, email, tier, expiresAtUnixMillis: Date.now() + SESSION_SECONDS * 1000 };
  }

  /** Whether a password fits a hash. A span of its own: it is the slow part of signing in, on purpose. */
  @Trace('AuthService.verify')
  async verify(password: string, hash: string): Promise<boolean> {
    return verifyPassword(password, hash);
  }

  /**
   * Knows again who has signed in, for the rest of this request.
   *
   * @param cookie the text of the session's cookie
   */
  resume(cookie: string | undefined): Session | undefined {
    const session = openSession(cookie);
    if (session) baggage.set('user.tier', session.tier);
    return session;
  }
}

export const auth = new AuthService();
