/** Some of Next's build modes look for this file here, and not beside `src`. */
export { onRequestError, register } from '../instrumentation.ts';
