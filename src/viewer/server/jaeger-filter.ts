/**
 * The structured filter of Jaeger's v3 search: reads the JSON of `query.filter`. A tree of calls over references and constants.
 * Source: Jaeger's RFC 0005, section 6.1.
 */
import { isWord, patternFault } from './jaeger-text.ts';
import { SearchError } from './search.ts';

/** Where an attribute or a field is; `''` for span or resource. */
export type Level = '' | 'span' | 'resource' | 'scope' | 'event' | 'link';

/** What a call compares. */
export type Operand =
  | { readonly is: 'attr'; readonly key: string; readonly level: Level }
  | { readonly is: 'field'; readonly name: string; readonly level: Level }
  | { readonly is: 'scalar'; readonly value: string; readonly type: ConstantType }
  | { readonly is: 'list'; readonly values: readonly string[]; readonly type: ConstantType };

/** As an explicit type of a constant; `''` for any. */
export type ConstantType = '' | 'string' | 'int' | 'double' | 'bool';

/** Operators over two operands. */
export type Comparison = 'eq' | 'ne' | 'gt' | 'lt' | 'gte' | 'lte' | 'in' | 'not_in';

/** A filter, understood. */
export type Filter =
  | { readonly op: 'and' | 'or'; readonly args: readonly Filter[] }
  | { readonly op: 'not'; readonly arg: Filter }
  | { readonly op: 'exists'; readonly of: Operand }
  | { readonly op: 'regex'; readonly of: Operand; readonly pattern: string }
  | { readonly op: 'phrase' | 'fulltext'; readonly of: Operand; readonly words: readonly string[] }
  | { readonly op: 'some'; readonly level: 'event' | 'link'; readonly arg: Filter }
  | { readonly op: Comparison; readonly left: Operand; readonly right: Operand };

/** Valid, but not answered by this store; Jaeger's status for it is 501. */
export class UnsupportedFilterError extends Error {
  override name = 'UnsupportedFilterError';
}

const MAX_CALLS = 200;
const LEVELS: readonly Level[] = ['span', 'resource', 'scope', 'event', 'link'];
const TYPES: readonly ConstantType[] = ['', 'string', 'int', 'double', 'bool'];
const FIELDS: Readonly<Record<Level, readonly string[]>> = {
  '': [],
  span: 'traceID spanID parentSpanID traceState name kind startTime endTime status statusMessage duration'.split(' '),
  resource: ['service', 'schemaURL'],
  scope: ['name', 'version', 'schemaURL'],
  event: ['name', 'time', 'timeSinceStart'],
  link: ['traceID', 'spanID', 'traceState'],
};
const COMPARISONS: readonly Comparison[] = ['eq', 'ne', 'gt', 'lt', 'gte', 'lte', 'in', 'not_in'];
/** The constant on the left is turned round, so that the reference comes first. */
const TURNED: Readonly<Partial<Record<Comparison, Comparison>>> = {
  eq: 'eq',
  ne: 'ne',
  gt: 'lt',
  lt: 'gt',
  gte: 'lte',
  lte: 'gte',
};
/** Fields that hold no text. */
const NO_TEXT: ReadonlySet<string> = new Set(['startTime', 'endTime', 'duration', 'time', 'timeSinceStart']);

type Json = Readonly<Record<string, unknown>>;

function fail(what: string): never {
  throw new SearchError(`query.filter: ${what}`);
}

function objectOf(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(`${what} must be an object`);
  return value as Json;
}

function textOf(value: unknown, what: string): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : fail(`${what} must be a string`);
}

function oneOf<Word extends string>(value: unknown, words: readonly Word[], what: string): Word {
  const found = words.find((word) => word === textOf(value, what));
  return found ?? fail(`${what} must be one of ${words.filter((word) => word !== '').join(', ')}`);
}

function fieldOf(term: Json): Operand {
  const level = oneOf(term['level'], LEVELS, 'the level of a field');
  return { is: 'field', level, name: oneOf(term['name'], FIELDS[level], `a field of ${level}`) };
}

function listOf(term: Json): Operand {
  const { values } = term;
  if (!Array.isArray(values) || values.length === 0) return fail('a list needs values');
  return {
    is: 'list',
    values: values.map((value) => textOf(value, 'a value of a list')),
    type: oneOf(term['type'], TYPES, 'the type of a list'),
  };
}

/** The one term that an expression is. */
function termOf(expression: unknown): readonly [name: string, term: Json] {
  const entries = Object.entries(objectOf(expression, 'an argument'));
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) return fail('an argument must have exactly one term');
  return [entry[0], objectOf(entry[1], entry[0])];
}

