/** Attributes that say which code ran. Pure. */
import type { Attributes } from '@opentelemetry/api';
import { ATTR } from './names.ts';

/** As much of a Server Action as there is to say. */
interface Action {
  readonly id: string;
  readonly name: string | undefined;
  readonly file: string | undefined;
}

/**
 * Describes the code of an action, for the span of the action itself.
 *
 * @param action as the build knows it
 * @returns `code.function.name` and `code.file.path`, as far as they are known
 */
export function codeAttributes({ name, file }: Action): Attributes {
  return {
    ...(name === undefined ? {} : { [ATTR.CODE_FUNCTION]: name }),
    ...(file === undefined ? {} : { [ATTR.CODE_FILE]: file }),
  };
}

/**
 * Says which action ran, for the SERVER span of the request that called it.
 *
 * @param action as the build knows it
 * @returns its identifier, name and file, under our own prefix
 */
export function actionAttributes({ id, name, file }: Action): Attributes {
  return {
    [ATTR.ACTION_ID]: id,
    ...(name === undefined ? {} : { [ATTR.ACTION_NAME]: name }),
    ...(file === undefined ? {} : { [ATTR.ACTION_FILE]: file }),
  };
}
