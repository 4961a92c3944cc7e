/** Traces calls of services. */
import type { Attributes } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { methodAttributes } from '../semconv/http.ts';
import { ATTR } from '../semconv/names.ts';
import { pathTemplate } from '../semconv/path.ts';
import { splitUrl } from '../semconv/url.ts';
import { type CallOperation, traceCall } from './call.ts';

/** What is known of a request besides its path and method. */
export interface RequestDetails {
  /** The path with placeholders. Default: the path, with what looks like an id replaced. */
  readonly urlTemplate?: string | undefined;
  /** Where the request goes: `url.full`, `server.address` ... */
  readonly target?: Attributes;
  /** The host that baggage is checked for. Default: the callee's name. */
  readonly host?: string | undefined;
}

/** The parts of a request's span that a service and a Durable Object have in common. */
export interface RequestParts {
  readonly spanName: string;
  readonly method: Attributes;
  readonly attributes: Attributes;
}

/**
 * Describes one request of a callee.
 *
 * @param callee who is called; begins the span's name
 * @param path the path, or its template
 * @param method the HTTP method
 * @param details what is known besides
 * @returns the span's name and attributes; never throws
 */
export function describeRequest(callee: string, path: string, method: string, details: RequestDetails): RequestParts {
  const { name, attributes } = methodAttributes(method);
  const template = details.urlTemplate ?? guarded('reading a path', () => pathTemplate(path)) ?? '/';
  // A placeholder is part of no real path.
  const isTemplate = /[:{[*]/.test(path);
  const url = isTemplate ? {} : { [ATTR.URL_PATH]: guarded('reading a path', () => splitUrl(path).path) ?? '/' };
  return {
    spanName: `${callee} ${name} ${template}`,
    method: attributes,
    attributes: { ...attributes, [ATTR.URL_TEMPLATE]: template, ...url, ...details.target },
  };
}

/**
 * Traces a request of a service, with what is known of it besides.
 *
 * @param serviceName as the gateway calls it
 * @param path the path, or its template
 * @param method the HTTP method
 * @param details template, target and host
 * @param operation makes the request
 * @returns what `operation` returned
 * @throws whatever `operation` throws, unchanged
 */
export function traceService<R>(
  serviceName: string,
  path: string,
  method: string,
  details: RequestDetails,
  operation: CallOperation<R>,
): R {
  const request = describeRequest(serviceName, path, method, details);
  const peer = { [ATTR.SERVICE_PEER]: serviceName };
  return traceCall(
    {
      kind: 'service',
      callee: serviceName,
      spanName: request.spanName,
      attributes: { ...peer, ...request.attributes },
      dimensions: { ...peer, ...request.method },
      host: details.host ?? serviceName,
      hasStatus: true,
    },
    operation,
  );
}

/**
 * Traces a call of a service, whichever way it is made. The span is `AUTH_SERVICE POST /auth/login`, of kind CLIENT; ids in
 * the path are replaced in its name. A status of 400 or more on what comes back, or a throw, makes it an error. The call is
 * counted and timed as `throughline.service.calls` and `throughline.service.call.duration`.
 *
 * @param serviceName as the gateway calls it, such as `AUTH_SERVICE`
 * @param path the path, with or without query, or its template
 * @param method the HTTP method
 * @param operation makes the call; it is handed the span and the headers that carry the trace
 * @returns what `operation` returned
 * @throws whatever `operation` throws, unchanged
 * @example
 * const login = await withServiceSpan('AUTH_SERVICE', '/auth/login', 'POST', (_span, headers) =>
 *   fetch('http://auth.internal/auth/login', { method: 'POST', headers }),
 * );
 * login.status; // 200
 */
export function withServiceSpan<R>(serviceName: string, path: string, method: string, operation: CallOperation<R>): R {
  return traceService(serviceName, path, method, {}, operation);
}
