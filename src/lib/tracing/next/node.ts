/** All of `throughline/next`, for Node. Other runtimes get `index.ts`: a configuration is read by Node alone. */
export { recordRequestError, type FailedRequest, type RequestErrorContext } from './request-error.ts';
export { withTracingConfig, type NextConfigInput } from './config.ts';
export { traceServerAction } from './action.ts';
export { traceServerComponent } from './component.ts';
