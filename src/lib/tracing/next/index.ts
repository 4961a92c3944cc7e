/** Next's own hooks. */
export { recordRequestError, type FailedRequest, type RequestErrorContext } from './request-error.ts';
