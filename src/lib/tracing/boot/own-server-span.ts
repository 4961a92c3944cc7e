/** Decides whether the SERVER span of this process is ours, and puts everything in place for it. */
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { ROOT_CONTEXT, type TracerProvider, context, createContextKey, diag, trace } from '@opentelemetry/api';
import type { ResolvedConfig } from '../config.ts';
import type { TracingRuntime } from '../runtime.ts';
import { ServerSpans, watchServers } from './http-server.ts';
import { buildFolders, isNextServer, serverActionOf, waitingRequests } from './next-internals.ts';
import { tameNext } from './next-tracer.ts';
import { type RouteHint, RouteTable, type RoutesManifest } from './route-manifest.ts';

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** `next dev` writes a manifest without pages: there the route is known at the end alone. */
function loadRoutes(): RouteTable | undefined {
  try {
    const folder = buildFolders().find((candidate) => existsSync(join(candidate, 'routes-manifest.json')));
    if (folder === undefined) return undefined;
    const appPaths = join(folder, 'app-path-routes-manifest.json');
    return new RouteTable(
      readJson(join(folder, 'routes-manifest.json')) as RoutesManifest,
      existsSync(appPaths) ? (readJson(appPaths) as Record<string, string>) : {},
    );
  } catch (error) {
    diag.info('throughline: the manifests of the build could not be read; routes are known at the end alone', error);
    return undefined;
  }
}

/** The route of a path, from manifests that are read with the first request: by then Next has said where they are. */
function createRouteLookup(environment: Readonly<Record<string, string | undefined>>) {
  if (environment['NODE_ENV'] === 'development') return (): undefined => undefined;
  let table: RouteTable | undefined | null = null;
  return (path: string): RouteHint | undefined => {
    if (table === null) table = loadRoutes();
    return table?.resolve(path);
  };
}

/** What has to be as it was when this was written; the first thing that is not. */
function findSurprise(provider: TracerProvider): string | undefined {
  const global: object = trace.getTracerProvider();
  const delegate: unknown = 'getDelegate' in global && typeof global.getDelegate === 'function' && global.getDelegate();
  if (delegate !== provider) return 'the registered tracer provider is not the one that was started here';
  if (!Object.isExtensible(provider)) return 'the tracer provider cannot be changed';
  if (typeof http.Server.prototype.emit !== 'function') return "Node's HTTP server has no emit";
  const probe = ROOT_CONTEXT.setValue(createContextKey('throughline.probe'), true);
  if (context.with(probe, () => context.active()) !== probe) return 'no context manager is registered';
  return undefined;
}

/**
 * Opens the SERVER span of every request ourselves, in a server process of Next. In any other program it does nothing: there
 * an HTTP server may be anything (a metrics page, a test's), and `withTracing` opens the span of what it wraps.
 *
 * @param provider the tracer provider that was started
 * @param config the resolved configuration
 * @param runtime the state of this process
 * @param environment the environment variables
 * @returns takes it back
 */
export function ownServerSpans(
  provider: TracerProvider | undefined,
  config: ResolvedConfig,
  runtime: TracingRuntime,
  environment: Readonly<Record<string, string | undefined>>,
): () => void {
  if (provider === undefined || !isNextServer(environment)) return () => {};
  runtime.actionOf = (id) => serverActionOf(id);
  const surprise = findSurprise(provider);
  if (surprise !== undefined) {
    const trust = config.settings.trustIncoming === 'all' ? '' : '; trustIncoming has no say over it';
    diag.warn(`throughline: the server span of Next is used, because ${surprise}${trust}`);
    return () => {};
  }
  const spans = new ServerSpans(config, runtime, createRouteLookup(environment));
  tameNext(provider, spans, config.nextSpans);
  const release = watchServers(spans);
  for (const [req, res] of waitingRequests()) spans.adopt(req, res);
  return release;
}
