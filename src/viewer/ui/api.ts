/** Asking the server. */
import type { Refusal } from '../wire.ts';

/** The server said no, in its own sentence. */
export class RefusedError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'RefusedError';
    this.status = status;
  }
}

async function sentenceOf(response: Response): Promise<string> {
  if (response.status === 401) {
    return 'This viewer asks for its token: open the address with `?token=` that the command printed when it started.';
  }
  try {
    const body = (await response.json()) as Partial<Refusal>;
    if (typeof body.error === 'string') return body.error;
  } catch {
    // No sentence of the server's: the status has to do.
  }
  return `The viewer answered with status ${response.status}.`;
}

/** What may stand in an address: lists become repeated parameters, `undefined` is left out. */
export type Parameters = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * Writes an address under the page's own API.
 *
 * @param path after `/api/viewer/`, its parts already encoded
 * @param parameters of the query
 */
export function apiUrl(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (typeof value === 'object') for (const item of value) query.append(name, item);
    else query.append(name, String(value));
  }
  const text = query.toString();
  return `/api/viewer/${path}${text === '' ? '' : `?${text}`}`;
}

/**
 * Asks for JSON.
 *
 * @returns the body, as the wire's types say
 * @throws {RefusedError} when the server refuses
 */
export async function ask<Answer>(path: string, parameters: Parameters = {}, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(apiUrl(path, parameters), init);
  if (!response.ok) throw new RefusedError(response.status, await sentenceOf(response));
  return (await response.json()) as Answer;
}
