/** Calls services and Durable Objects by name and path, each call in its span. */
import { guarded } from '../guard.ts';
import { addHeaders, withoutAutomaticSpan } from '../propagation/outgoing.ts';
import { getRuntime } from '../runtime.ts';
import { targetOf } from '../semconv/http.ts';
import type { CallOperation } from './call.ts';
import { type DurableObjectIdLike, traceDurableObject } from './durable-object.ts';
import { traceService } from './service.ts';

/** Whatever can be asked like `fetch`: a service binding, the stub of a Durable Object. */
export interface Fetcher {
  fetch(input: string, init?: RequestInit): Promise<Response>;
}

/** The stub of a Durable Object, as far as it is used here. */
export interface DurableObjectStubLike extends Fetcher {
  readonly id?: DurableObjectIdLike;
}

/** A service: its name, and how it is reached. */
export type ServiceTarget =
  | {
      /** As the gateway calls it, such as `AUTH_SERVICE`: it begins the span's name. */
      readonly name: string;
      /** Where it listens, such as `http://auth:3001`; a path in it is kept. */
      readonly url: string;
    }
  | {
      readonly name: string;
      /** The binding: it knows the way, and no address is needed. */
      readonly fetcher: Fetcher;
    };

/** What a call is told besides what `fetch` takes. */
export interface ServiceCallOptions {
  /** The path with placeholders, such as `/users/:name`, where its ids are plain words. */
  readonly urlTemplate?: string;
}

/** What a binding or a stub gets as its host: it is not looked up, but a Request has to have one. */
function hostFor(name: string): string {
  const words = name.replace(/([a-z\d])([A-Z])/g, '$1-$2').replace(/[^A-Za-z\d]+/g, '-');
  return `${words.replace(/^-+|-+$/g, '').toLowerCase() || 'service'}.internal`;
}

/** Joined as text: a path that looks like an address (`//other.example`) stays a path. */
function join(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}${path.startsWith('/') ? path : `/${path}`}`;
}

const methodOf = (init: RequestInit | undefined): string => guarded('reading a request', () => init?.method) ?? 'GET';

const templateOf = (options: ServiceCallOptions | undefined): { urlTemplate?: string } =>
  options?.urlTemplate === undefined ? {} : { urlTemplate: options.urlTemplate };

/**
 * Calls a service over HTTP, in the span of `withServiceSpan`, with the trace on the request. A header of the caller's own is
 * kept. Nothing of the bodies is read.
 *
 * @param service its name, with the `url` it listens at or the binding (`fetcher`) that reaches it
 * @param path the path, with its query
 * @param init as for `fetch`
 * @param options a template, where the ids of the path are plain words
 * @returns the response, as soon as its headers are there
 * @throws what `fetch` rejects with, unchanged; a TypeError when the service has neither url nor fetcher
 * @example
 * const response = await callService({ name: 'AUTH_SERVICE', url: 'http://auth:3001' }, '/auth/login', { method: 'POST' });
 * response.status; // 200
 */
export function callService(
  service: ServiceTarget,
  path: string,
  init?: RequestInit,
  options?: ServiceCallOptions,
): Promise<Response> {
  const { name } = service;
  const method = methodOf(init);
  if ('fetcher' in service) {
    const url = join(`http://${hostFor(name)}`, path);
    return traceService(name, path, method, templateOf(options), (_span, headers) =>
      service.fetcher.fetch(url, addHeaders(url, init, headers)),
    );
  }
  // Often read from a variable that may be missing, in a program without types.
  if (typeof service.url !== 'string') {
    return Promise.reject(new TypeError(`callService: ${name} has neither a url nor a fetcher`));
  }
  const url = join(service.url, path);
  const target = guarded('reading a URL', () => targetOf(url, getRuntime().settings.capturedQueryParameters));
  const details = { ...templateOf(options), target: target?.attributes ?? {}, host: target?.host };
  const send: CallOperation<Promise<Response>> = (_span, headers) =>
    withoutAutomaticSpan(() => fetch(url, addHeaders(url, init, headers)));
  return traceService(name, path, method, details, send);
}

/**
 * Calls a Durable Object over its `fetch`, in the span of `withDOSpan`, with the trace on the request.
 *
 * @param stub of the Durable Object; its id is recorded
 * @param doName name of the class, such as `CartDurableObject`
 * @param path the path, with its query
 * @param init as for `fetch`
 * @param options a template, where the ids of the path are plain words
 * @returns the response
 * @throws what the stub rejects with, unchanged
 * @example
 * const response = await fetchDO(stub, 'CartDurableObject', '/cart/add', { method: 'POST' });
 * response.status; // 200
 */
export function fetchDO(
  stub: DurableObjectStubLike,
  doName: string,
  path: string,
  init?: RequestInit,
  options?: ServiceCallOptions,
): Promise<Response> {
  const url = join(`http://${hostFor(doName)}`, path);
  const id = guarded('reading the id of a Durable Object', () => stub.id);
  return traceDurableObject(doName, id, path, methodOf(init), templateOf(options), (_span, headers) =>
    stub.fetch(url, addHeaders(url, init, headers)),
  );
}
