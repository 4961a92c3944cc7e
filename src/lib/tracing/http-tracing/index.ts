/** HTTP on both sides: route handlers, and outgoing requests. */
export {
  traceApiClient,
  traceFetch,
  traceOutgoingRequest,
  type ApiClientDetails,
  type OutgoingOptions,
  type SendingWork,
} from './client.ts';
export type { RouteTracingOptions } from './exchange.ts';
export { withTracing } from './route.ts';
