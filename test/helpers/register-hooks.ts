/** `import-in-the-middle/register-hooks.mjs` as Node loads it: jest has a loader of its own, which takes no ES modules. */
import type NodeModule from 'node:module';
import { runInThisContext } from 'node:vm';
import type * as Hooks from 'import-in-the-middle/register-hooks.mjs';

const modules = runInThisContext("process.getBuiltinModule('node:module')") as typeof NodeModule;
const hooks = modules.createRequire(__filename)('import-in-the-middle/register-hooks.mjs') as typeof Hooks;

export const { register, supportsSyncHooks } = hooks;
