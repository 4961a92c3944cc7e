/** As much of workerd's own module as is used. Not published: a Worker's project has the whole of it. */
declare module 'cloudflare:workers' {
  export const env: Readonly<Record<string, unknown>>;
  export function waitUntil(work: Promise<unknown>): void;
}
