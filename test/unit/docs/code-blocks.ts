/**
 * Finds the code that documentation shows, in markdown and in doc comments, and the values that it promises. Pure: text
 * in, text out; `run-block.ts` runs what is found here.
 */
import { type Expression, type ObjectExpression, parseSync } from '@swc/core';
import { readSource } from '../repository/source-text.ts';

/** A piece of code in a document. */
export interface CodeBlock {
  readonly file: string;
  /** Line of the first line of code; the first of the file is 1. */
  readonly line: number;
  /** In markdown what stands behind the fence (`ts`, `text tree`), in a doc comment the name of the export. */
  readonly title: string;
  readonly code: string;
}

/** A value that the code promises: `expression; // literal`. */
export interface Promised {
  /** Line within the code, from 1. */
  readonly line: number;
  readonly literal: string;
}

/** Code in which every promised value is handed to `__promised(value, index)`. */
export interface CheckedCode {
  readonly code: string;
  readonly promised: readonly Promised[];
}

/** Stands for `...` in a literal: more may follow. */
export class AndMore {
  readonly kind = 'and more';
}

/**
 * Finds the fenced blocks of a page, of any language.
 *
 * @param file its path, for messages
 * @param text its text
 * @returns the blocks in their order
 * @throws Error when a fence is never closed
 */
export function fencedBlocks(file: string, text: string): CodeBlock[] {
  const found: CodeBlock[] = [];
  let open:
    { readonly fence: string; readonly indent: string; readonly title: string; readonly line: number } | undefined;
  let lines: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', fence, title = ''] = /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/.exec(line) ?? [];
    if (open === undefined) {
      if (fence === undefined) continue;
      open = { fence, indent, title, line: index + 2 };
      lines = [];
    } else if (fence !== undefined && title === '' && fence.startsWith(open.fence)) {
      found.push({ file, line: open.line, title: open.title, code: lines.join('\n') });
      open = undefined;
    } else lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
  }
  if (open !== undefined) throw new Error(`${file}:${open.line - 1}: this block is never closed`);
  return found;
}

const TAG = /^@(?:param|returns?|throws|example|see|deprecated|default|internal|remarks)\b/;
const DECLARED =
  /^\s*(?:\/\/[^\n]*\n\s*)*(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\s*\*?|class|const|let|type|interface)\s+([\w$]+)/;

/**
 * Finds the examples of a source: each `@example` of each doc comment.
 *
 * @param file its path, for messages
 * @param text its text
 * @returns one block for each `@example`, named after what is declared below the comment
 */
