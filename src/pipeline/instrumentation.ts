/** Boots the tracing of one worker. */
import { startTracing } from '../lib/tracing/boot/index.ts';

export function register(): void {
  startTracing();
}
