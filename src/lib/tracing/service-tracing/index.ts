/** The gateway: calls of services and Durable Objects, each in its span, counted and timed. */
export { type CallOperation, type TraceHeaders } from './call.ts';
export {
  callService,
  fetchDO,
  type DurableObjectStubLike,
  type Fetcher,
  type ServiceCallOptions,
  type ServiceTarget,
} from './caller.ts';
export { carrierForStorage, runRpc, withAlarmSpan, withRpcSpan, type StoredCarrier } from './carried.ts';
export { withDOSpan, type DurableObjectIdLike } from './durable-object.ts';
export { withServiceSpan } from './service.ts';
