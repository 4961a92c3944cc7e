/**
 * Node's synchronous module hooks, installed at boot: what is loaded by `import` is seen as what is loaded by `require` is,
 * with no flag on the command line. Only packages that an instrumentation asks for are looked at.
 */
import { isBuiltin } from 'node:module';
import { diag } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { register, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';

/** Node takes hooks once for a process, whatever is booted in it again. */
const INSTALLED = Symbol.for('throughline.module-hooks');

const CANNOT_HOOK =
  'throughline: this Node has no module hooks that work (22.22.3, 24.11.1, 25.1 and 26 have them): drivers that are ES ' +
  'modules are not traced; everything else is';
const FAILED =
  'throughline: the module hooks could not be installed: drivers that are ES modules are not traced; everything else is';

/** What Node and `import-in-the-middle` bring; a test gives others. */
export interface HookParts {
  readonly register: (options: { include: RegExp[] }) => void;
  readonly isSupported: () => boolean;
  readonly holder: object;
}

const PARTS: HookParts = { register, isSupported: supportsSyncHooks, holder: globalThis };

/**
 * The packages that instrumentations hook. The base class keeps them to itself, so this is a look, with a fallback.
 *
 * @param instrumentations the active ones
 * @returns names of packages, without Node's own modules, each once
 */
export function packagesOf(instrumentations: readonly Instrumentation[]): string[] {
  const names = instrumentations.flatMap((instrumentation) => {
    const definitions: unknown = Reflect.get(instrumentation, '_modules');
    return Array.isArray(definitions) ? definitions.map((each: { name?: unknown } | undefined) => each?.name) : [];
  });
  const packages = names.filter((name): name is string => typeof name === 'string' && /^[@\w]/.test(name));
  return [...new Set(packages)].filter((name) => !isBuiltin(name)).toSorted();
}

/**
 * Matches the files of packages by their address. Names would not do: Turbopack imports what it leaves outside the bundle
 * by aliases (`pg-587764f78a6c7a9c`), and pnpm keeps packages elsewhere; both end in the package's own folder.
 *
 * @param packages their names
 * @returns a pattern for file URLs
 */
export function filesOf(packages: readonly string[]): RegExp {
  const names = packages.map((name) => name.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
  return new RegExp(`/node_modules/(?:${names.join('|')})/`);
}

/**
 * Installs the hooks, once for a process, for the packages that instrumentations hook. Where that cannot be done it says so
 * once, and nothing else changes.
 *
 * @param instrumentations the active ones
 * @param parts what does it
 */
export function installModuleHooks(instrumentations: readonly Instrumentation[], parts: HookParts = PARTS): void {
  try {
    const packages = packagesOf(instrumentations);
    if (packages.length === 0 || Reflect.get(parts.holder, INSTALLED) === true) return;
    Reflect.set(parts.holder, INSTALLED, true);
    if (parts.isSupported()) parts.register({ include: [filesOf(packages)] });
    else diag.warn(CANNOT_HOOK);
  } catch (error) {
    diag.warn(FAILED, error);
  }
}
