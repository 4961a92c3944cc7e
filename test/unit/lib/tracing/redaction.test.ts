import { isCardNumber, isSecretName, redactText } from '@/lib/tracing/redaction.ts';

const R = '[REDACTED]';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const KEY = '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nx+y/z==\n-----END RSA PRIVATE KEY-----';
// Assembled here: written in one piece they look like real ones to those who scan repositories.
const vendor = (prefix: string, rest: string): string => prefix + rest;
const ALNUM = 'Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z';

type Row = readonly [text: string, redacted: string];

describe('redactText takes out', () => {
  const tables: Readonly<Record<string, readonly Row[]>> = {
    'e-mail addresses': [
      ['mail to ada@example.com', `mail to ${R}`],
      ['<ada.lovelace+shop@mail.example.co.uk>', `<${R}>`],
      ['{"email":"ada@example.com","id":7}', `{"email":"${R}","id":7}`],
      ['ADA@EXAMPLE.COM, bob@example.org', `${R}, ${R}`],
      ["o'brien@example.ie", R],
      ['jürgen@bücher.example', R],
      ['用户@例子.广告', R],
      ['/users/ada%40example.com', R],
    ],
    'card numbers': [
      ['card 4111111111111111', `card ${R}`],
      ['4111 1111 1111 1111', R],
      ['4111-1111-1111-1111', R],
      ['378282246310005', R],
      ['3782 822463 10005', R],
      ['5555555555554444 and 6011111111111117', `${R} and ${R}`],
      ['2223003122003222', R],
      ['{"card":4111111111111111}', `{"card":${R}}`],
      ['4111 1111 1111 1111 12/27', `${R} 12/27`],
      ['4111111111111111 1227 123', `${R} 1227 123`],
      ['2 x 4111 1111 1111 1111', `2 x ${R}`],
      ['43 4111 1111 1111 1111', `43 ${R}`],
      ['4111111111111111, 4111 1111 1111 1111.', `${R}, ${R}.`],
      ["VALUES ('4111111111111111')", `VALUES ('${R}')`],
    ],
    'credentials of an Authorization header': [
      ['Authorization: Bearer abcdefgh', `Authorization: Bearer ${R}`],
      ['bearer  mF_9.B5f-4.1JqM', `bearer ${R}`],
      ['got "Basic YWRhOnNlY3JldA=="', `got "Basic ${R}"`],
      ['Token 0123456789abcdef', `Token ${R}`],
      [`Bearer ${JWT}, retry`, `Bearer ${R}, retry`],
    ],
    'tokens of vendors': [
      vendor('sk-', ALNUM),
      vendor('sk-proj-', `${ALNUM}-${ALNUM}_x`),
      vendor('sk-ant-api03-', ALNUM),
      vendor('sk_live_', ALNUM),
      vendor('rk_test_', ALNUM),
      vendor('pk_live_', ALNUM),
      vendor('whsec_', ALNUM),
      vendor('ghp_', ALNUM),
      vendor('gho_', ALNUM),
      vendor('github_pat_', `11ABCDE0Y0_${ALNUM}`),
      vendor('glpat-', ALNUM),
      vendor('xoxb-', `123456789012-${ALNUM}`),
      vendor('xapp-', `1-A0123-${ALNUM}`),
      vendor('AKIA', 'IOSFODNN7EXAMPLE'),
      vendor('ASIA', 'IOSFODNN7EXAMPLE'),
      vendor('AIza', `Sy${ALNUM}-`),
      vendor('ya29.', `a0Af_${ALNUM}`),
      vendor('npm_', `${ALNUM}abcd`),
      vendor('pypi-', ALNUM),
      vendor('hf_', ALNUM),
      vendor('SG.', `${ALNUM}.${ALNUM}`),
      vendor('shpat_', ALNUM),
      vendor('dop_v1_', '0123456789abcdef'.repeat(4)),
      vendor('hvs.', ALNUM),
      vendor('glsa_', ALNUM),
      vendor('NRAK-', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0'),
    ].map((token): Row => [`key ${token}!`, `key ${R}!`]),
    'JSON Web Tokens': [
      [JWT, R],
      [`id=${JWT};`, `id=${R};`],
      [JWT.split('.').slice(0, 2).join('.'), R],
    ],
    'private keys': [
      [`before ${KEY} after`, `before ${R} after`],
      [KEY.replaceAll('RSA ', ''), R],
      [KEY.replaceAll('RSA', 'OPENSSH').replaceAll('\n', '\\n'), R],
      [KEY.replaceAll('RSA', 'PGP').replaceAll('KEY', 'KEY BLOCK'), R],
      [KEY.slice(0, 40), R],
    ],
    'user information in URLs': [
      ['postgres://ada:pw@db.example:5432/shop', `postgres://${R}@db.example:5432/shop`],
      ['https://token@api.example/', `https://${R}@api.example/`],
      ['redis://:p@ss@cache', `redis://${R}@cache`],
      ['mongodb+srv://u:p@h, mysql://v:q@i', `mongodb+srv://${R}@h, mysql://${R}@i`],
    ],
    'values in the query of a URL': [
      [
        'GET https://shop.example/p?page=2&code=x&flag failed',
        `GET https://shop.example/p?page=${R}&code=${R}&flag failed`,
      ],
      ['"http://a/?x=1", "http://b/?y=2#z"', `"http://a/?x=${R}", "http://b/?y=${R}#z"`],
    ],
    'what is assigned to a secret name': [
      ['password=hunter2', `password=${R}`],
      ['password = hunter2, next', `password = ${R}, next`],
      ['{"password":"x"}', `{"password":${R}}`],
      ['{"password" : "a b\\"c" , "id":7}', `{"password" : ${R} , "id":7}`],
      ["{'pwd': 'x y'}", `{'pwd': ${R}}`],
      ['{"body":"{\\"password\\":\\"a b\\",\\"id\\":7}"}', `{"body":"{\\"password\\":${R},\\"id\\":7}"}`],
      [':password => "a b"', `:password => ${R}`],
      ['DB_PASSWORD=hunter2', `DB_PASSWORD=${R}`],
      ['PGPASSWORD=hunter2 psql', `PGPASSWORD=${R} psql`],
      ['userPassword: hunter2', `userPassword: ${R}`],
      ['passwd: x', `passwd: ${R}`],
      ['passphrase=x', `passphrase=${R}`],
      ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI', `AWS_SECRET_ACCESS_KEY=${R}`],
      ['client_secret=x&grant=y', `client_secret=${R}&grant=y`],
      ['access_token=x;refreshToken=y', `access_token=${R};refreshToken=${R}`],
      ['X-Api-Key: abc', `X-Api-Key: ${R}`],
      ['apikey=abc', `apikey=${R}`],
      ['AccountKey=abc==', `AccountKey=${R}`],
      [`token=${'x'.repeat(5000)} rest`, `token=${R} rest`],
      [`"token": "${'x '.repeat(5000)}"`, `"token": ${R}`],
      ['password="never closed', `password=${R}`],
    ],
  };

  for (const [what, rows] of Object.entries(tables)) {
    it.each(rows)(`${what}: %j`, (text, redacted) => {
      expect(redactText(text)).toBe(redacted);
      expect(redactText(redacted)).toBe(redacted); // once is enough
    });
  }
});

describe('redactText leaves alone', () => {
  it.each([
    '',
    'abc',
    'no such product',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '41111111111111114111111111111111',
    '4111111111111111a3ce929d0e0e4736',
    'c9a646d3-9c61-4cc7-bfcd-ee2522c8f633',
    '12345678-1234-1234-1234-123456789012',
    'a1b2c3d4-4111-4111-8111-123456789abc',
    '4111111111111112',
    '4111 1111 1111 1112',
    '0000 0000 0000 0000',
    '1763711740003',
    '1763711740000000009',
    '2026-11-21 07 55 40 123',
    '20261121075540123',
    '2026-11-21T07:55:40.123456789Z',
    '19.99 EUR, 1 299 000.00, 4111111111.11',
    '0.4111111111111111',
    '192.168.100.100:5432',
    'order 100000000000',
    'at next (/app/node_modules/.pnpm/next@16.4.5_react@19.3.1/node_modules/next/dist/server.js:10:5)',
    'npm install @scope/package@1.2.3-beta.1',
    '@Trace stands on something that is no method',
    'Unexpected token } in JSON at position 12',
    'Invalid token provided',
    'token expired yesterday',
    'Basic authentication failed',
    'Digest mismatch somewhere',
    'Bearer',
    'duplicate key value violates unique constraint "pk_order_items_product_id"',
    'input_tokens=12 max_tokens: 1000 totalTokens=5',
    'https://shop.example/products/p-1',
    'what? page=2',
    'http://localhost:4318/v1/traces',
    'SELECT * FROM users WHERE email = ?',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'risk-assessment-of-the-day and task_management_system',
    '-----BEGIN CERTIFICATE-----',
    'SECRETARY: the password was wrong',
    'eyJ is how they begin',
  ])('%j', (text) => {
    expect(redactText(text)).toBe(text);
  });
});

describe('redactText ends', () => {
  // Each repeats the beginning of one pattern, so that a match is tried at every place and never found, or only at the end.
  it.each([
    'a',
    '1',
    '1 ',
    '1-',
    '4111 ',
    '4111-1',
    'eyJ',
    '-eyJaaaaa',
    'eyJaaaaa.',
    '@',
    'a@',
    'a@a.',
    'a.',
    'a@a-',
    '%40',
    'a%40a.',
    'sk-',
    '-sk-a',
    'xoxb-',
    'SG.',
    'SG.aaaaaaaaaaaaaaaa',
    'Bearer ',
    'Bearer a',
    'Basic a',
    'Token  ',
    'ab://',
    'ab://a@',
    'ab://a',
    'ab://a?',
    'ab://a?b=',
    'password',
    'password=',
    'password="',
    'password: ',
    'password\\',
    '"password":"\\',
    'token=\\"',
    'token \t',
    "token='a",
    'secret_access_',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '-----BEGIN A PRIVATE ',
    '-----',
    ' ',
    '\n',
    '\\"',
    '\u00e9',
    '\ud800',
  ])('on a million characters of %j', (piece) => {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length)).slice(0, 1_000_000);
    // What lets the cheap tests pass stands at the end.
    expect(redactText(`${text} @ %40 :// eyJ ----- =`).length).toBeGreaterThan(0);
  });
});

