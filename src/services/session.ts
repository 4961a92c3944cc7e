/** Who is signed in: a cookie that says it, signed so that nobody else can write it. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const sessionSchema = z.object({
  userId: z.string(),
  email: z.string(),
  /** How much of a customer somebody is. It travels to the carrier as baggage. */
  tier: z.enum(['new', 'regular']),
  expiresAtUnixMillis: z.number(),
});

/** Somebody who is signed in. */
export type Session = z.infer<typeof sessionSchema>;

/** The name of the session's cookie. */
export const SESSION_COOKIE = 'session';
/** How long somebody stays signed in, in seconds. */
export const SESSION_SECONDS = 12 * 60 * 60;

// Without SESSION_SECRET sessions end with the process; every bundle of the process must know the same one.
const KEY = Symbol.for('storefront.session-secret');
const holder = globalThis as { [KEY]?: string };

function sign(payload: string): Buffer {
  holder[KEY] ??= process.env['SESSION_SECRET'] || randomBytes(32).toString('base64url');
  return createHmac('sha256', holder[KEY]).update(payload).digest();
}

/** The text of the cookie. */
export function sealSession(session: Session): string {
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
  return `${payload}.${sign(payload).toString('base64url')}`;
}

/** The session of a cookie's text, `undefined` when it is not ours, not whole or too old. */
export function openSession(text: string | undefined): Session | undefined {
  const [payload = '', signature = '', ...rest] = (text ?? '').split('.');
  const given = Buffer.from(signature, 'base64url');
  const expected = sign(payload);
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const parsed = sessionSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  return parsed.success && parsed.data.expiresAtUnixMillis > Date.now() ? parsed.data : undefined;
}
