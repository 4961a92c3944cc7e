/**
 * Takes personal data and credentials out of text before it leaves the process. Pure, and linear in the length of the
 * text: every pattern is anchored on a cheap test and has no nested repetition.
 */

/** What stands where something was taken out. */
export const REDACTED = '[REDACTED]';

/** Turns one attribute value into the one that may leave. A user's own function: it runs guarded. */
export type Redactor = (value: string, attributeName: string) => string;

/** Whole words in an attribute, header or parameter name that say its value is a credential. */
const SECRET_NAME =
  /(?:^|[._\-[\]\s])(?:pass(?:word|wd|phrase)?|pwd|secret|token|authorization|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|cookie|set-cookie|session[-_]?id|jwt|signature|sig|cvv|cvc|ssn|iban|card[-_]?number)(?:$|[._\-[\]\s])/i;
const CAMEL_BOUNDARY = /([a-z0-9])([A-Z])/g;

// One of these characters has to be there before any of the patterns below can match.
const WORTH_A_LOOK = /[@\d\s:=_-]/;
const JWT = /\beyJ[\w-]{5,2048}\.[\w-]{5,8192}\.?[\w-]{0,2048}/g;
const SCHEME_CREDENTIALS = /\b(Bearer|Basic|Token|Digest)\s+[\w\-.~+/=]{8,}/gi;
const URL_USER_INFO = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^/\s@]{1,512}@/gi;
const API_TOKEN =
  /\b(?:sk|pk|rk|whsec)[-_](?:[a-z0-9]+[-_])?[\w-]{12,256}|\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_\w{20,255}|\bxox[abeoprs]-[\w-]{10,255}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,64}|\bglpat-[\w-]{16,64}|\bnpm_[A-Za-z0-9]{30,64}/g;
const KEY_BLOCK = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]{0,16384}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g;
const EMAIL = /[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63}){1,8}/gi;
const DIGIT_RUN = /(?<![\w.])\d(?:[ -]?\d){11,30}(?!\w)/g;
const ASSIGNED_SECRET =
  /\b(password|passwd|pwd|secret|token|api[-_]?key|access[-_]?token|refresh[-_]?token|client[-_]?secret)(["']?\s{0,4}[:=]\s{0,4})("[^"]{1,1024}"?|'[^']{1,1024}'?|[^\s,;&"'}{)(]{1,1024})/gi;

/**
 * Says whether a name (of an attribute, a header, a query parameter) stands for a credential.
 *
 * @param name the name, in any spelling: `api_key`, `apiKey`, `X-Api-Key`
 * @returns `true` when the value must not leave; never throws
 * @example
 * isSecretName('user.password'); // true
 * isSecretName('gen_ai.usage.input_tokens'); // false
 */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.length > 256 ? name.slice(0, 256) : name.replace(CAMEL_BOUNDARY, '$1_$2'));
}

/**
 * Says whether a run of digits is a payment card number: 12 to 19 digits whose Luhn sum is right.
 *
 * @param digits the digits alone
 * @returns `true` for a valid card number; never throws
 * @example
 * isCardNumber('4111111111111111'); // true
 */
export function isCardNumber(digits: string): boolean {
  if (digits.length < 12 || digits.length > 19) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    let digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    if (index % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0 && !/^0+$/.test(digits);
}

function redactCards(run: string): string {
  const digits = run.replace(/[ -]/g, '');
  return isCardNumber(digits) ? REDACTED : run;
}

/**
 * Takes e-mail addresses, card numbers, bearer and API tokens, JWTs, private keys, user information in URLs and
 * `password=...` pairs out of a text.
 *
 * @param text any text
 * @returns the text with each of them replaced by `[REDACTED]`; the same string when there was none; never throws
 * @example
 * redactText('mail to ada@example.com'); // 'mail to [REDACTED]'
 */
export function redactText(text: string): string {
  if (text.length < 4 || !WORTH_A_LOOK.test(text)) return text;
  let out = text;
  if (out.includes('-----')) out = out.replace(KEY_BLOCK, REDACTED);
  if (out.includes('eyJ')) out = out.replace(JWT, REDACTED);
  if (out.includes('://')) out = out.replace(URL_USER_INFO, `$1${REDACTED}@`);
  if (out.includes(' ')) out = out.replace(SCHEME_CREDENTIALS, `$1 ${REDACTED}`);
  out = out.replace(API_TOKEN, REDACTED);
  if (out.includes('@')) out = out.replace(EMAIL, REDACTED);
  out = out.replace(DIGIT_RUN, redactCards);
  return /[:=]/.test(out) ? out.replace(ASSIGNED_SECRET, `$1$2${REDACTED}`) : out;
}
