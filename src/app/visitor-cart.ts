/** The visitor's basket, known by a cookie that the browser sets when it is first needed. */

/** The name of the cookie. */
export const CART_COOKIE = 'cart';
const keptSeconds = 30 * 24 * 60 * 60;

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The id of this browser's basket. It is made up on first use, and cannot be guessed. */
export function visitorCartId(): string {
  const known = new RegExp(`(?:^|; )${CART_COOKIE}=([\\w-]{1,64})`).exec(document.cookie)?.[1];
  if (known) return known;
  const id = randomId();
  document.cookie = `${CART_COOKIE}=${id}; path=/; max-age=${keptSeconds}; samesite=lax`;
  return id;
}
