/** Requests from the browser to the shop's own API, with what a visitor may want to see of them. */

/** How a request went. */
export interface Outcome {
  readonly status: number;
  /** Until the last byte, in milliseconds. */
  readonly millis: number;
  /** From `x-trace-id`; an answer that Next itself wrote has none. */
  readonly traceId: string | undefined;
  readonly body: string;
}

/** How a request is made. */
export interface RequestOptions {
  /** Sent as JSON, by POST. Without one it is a GET. */
  readonly json?: object;
  readonly signal?: AbortSignal;
  /** Called with the text so far, each time more of it has come. */
  readonly onText?: (text: string) => void;
}

async function readText(response: Response, onText: (text: string) => void): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    text += next.value;
    onText(text);
  }
  return text;
}

/**
 * Makes a request and reads its answer to the end.
 *
 * @throws what `fetch` throws when there is no answer, or it is broken off
 */
export async function request(path: string, { json, signal, onText }: RequestOptions = {}): Promise<Outcome> {
  const started = performance.now();
  const response = await fetch(path, {
    ...(json === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const body = onText && response.ok ? await readText(response, onText) : await response.text();
  return {
    status: response.status,
    millis: Math.round(performance.now() - started),
    traceId: response.headers.get('x-trace-id') ?? undefined,
    body,
  };
}

/** What a refusal says, made for people. */
export function refusalOf({ body, status }: Outcome): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } };
    if (typeof error?.message === 'string') return error.message;
  } catch {
    // not one of ours
  }
  return `The shop answered ${status}.`;
}
