/** HTTP on both sides: route handlers, and outgoing requests. */
export {
  traceApiClient,
  traceFetch,
  traceOutgoingRequest,
  type ApiClientDetails,
  type OutgoingOptions,
  type SendingWork,
} from './client.ts';
export { withTracing, type RouteTracingOptions } from './route.ts';