describe('isCardNumber', () => {
  it.each([
    ['4111111111111111', true],
    ['4222222222222', true],
    ['5500005555555559', true],
    ['2221000000000009', true],
    ['30569309025904', true],
    ['6304000000000000', true],
    ['4111111111111112', false],
    ['41111111111', false],
    ['41111111111111111111', false],
    ['0000000000000000', false],
    ['1763711740003', false],
    ['2026112107554012', false],
    ['', false],
  ])('%s: %s', (digits, is) => {
    expect(isCardNumber(digits)).toBe(is);
  });
});

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

describe('isSecretName', () => {
  it.each(
    words(`
      password Password user.password user_password userPassword user[password] db.password_hash passwd pwd pass passphrase
      secret client_secret clientSecret token access_token accessToken csrf-token token_id authorization
      http.request.header.authorization http.request.header.cookie set-cookie x-api-key apiKey api_key apikey aws.access_key
      privateKey credential credentials session_id sessionid jwt sig X-Amz-Signature cvv cvc ssn iban card_number cardNumber
    `),
  )('%s is one', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    '',
    ...words(`
      name gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.request.max_tokens llm.usage.prompt_tokens
      llm.token_count.prompt token_type token.limit tokenCount tokens tokenizer passenger compass bypass secretary
      cookies_accepted author authorized session.id signal design key cache.key db.query.text card http.route user.id
    `),
  ])('%j is none', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});
