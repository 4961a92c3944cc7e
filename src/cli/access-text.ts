/** What the command says when others may look: where, with which token. */
import { networkInterfaces } from 'node:os';
import { isLoopback, type Viewer } from '../viewer/server/index.ts';

/** What was given on the command line: what somebody knows already is not printed. */
export interface GivenTokens {
  readonly token?: string | undefined;
  readonly adminToken?: string | undefined;
}

/** An address that others reach, for a server that listens on all. */
function addressOf(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? 'localhost';
}

/**
 * The lines about tokens.
 *
 * @param viewer running
 * @param host what it listens on
 * @param given tokens of the command line
 * @returns `''` when nobody has to show one
 */
export function accessText(viewer: Viewer, host: string, given: GivenTokens): string {
  const { tokens, auditFile, queryUrl, otlpUrl } = viewer;
  if (tokens === undefined) return '';
  const address = addressOf(host);
  const at = (url: string): string => `http://${address.includes(':') ? `[${address}]` : address}:${new URL(url).port}`;
  const link = (isGiven: boolean, option: string, token: string): string =>
    `${at(queryUrl)}/?token=${isGiven ? `(the one of ${option})` : token}`;
  return [
    'A token is needed: a link signs its browser in, a program sends Authorization: Bearer TOKEN.',
    `  to read:    ${link(given.token !== undefined, '--token', tokens.viewer)}`,
    `  to change:  ${link(given.adminToken !== undefined, '--admin-token', tokens.admin)}`,
    ...(isLoopback(host)
      ? []
      : [
          `  for spans:  OTEL_EXPORTER_OTLP_ENDPOINT=${at(otlpUrl)} OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20TOKEN"`,
        ]),
    `Who reads which trace is written to ${auditFile}.`,
    '',
  ].join('\n');
}
