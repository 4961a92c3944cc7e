/** What describes this process on every span it sends. */
import { arch, hostname } from 'node:os';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ResolvedConfig } from '../config.ts';
import { SCOPE } from '../span.ts';

/**
 * The resource of this process. The SDK's process detector is not used: it records the user's name, the command line and
 * paths, and a command line may hold a credential.
 *
 * @param config the resolved configuration
 * @returns service, environment, host and process
 */
export function createResource(config: ResolvedConfig): Resource {
  return resourceFromAttributes({
    'host.name': hostname(),
    'host.arch': arch() === 'x64' ? 'amd64' : arch(),
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.distro.name': SCOPE.name,
    'telemetry.distro.version': SCOPE.version,
    ...config.resourceAttributes,
    'service.name': config.serviceName,
    ...(config.serviceVersion === undefined ? {} : { 'service.version': config.serviceVersion }),
    'deployment.environment.name': config.environment,
  });
}
