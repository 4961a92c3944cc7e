/** `import-in-the-middle/register-hooks.mjs` as Node loads it: jest has a loader of its own, which takes no ES modules. */
import { runInThisContext } from 'node:vm';

type Hooks = typeof import('import-in-the-middle/register-hooks.mjs');

const modules = runInThisContext("process.getBuiltinModule('node:module')") as typeof import('node:module');
const hooks = modules.createRequire(__filename)('import-in-the-middle/register-hooks.mjs') as Hooks;

export const { register, supportsSyncHooks } = hooks;
