// @ts-check
/** Variables for programs. Next's types demand NODE_ENV in `NodeJS.ProcessEnv`, which a part of an environment has not. */

/** @typedef {Readonly<Record<string, string | undefined>>} Environment `process.env` is one */

/**
 * The same, for Node's functions that start programs.
 *
 * @param {Environment} env
 * @returns {NodeJS.ProcessEnv}
 */
export function toProcessEnv(env) {
  const processEnv = /** @type {NodeJS.ProcessEnv} */ (env);
  return processEnv;
}
