/** Traces machine learning besides language models: training, prediction, scoring. */
import { type AttributeInput, cleanName } from '../attributes.ts';
import { ATTR } from '../semconv/names.ts';
import { withActiveSpan } from '../span.ts';

/** Numbers and words that describe the run, such as `{ datasetSize: 10000, epochs: 10 }`. */
export type MlDetails = Readonly<Record<string, string | number | boolean>>;

function toSnakeCase(name: string): string {
  return cleanName(name)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function describe(details: MlDetails): AttributeInput {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [ATTR.ML_PARAMETER + toSnakeCase(name), value]),
  );
}

/**
 * Traces one machine-learning step as `{operation} {model}`.
 *
 * @param operation such as `train` or `predict`
 * @param model the model's name
 * @param fn does it
 * @param details recorded as `throughline.ml.dataset_size` and so on
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const model = await traceMLOperation('train', 'energy_prediction', async () => ({ weights: [] }), { epochs: 10 });
 */
export function traceMLOperation<R>(operation: string, model: string, fn: () => R, details: MlDetails = {}): R {
  return withActiveSpan(
    `${operation} ${model}`,
    { attributes: { ...describe(details ?? {}), [ATTR.ML_OPERATION]: operation, [ATTR.ML_MODEL]: model } },
    () => fn(),
  );
}
