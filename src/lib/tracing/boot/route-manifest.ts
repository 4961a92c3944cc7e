/**
 * From the path of a request to its route, by the manifests of the build: for whoever has to know before Next has matched
 * it (the sampler). A hint: conditions on headers, rewrites by `proxy.ts` and interception are not known here, so what
 * Next has matched at the end is right where the two differ. Pure.
 */

/** What is known of a request before it is matched. */
export interface RouteHint {
  /** The template, such as `/products/[id]`. */
  readonly route: string;
  /** Whether a handler answers, and no page is rendered. */
  readonly isHandler: boolean;
}

/** The part of `routes-manifest.json` that is read. */
export interface RoutesManifest {
  readonly basePath?: string;
  readonly i18n?: { readonly locales?: readonly string[]; readonly defaultLocale?: string } | null;
  readonly redirects?: readonly (Rule & { readonly internal?: boolean })[];
  readonly rewrites?:
    | readonly Rule[]
    | {
        readonly beforeFiles?: readonly Rule[];
        readonly afterFiles?: readonly Rule[];
        readonly fallback?: readonly Rule[];
      };
  readonly staticRoutes?: readonly Page[];
  readonly dynamicRoutes?: readonly Page[];
}

interface Page {
  readonly page: string;
  readonly regex: string;
}

interface Rule {
  readonly regex: string;
  readonly source: string;
  readonly destination: string;
  readonly has?: readonly unknown[];
  readonly missing?: readonly unknown[];
}

interface Rewrite {
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly destination: string;
}

/** How many answers are remembered: paths are the callers' choice, so there is no end to them. */
const CACHE_LIMIT = 1000;
/** Longer paths belong to no route worth the time that a regular expression takes over them. */
const PATH_LENGTH_LIMIT = 2048;

function compile(regex: string): RegExp | undefined {
  try {
    return new RegExp(regex, 'i');
  } catch {
    return undefined;
  }
}

/** The names of the groups of a rule, in their order: `/:a/x/:b(\\d+)`, also as `(?:/:a)*`. */
function namesOf(source: string): string[] {
  return [...source.matchAll(/:([A-Za-z_]\w*)/g)].map(([, name = '']) => name);
}

function toRewrites(rules: readonly Rule[] = []): Rewrite[] {
  return rules.flatMap(({ regex, source, destination, has, missing }) => {
    const pattern = compile(regex);
    // Rules with conditions, and those that lead elsewhere, say nothing about a path alone.
    if (!pattern || has?.length || missing?.length || !destination.startsWith('/')) return [];
    return [{ pattern, names: namesOf(source), destination: destination.split('?', 1)[0] ?? '/' }];
  });
}

function rewritten(path: string, { pattern, names, destination }: Rewrite): string | undefined {
  const found = pattern.exec(path);
  if (found === null) return undefined;
  const values = new Map(names.map((name, index) => [name, found[index + 1] ?? '']));
  return destination.replace(/:([A-Za-z_]\w*)[*+?]?/g, (whole, name: string) => values.get(name) ?? whole);
}

/** Answers which route a path leads to. */
export class RouteTable {
  readonly #basePath: string;
  readonly #locales: ReadonlySet<string>;
  readonly #defaultLocale: string | undefined;
  readonly #appFiles: ReadonlyMap<string, string>;
  readonly #redirects: readonly RegExp[];
  readonly #beforeFiles: readonly Rewrite[];
  readonly #afterFiles: readonly Rewrite[];
  readonly #fallback: readonly Rewrite[];
  readonly #fixed: ReadonlySet<string>;
  readonly #dynamic: readonly { readonly page: string; readonly pattern: RegExp }[];
  readonly #answers = new Map<string, RouteHint | undefined>();

