/** Who may have trace context, and who baggage: by the host that is called. Pure. */
import type { ResolvedConfig } from '../config.ts';

/** Says whether a host, named without its port, may have something. */
export type HostRule = (host: string) => boolean;

/** What leaves for which host. */
export interface TargetPolicy {
  readonly traceContext: HostRule;
  readonly baggage: HostRule;
}

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** `example.com` means that host; `.example.com` means everything below it. This machine is on every list. */
function listOf(targets: readonly string[]): HostRule {
  const listed = targets.map((target) => target.toLowerCase());
  return (named) => {
    const host = named.toLowerCase();
    if (LOOPBACK.test(host)) return true;
    return listed.some((target) => (target.startsWith('.') ? host.endsWith(target) : host === target));
  };
}

/**
 * Makes the policy of a configuration.
 *
 * @param config the lists; trace context goes to everybody where there is none
 * @returns a rule for each
 */
export function createTargetPolicy(config: Pick<ResolvedConfig, 'propagateTo' | 'baggageTargets'>): TargetPolicy {
  return {
    traceContext: config.propagateTo === undefined ? () => true : listOf(config.propagateTo),
    baggage: listOf(config.baggageTargets),
  };
}
