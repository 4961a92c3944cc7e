/** Next's own hooks. */
export { recordRequestError, type FailedRequest, type RequestErrorContext } from './request-error.ts';
export { traceServerAction } from './action.ts';
export { traceServerComponent } from './component.ts';