export function docExamples(file: string, text: string): CodeBlock[] {
  const found: CodeBlock[] = [];
  for (const comment of text.matchAll(/^[ \t]*\/\*\*[^]*?\*\//gm)) {
    const title = DECLARED.exec(text.slice(comment.index + comment[0].length))?.[1] ?? 'a member';
    const first = text.slice(0, comment.index).split('\n').length;
    const lines = comment[0].split('\n').map((line) => line.replace(/^\s*(?:\/\*\*|\*\/|\*) ?/, ''));
    let code: string[] | undefined;
    for (const [index, line] of [...lines, '@see'].entries()) {
      if (!TAG.test(line)) {
        code?.push(line);
        continue;
      }
      if (code !== undefined) {
        found.push({ file, line: first + index - code.length, title, code: code.join('\n').trimEnd() });
      }
      code = line.startsWith('@example') ? [] : undefined;
    }
  }
  return found;
}

function parseExpression(text: string): Expression | undefined {
  try {
    const { body } = parseSync(`async () => (${text}\n)`, { syntax: 'typescript', decorators: true });
    const [statement, ...others] = body;
    if (statement?.type !== 'ExpressionStatement' || others.length > 0) return undefined;
    const { expression } = statement;
    if (expression.type !== 'ArrowFunctionExpression') return undefined;
    return expression.body.type === 'ParenthesisExpression' ? expression.body.expression : undefined;
  } catch {
    return undefined;
  }
}

/** Looks like a value, so that it has to be one: a misspelt literal must not pass for a remark. */
const VALUE_LIKE = /^(?:['"[{]|-?\d|(?:true|false|null|undefined|NaN)\b)/;

/** `...` at the end of a list or an object means that more may follow. */
function withMore(literal: string): string {
  return literal.replace(/\.\.\.(?=\s*[\]}])/g, '__more');
}

function property(object: ObjectExpression): [string, unknown][] {
  return object.properties.map((one): [string, unknown] => {
    if (one.type === 'Identifier' && one.value === '__more') return ['__more', new AndMore()];
    if (one.type !== 'KeyValueProperty') throw new SyntaxError('not a plain property');
    const { key } = one;
    if (key.type === 'Identifier' || key.type === 'StringLiteral') return [key.value, evaluate(one.value)];
    throw new SyntaxError('not a plain key');
  });
}

function evaluate(expression: Expression): unknown {
  switch (expression.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
    case 'BooleanLiteral':
      return expression.value;
    case 'BigIntLiteral':
      return BigInt((expression as unknown as { raw: string }).raw.replace(/[_n]/g, ''));
    case 'NullLiteral':
      return null;
    case 'Identifier':
      if (expression.value === '__more') return new AndMore();
      if (expression.value === 'undefined') return undefined;
      if (expression.value === 'NaN') return Number.NaN;
      break;
    case 'UnaryExpression':
      if (expression.operator === '-') return -(evaluate(expression.argument) as number);
      break;
    case 'ArrayExpression':
      return expression.elements.map((element) => {
        if (!element || element.spread) throw new SyntaxError('a list with gaps or spreads is no literal');
        return evaluate(element.expression);
      });
    case 'ObjectExpression':
      return Object.fromEntries(property(expression));
    default:
  }
  throw new SyntaxError(`${expression.type} is no literal`);
}

/**
 * Reads a literal: text, numbers, lists and objects of them. `...` at the end of a list or an object gives an `AndMore`,
 * in an object under the key `__more`.
 *
 * @param text what a comment says
 * @returns the value, or `undefined` when the text is a remark
 * @throws SyntaxError when the text begins like a value and is none
 */
export function readLiteral(text: string): { readonly value: unknown } | undefined {
  if (!VALUE_LIKE.test(text)) return undefined;
  const expression = parseExpression(withMore(text));
  if (expression === undefined) throw new SyntaxError(`"${text}" begins like a value, and is none`);
  return { value: evaluate(expression) };
}

/** A line in two: the code, and the text of the comment behind or below it. */
interface Line {
  readonly code: string;
  readonly comment: string;
}

function splitLines(text: string): Line[] {
  const code = readSource(text).code.split('\n');
  return text.split('\n').map((line, index) => {
    // What is blank in `code` and not in the text, from here to the end of the line, is a comment.
    const end = (code[index] ?? '').trimEnd().length;
    const rest = line.slice(end).trim();
    return rest.startsWith('//')
      ? { code: line.slice(0, end), comment: rest.slice(2).trim() }
      : { code: line, comment: '' };
  });
}

/**
 * Finds what the code promises: `expression; // literal`, also behind `return`, and with the literal on the line below.
 * A comment that is no literal is a remark.
 *
 * @param text TypeScript
 * @returns the same code, in the same lines, with `__promised(value, index)` around each such expression
 * @throws SyntaxError when a comment begins like a value and is none, or stands where no value can be seen
 */
export function checkedCode(text: string): CheckedCode {
  const promised: Promised[] = [];
  const lines = splitLines(text);
  const code = lines.map(({ code: line, comment }, index) => {
    const [, indent = '', keyword = '', expression = ''] = /^(\s*)(return\s+)?(.*?);?\s*$/.exec(line) ?? [];
    const isExpression = expression !== '' && parseExpression(expression) !== undefined;
    const below = lines[index + 1];
    const isBelow = comment === '' && isExpression && below?.code.trim() === '';
    const literal = isBelow ? below.comment : comment;
    if (line.trim() === '' || readLiteral(literal) === undefined) return line;
    if (!isExpression) {
      throw new SyntaxError(
        `line ${index + 1}: "${literal}" is promised for something that is no expression of one line`,
      );
    }
    promised.push({ line: index + 1, literal });
    return `${indent}${keyword}__promised(${expression}, ${promised.length - 1});`;
  });
  return { code: code.join('\n'), promised };
}