  /**
   * @param manifest the content of `routes-manifest.json`
   * @param appPaths the content of `app-path-routes-manifest.json`: the file of each route of the app folder
   */
  constructor(manifest: RoutesManifest, appPaths: Readonly<Record<string, string>> = {}) {
    const { rewrites = {} } = manifest;
    const phases = 'beforeFiles' in rewrites || !Array.isArray(rewrites) ? rewrites : { afterFiles: rewrites };
    const { beforeFiles, afterFiles, fallback } = phases as Record<string, readonly Rule[] | undefined>;
    this.#basePath = manifest.basePath ?? '';
    this.#locales = new Set((manifest.i18n?.locales ?? []).map((locale) => locale.toLowerCase()));
    this.#defaultLocale = manifest.i18n?.defaultLocale;
    this.#redirects = (manifest.redirects ?? []).flatMap(({ internal, regex, has, missing }) =>
      internal === true || has?.length || missing?.length ? [] : (compile(regex) ?? []),
    );
    this.#beforeFiles = toRewrites(beforeFiles);
    this.#afterFiles = toRewrites(afterFiles);
    this.#fallback = toRewrites(fallback);
    this.#fixed = new Set((manifest.staticRoutes ?? []).map(({ page }) => page));
    this.#dynamic = (manifest.dynamicRoutes ?? []).flatMap(({ page, regex }) => {
      const pattern = compile(regex);
      return pattern === undefined ? [] : [{ page, pattern }];
    });
    this.#appFiles = new Map(Object.entries(appPaths).map(([file, route]) => [route, file]));
  }

  /**
   * The route that a request will most likely be matched to.
   *
   * @param path the path as it was sent, without its query
   * @returns the route, or `undefined` where the manifests do not say; never throws
   */
  resolve(path: string): RouteHint | undefined {
    if (path.length > PATH_LENGTH_LIMIT) return undefined;
    if (this.#answers.has(path)) return this.#answers.get(path);
    const route = this.#find(path);
    const hint = route === undefined ? undefined : { route, isHandler: this.#isHandler(route) };
    const [oldest] = this.#answers.keys();
    if (this.#answers.size >= CACHE_LIMIT && oldest !== undefined) this.#answers.delete(oldest);
    this.#answers.set(path, hint);
    return hint;
  }

  /** A handler of the app folder, or of the pages folder, where all below `/api` are. */
  #isHandler(route: string): boolean {
    const file = this.#appFiles.get(route);
    return file === undefined ? route.startsWith('/api/') : file.endsWith('/route');
  }

  // Next's own order (`resolve-routes.ts`): redirects, rewrites before files, files, rewrites after files, dynamic
  // routes, rewrites as a last resort.
  #find(path: string): string | undefined {
    if (this.#redirects.some((pattern) => pattern.test(this.#withLocale(path)))) return undefined;
    const before = this.#rewrite(path, this.#beforeFiles) ?? path;
    const fixed = this.#file(before);
    if (fixed !== undefined) return fixed;
    const after = this.#rewrite(before, this.#afterFiles) ?? before;
    const page = this.#file(after) ?? this.#dynamicPage(after);
    if (page !== undefined) return page;
    const last = this.#rewrite(after, this.#fallback);
    return last === undefined ? undefined : (this.#file(last) ?? this.#dynamicPage(last));
  }

  #rewrite(path: string, rewrites: readonly Rewrite[]): string | undefined {
    for (const rewrite of rewrites) {
      const target = rewritten(this.#withLocale(path), rewrite);
      if (target !== undefined) return target;
    }
    return undefined;
  }

  #file(path: string): string | undefined {
    const bare = this.#bare(path);
    return bare !== undefined && this.#fixed.has(bare) ? bare : undefined;
  }

  #dynamicPage(path: string): string | undefined {
    const bare = this.#bare(path);
    return bare === undefined ? undefined : this.#dynamic.find(({ pattern }) => pattern.test(bare))?.page;
  }

  /** Rules are written with base path and locale: a path without a locale is in the default one. */
  #withLocale(path: string): string {
    if (this.#defaultLocale === undefined || !this.#isBelowBase(path)) return path;
    const rest = path.slice(this.#basePath.length);
    const first = rest.split('/', 2)[1]?.toLowerCase() ?? '';
    return this.#locales.has(first) ? path : `${this.#basePath}/${this.#defaultLocale}${rest === '/' ? '' : rest}`;
  }

  #isBelowBase(path: string): boolean {
    return this.#basePath === '' || path === this.#basePath || path.startsWith(`${this.#basePath}/`);
  }

  /** Pages are written with neither base path nor locale. */
  #bare(path: string): string | undefined {
    if (!this.#isBelowBase(path)) return undefined;
    const rest = path.slice(this.#basePath.length);
    const [, first = '', ...others] = rest.split('/');
    const page = this.#locales.has(first.toLowerCase()) ? `/${others.join('/')}` : rest;
    return page === '' ? '/' : page;
  }
}