function operandOf(expression: unknown): Operand {
  const [name, term] = termOf(expression);
  switch (name) {
    case 'attr': {
      const key = textOf(term['key'], 'the key of an attribute');
      if (key === '') return fail('an attribute needs a key');
      return { is: 'attr', key, level: oneOf(term['level'], ['', ...LEVELS], 'the level of an attribute') };
    }
    case 'field':
      return fieldOf(term);
    case 'scalar':
      return {
        is: 'scalar',
        value: textOf(term['value'], 'the value of a scalar'),
        type: oneOf(term['type'], TYPES, 'the type of a scalar'),
      };
    case 'list':
      return listOf(term);
    default:
      return fail(`${name.slice(0, 40)} cannot be compared`);
  }
}

const isReference = ({ is }: Operand): boolean => is === 'attr' || is === 'field';

function comparisonOf(op: Comparison, args: readonly unknown[]): Filter {
  if (args.length !== 2) return fail(`${op} takes two arguments`);
  const [left, right] = [operandOf(args[0]), operandOf(args[1])];
  const turned = TURNED[op];
  if (turned === undefined) {
    if (!isReference(left) || right.is !== 'list') return fail(`${op} takes a reference and a list`);
    return { op, left, right };
  }
  if (left.is === 'list' || right.is === 'list') return fail(`${op} takes no list`);
  if (isReference(left)) return { op, left, right };
  if (isReference(right)) return { op: turned, left: right, right: left };
  throw new UnsupportedFilterError(`query.filter: ${op} over two constants is not supported here`);
}

function regexOf(args: readonly unknown[]): Filter {
  if (args.length !== 2) return fail('regex takes two arguments');
  const [of, pattern] = [operandOf(args[0]), operandOf(args[1])];
  if (!isReference(of) || pattern.is !== 'scalar' || !['', 'string'].includes(pattern.type)) {
    return fail('regex takes a reference and a string');
  }
  if (of.is === 'field' && NO_TEXT.has(of.name)) return fail(`regex takes text, and ${of.name} is none`);
  const fault = patternFault(pattern.value);
  return fault === undefined ? { op: 'regex', of, pattern: pattern.value } : fail(`regex: ${fault}`);
}

function wordSearchOf(op: 'phrase' | 'fulltext', args: readonly unknown[]): Filter {
  if (args.length !== 2) return fail(`${op} takes two arguments`);
  const [of, list] = [operandOf(args[0]), operandOf(args[1])];
  if (of.is !== 'attr' || list.is !== 'list' || !['', 'string'].includes(list.type)) {
    return fail(`${op} takes an attribute and a list of words`);
  }
  const wrong = list.values.find((word) => !isWord(word));
  if (wrong !== undefined) return fail(`${op} takes words of letters and digits, got "${wrong.slice(0, 40)}"`);
  return { op, of, words: list.values };
}

function callOf(call: Json, bound: ReadonlySet<string>, budget: { left: number }): Filter {
  budget.left -= 1;
  if (budget.left < 0) return fail(`more than ${MAX_CALLS} calls`);
  const op = textOf(call['op'], 'op');
  const args: readonly unknown[] = Array.isArray(call['args']) ? call['args'] : fail('a call needs args');
  const predicate = (expression: unknown, within = bound): Filter => {
    const [name, term] = termOf(expression);
    return name === 'call' ? callOf(term, within, budget) : fail(`${op} takes calls, got ${name.slice(0, 40)}`);
  };
  if (op === 'and' || op === 'or') {
    if (args.length < 2) return fail(`${op} takes two arguments or more`);
    return { op, args: args.map((each) => predicate(each)) };
  }
  if (op === 'not') return args.length === 1 ? { op, arg: predicate(args[0]) } : fail('not takes one argument');
  if (op === 'exists') {
    const of = args.length === 1 ? operandOf(args[0]) : fail('exists takes one argument');
    return isReference(of) ? { op, of } : fail('exists takes a reference');
  }
  if (op === 'some') {
    if (args.length !== 2) return fail('some takes two arguments');
    const [name, term] = termOf(args[0]);
    if (name !== 'nested') return fail('some takes nested events or links');
    const level = oneOf(term['level'], ['event', 'link'], 'the level of nested');
    if (bound.has(level)) return fail(`some over ${level} within some over ${level}`);
    return { op, level, arg: predicate(args[1], new Set([...bound, level])) };
  }
  if (op === 'regex') return regexOf(args);
  if (op === 'phrase' || op === 'fulltext') return wordSearchOf(op, args);
  const comparison = COMPARISONS.find((each) => each === op);
  return comparison === undefined ? fail(`no such op: ${op.slice(0, 40)}`) : comparisonOf(comparison, args);
}

/**
 * Reads a filter.
 *
 * @param text the JSON of one call
 * @returns the filter; plain data, so that it can travel between threads
 * @throws SearchError for what is none; UnsupportedFilterError for what this store does not answer
 * @example
 * parseFilter('{"op":"exists","args":[{"attr":{"key":"user.id"}}]}').op; // 'exists'
 */
export function parseFilter(text: string): Filter {
  let call: unknown;
  try {
    call = JSON.parse(text);
  } catch {
    return fail('not valid JSON');
  }
  return callOf(objectOf(call, 'the filter'), new Set(), { left: MAX_CALLS });
}
