/** Where routes import the wrapper from. */
export { withTracing } from '@/lib/tracing';
