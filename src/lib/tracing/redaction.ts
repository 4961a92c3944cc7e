/**
 * Takes personal data and credentials out of text before it leaves the process. Pure, and linear in the length of the
 * text: every pattern is anchored on a cheap test and has no nested repetition.
 */

/** What stands where something was taken out. */
export const REDACTED = '[REDACTED]';

/** Turns one attribute value into the one that may leave. A user's own function: it runs guarded. */
export type Redactor = (value: string, attributeName: string) => string;

/** Whole words in an attribute, header or parameter name that say its value is a credential; a count of tokens is none. */
const SECRET_NAME =
  /(?:^|[._\-[\]\s])(?:pass(?:word|wd|phrase)?|pwd|secret|token(?![._-]?(?:count|type|limit|usage)s?(?:$|[._-]))|authorization|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|cookie|set-cookie|session[-_]?id|jwt|signature|sig|cvv|cvc|ssn|iban|card[-_]?number)(?:$|[._\-[\]\s])/i;
// ISO/IEC 7812: 3 to 6, and 2221 to 2720 (Mastercard).
const CARD_PREFIX = /^(?:[3-6]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))/;
// As cards print their numbers: in one piece, 4-4-4-4(-3), 4-6-5 or 4-6-4.
const PRINTED_CARD = /\b(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d{12,19})\b/g;
const SEPARATORS = /[ -]/g;
const CAMEL_BOUNDARY = /([a-z0-9])([A-Z])/g;

// One of these characters has to be there before any of the patterns below can match.
const WORTH_A_LOOK = /[@\d\s:=_-]/;
const JWT = /\beyJ[\w-]{5,2048}\.[\w-]{5,8192}\.?[\w-]{0,2048}/g;
// "Basic authentication failed" and "token expired" are sentences: there a lower-case word is no credential.
const SCHEME_CREDENTIALS =
  /\b([Bb]earer|BEARER|(?:[Bb]asic|BASIC|[Tt]oken|TOKEN|[Dd]igest|DIGEST)(?=\s+[a-z.-]*[A-Z\d_~+/=]))\s+[\w\-.~+/=]{8,}/g;
// Up to the last @ of the authority: a password may hold one.
const URL_USER_INFO = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^/\s]{1,512}@/gi;
// Whatever a URL asks for: codes and tokens go by many names. A path ends where another URL begins, for the sake of time.
const URL_QUERY = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/(?:[^\s"'<>?#:]|:(?!\/\/)){1,2048}\?)([^\s"'<>#]{1,8192})/gi;
const QUERY_VALUE = /=[^&]+/g;
const API_TOKEN = new RegExp(
  `\\b(?:${[
    /(?:sk|rk|whsec)[-_][\w-]{12,}/, // OpenAI, Anthropic, Stripe and many that follow them
    /pk[-_](?:live|test)[-_]\w{12,}/, // `pk_` alone begins the names of primary keys
    /gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}/, // GitHub, GitLab
    /(?:xox[abeoprs]|xapp)-[\w-]{10,}/, // Slack
    /(?:AKIA|ASIA)[A-Z0-9]{16}\b/, // AWS
    /AIza[\w-]{30,}|ya29\.[\w-]{20,}/, // Google
    /npm_[A-Za-z0-9]{30,}|pypi-[\w-]{16,}/,
    /hf_[A-Za-z0-9]{20,}/, // Hugging Face
    /SG\.[\w-]{16,64}\.[\w-]{16,64}/, // SendGrid
    /shp(?:at|ca|pa|ss)_[A-Za-z0-9]{20,}|dop_v1_[a-f0-9]{32,}/, // Shopify, DigitalOcean
    /hv[sbr]\.[\w-]{20,}|gl(?:sa|c)_[\w+/=]{20,}|NRAK-[A-Z0-9]{20,}/, // Vault, Grafana, New Relic
  ]
    .map((vendor) => vendor.source)
    .join('|')})`,
  'g',
);
const KEY_BLOCK =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]{0,16384}?(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g;
// The last label begins with a letter: `next@16.4.5` in a stack is a package. A URL has `%40` for `@`.
const EMAIL =
  /[\w.!#$%&'*+/=?^`{|}~\u00a1-\uffff-]{1,64}(?:@|%40)(?:[a-z0-9\u00a1-\uffff][a-z0-9\u00a1-\uffff-]{0,62}\.){1,8}[a-z\u00a1-\uffff][a-z0-9\u00a1-\uffff-]{1,62}/gi;
const DIGIT_RUN = /(?<![\w.])\d(?:[ -]?\d){11,}(?!\w)/g;
// No word boundary before the name: `DB_PASSWORD`, `userPassword`. The value: JSON in JSON, quoted, or one word.
const ASSIGNED_SECRET =
  /(passw(?:or)?d|passphrase|pwd|secret(?:[-_]?access)?(?:[-_]?key)?|token|(?:api|access|private|account)[-_]?key)(\\{0,4}["']?\s{0,4}(?:=>|[:=])\s{0,4})(\\{1,4}"[^"]+"?|"(?:[^"\\]|\\[^])+"?|'(?:[^'\\]|\\[^])+'?|[^\s,;&"'}{)(]+)/gi;

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
 * Says whether a run of digits is a payment card number: 12 to 19 digits that begin as the card schemes do, and whose
 * Luhn sum is right. A time in milliseconds or nanoseconds begins with 1, a year with 20: they are none.
 *
 * @param digits the digits alone
 * @returns `true` for a valid card number; never throws
 * @example
 * isCardNumber('4111111111111111'); // true
 */
export function isCardNumber(digits: string): boolean {
  if (digits.length < 12 || digits.length > 19 || !CARD_PREFIX.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    let digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    if (index % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}

/** A run may hold more than the card: a quantity before it, the expiry after it. */
function redactCards(run: string): string {
  if (isCardNumber(run.replace(SEPARATORS, ''))) return REDACTED;
  return run.replace(PRINTED_CARD, (card) => (isCardNumber(card.replace(SEPARATORS, '')) ? REDACTED : card));
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
  if (out.includes('://')) {
    out = out.replace(URL_USER_INFO, `$1${REDACTED}@`);
    out = out.replace(
      URL_QUERY,
      (_whole, base: string, query: string) => base + query.replace(QUERY_VALUE, `=${REDACTED}`),
    );
  }
  if (out.includes(' ')) out = out.replace(SCHEME_CREDENTIALS, `$1 ${REDACTED}`);
  out = out.replace(API_TOKEN, REDACTED);
  if (out.includes('@') || out.includes('%40')) out = out.replace(EMAIL, REDACTED);
  out = out.replace(DIGIT_RUN, redactCards);
  return /[:=]/.test(out) ? out.replace(ASSIGNED_SECRET, `$1$2${REDACTED}`) : out;
}
