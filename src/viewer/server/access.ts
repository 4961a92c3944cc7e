/**
 * Who may ask. On this machine alone (127.0.0.1) nobody shows a token, and `Host` and `Origin` keep foreign pages out. Bound to
 * more than this machine, every question and every span needs a token: `viewer` reads, `admin` changes as well.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isAllowedHost, isLoopback } from './host-guard.ts';

/** What somebody may do: `viewer` reads, `admin` also deletes, imports and changes settings. */
export type Role = 'viewer' | 'admin';

/** How access is set. */
export interface AccessOptions {
  /** What the server listens on. */
  readonly host: string;
  /** For the role `viewer`; made when the host is more than this machine and none is given. */
  readonly token?: string | undefined;
  /** For the role `admin`; made beside a `viewer` token when none is given. */
  readonly adminToken?: string | undefined;
}

/** What a request shows of itself. */
export interface Credentials {
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
}

/** The rules of one viewer. */
export interface Access {
  /** Absent when nobody has to show one. To be printed once and written nowhere else. */
  readonly tokens?: Readonly<Record<Role, string>>;
  /** Spans need a token too: the host is more than this machine. */
  readonly guardsOtlp: boolean;
  /** Whether `Host` may be this: with a token any, for a page whose name was re-pointed here has none. */
  allowsHost(header: string | undefined): boolean;
  /** Undefined when no valid token is shown. */
  roleOf(credentials: Credentials): Role | undefined;
  /** The cookie for a token that somebody typed; undefined for a wrong one. */
  signIn(token: string, host: string | undefined): string | undefined;
}

/** A guessed token costs 2^128 attempts; a chosen one must not be worth guessing. */
const MIN_TOKEN = 16;
const TOKEN = /^[\w.~+/=-]+$/u;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Takes as long for a token that is nearly right as for one that is not: digests have one length and are compared whole. */
function isSame(shown: string, expected: string): boolean {
  return timingSafeEqual(digest(shown), digest(expected));
}

function check(name: string, token: string): string {
  if (token.length >= MIN_TOKEN && TOKEN.test(token)) return token;
  throw new RangeError(
    `${name} must have at least ${MIN_TOKEN} characters, letters, digits and . _ ~ + / = - alone; leave it out to have one made.`,
  );
}

/** What the cookie holds instead of the token, so that the token is not in the browser's files. */
function sessionOf(token: string): string {
  return createHmac('sha256', token).update('throughline viewer session').digest('base64url');
}

/** Cookies do not tell ports apart: without the port two viewers on one host would sign each other out. */
function cookieName(host: string | undefined): string {
  return `throughline-${/:(\d+)$/u.exec(host ?? '')?.[1] ?? '80'}`;
}

function cookiesOf(header: string | undefined, name: string): readonly string[] {
  return (header ?? '').split(';').flatMap((part) => {
    const [key, ...value] = part.trim().split('=');
    return key === name ? [value.join('=')] : [];
  });
}

function tokensOf({ host, token, adminToken }: AccessOptions): Readonly<Record<Role, string>> | undefined {
  if (isLoopback(host) && token === undefined && adminToken === undefined) return undefined;
  const make = (): string => randomBytes(24).toString('base64url');
  const tokens = {
    viewer: token === undefined ? make() : check('--token', token),
    admin: adminToken === undefined ? make() : check('--admin-token', adminToken),
  };
  if (tokens.viewer === tokens.admin)
    throw new RangeError('--token and --admin-token must differ: they are two roles.');
  return tokens;
}

/**
 * Sets the rules.
 *
 * @param options the host and the tokens, if any
 * @returns the rules; tokens are made when the host is more than this machine
 * @throws RangeError for a token that could be guessed or sent wrongly
 * @example
 * createAccess({ host: '127.0.0.1' }).tokens; // undefined
 */
export function createAccess(options: AccessOptions): Access {
  const { host: bound } = options;
  const tokens = tokensOf(options);
  const allowsHost = (header: string | undefined): boolean =>
    isLoopback(bound) || tokens === undefined ? isAllowedHost(header, bound) : (header ?? '') !== '';
  if (tokens === undefined) {
    return { guardsOtlp: false, allowsHost, roleOf: () => 'admin', signIn: () => undefined };
  }
  const sessions = { viewer: sessionOf(tokens.viewer), admin: sessionOf(tokens.admin) };
  // Both are compared whatever the first says.
  const roleFor = (shown: string, expected: Readonly<Record<Role, string>>): Role | undefined => {
    const [isAdmin, isViewer] = [isSame(shown, expected.admin), isSame(shown, expected.viewer)];
    return isAdmin ? 'admin' : isViewer ? 'viewer' : undefined;
  };
  return {
    tokens,
    guardsOtlp: !isLoopback(bound),
    allowsHost,
    roleOf({ host, authorization, cookie }) {
      const bearer = /^bearer +(\S+)$/iu.exec(authorization ?? '')?.[1];
      // Somebody who shows a wrong token is told so, whatever their cookie says; another scheme is a proxy's affair.
      if (bearer !== undefined) return roleFor(bearer, tokens);
      const roles = cookiesOf(cookie, cookieName(host)).map((value) => roleFor(value, sessions));
      return roles.find((role) => role !== undefined);
    },
    signIn(token, host) {
      const role = roleFor(token, tokens);
      if (role === undefined) return undefined;
      return `${cookieName(host)}=${sessions[role]}; Path=/; HttpOnly; SameSite=Strict`;
    },
  };
}
