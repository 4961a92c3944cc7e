/** Ratios for single routes: which of them holds for a request that begins. Pure. */

interface Below {
  /** With its last slash: `/api/orders/`. */
  readonly prefix: string;
  readonly ratio: number;
}

/** Finds the ratio of a route. A rule for the route itself wins, then the longest `/*` above it. */
export class RouteRules {
  readonly #exact: ReadonlyMap<string, number>;
  readonly #below: readonly Below[];

  /**
   * @param rules a template such as `/api/health`, or `/api/orders/*` for it and all that is below, to a ratio from 0 to 1
   */
  constructor(rules: Readonly<Record<string, number>>) {
    const all = Object.entries(rules);
    this.#exact = new Map(all.filter(([pattern]) => !pattern.endsWith('/*')));
    this.#below = all
      .filter(([pattern]) => pattern.endsWith('/*'))
      .map(([pattern, ratio]) => ({ prefix: pattern.slice(0, -1), ratio }))
      .toSorted((a, b) => b.prefix.length - a.prefix.length);
  }

  /**
   * The ratio that holds.
   *
   * @param names what is known of the request: its route, its path
   * @returns the ratio, or `undefined` when no rule speaks of it
   */
  ratioFor(...names: readonly (string | undefined)[]): number | undefined {
    const known = names.filter((name) => name !== undefined);
    for (const name of known) {
      const ratio = this.#exact.get(name);
      if (ratio !== undefined) return ratio;
    }
    return this.#below.find(({ prefix }) => known.some((name) => `${name}/`.startsWith(prefix)))?.ratio;
  }
}
