/** Reads what was given on the command line. What is wrong with it is one sentence that says what to do. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Where a command writes. */
export interface Output {
  write(text: string): unknown;
}

/** The options of a command, as `parseArgs` takes them. */
type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Reads the options of a command.
 *
 * @param args what stands behind the command's name
 * @param options the ones that it has
 * @returns their values, by name
 * @throws Error in one sentence, for an unknown option, one without its value or a word too many
 * @example
 * readOptions(['--port', '0'], { port: { type: 'string' } }).port; // '0'
 */
export function readOptions<const T extends Options>(args: string[], options: T) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // What Node says behind the first sentence is for whoever writes a command.
    const [what] = message.split(/\.(?:\n| This command )/u);
    throw new Error(`${what}; see throughline --help`, { cause: error });
  }
}

/**
 * Reads a whole number.
 *
 * @param option its name, without dashes
 * @param text as it was given; undefined when it was not
 * @param least and @param most are the bounds, both included
 * @returns the number, or undefined
 * @throws Error in one sentence
 * @example
 * readWhole('port', '0', 0, 65_535); // 0
 */
export function readWhole(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Error(`--${option} takes a whole number from ${least} to ${most}, got "${text}"`);
}
