import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * Cost of one hash: N, r and p of RFC 7914, as OWASP's password storage page recommends for little memory (16 MiB).
 * They are written into every hash, so raising them later leaves the old hashes readable.
 */
const cost = { N: 16_384, r: 8, p: 5 } as const;
const keyBytes = 32;

function derive(password: string, salt: Buffer, { N, r, p }: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** Hashes a password with a fresh salt: `scrypt$N$r$p$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether the password is the hashed one, compared in constant time. A text that is no such hash is never a match. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const match = /^scrypt\$(\d{1,7})\$(\d{1,3})\$(\d{1,3})\$([\w-]{16,64})\$([\w-]{43})$/.exec(hash);
  if (!match) return false;
  const [, N, r, p, salt, expected] = match;
  try {
    const parameters = { N: Number(N), r: Number(r), p: Number(p) };
    const key = await derive(password, Buffer.from(salt ?? '', 'base64url'), parameters);
    return timingSafeEqual(key, Buffer.from(expected ?? '', 'base64url'));
  } catch {
    return false; // parameters that scrypt refuses
  }
}
