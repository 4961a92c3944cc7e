/** A trace as text, for a message to a person or to a model. */
import { count, duration } from '../../units.ts';
import { childrenOf, lengthOf, ownTime } from './time.ts';
import { nameOf, serviceOf, typeOf, type Tree } from './tree.ts';

/** More lines than this help nobody. */
const MAX_LINES = 400;
/** A name is data: a line break in it would end the row, a fence would end the block. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('```', "'''");

function line(tree: Tree, at: number): string {
  const { spans } = tree.skeleton;
  const length = spans.durationMicros[at] ?? 0;
  const own = lengthOf(ownTime(tree, at));
  const facts = [
    `[${typeOf(tree, at)}]`,
    oneLine(serviceOf(tree, at)),
    duration(length / 1000),
    ...(childrenOf(tree, at).length > 0 ? [`own ${duration(own / 1000)}`] : []),
    ...(spans.status[at] === 2 ? ['ERROR'] : []),
  ];
  return `${oneLine(nameOf(tree, at))}  ${facts.join(' · ')}`;
}

/**
 * Writes a trace, or one span with everything under it, as Markdown: equal calls folded, failed spans marked.
 *
 * @param root position to start from
 * @param address where the trace can be looked at
 */
export function markdown(tree: Tree, root: number, address: string): string {
  const { row, spans } = tree.skeleton;
  const base = spans.depth[root] ?? 0;
  const end = root === 0 ? tree.size : (tree.end[root] ?? tree.size);
  const lines: string[] = [];
  for (let at = root; at < end && lines.length < MAX_LINES;) {
    const run = at === root ? 0 : (tree.run[at] ?? 0);
    const indent = '  '.repeat(Math.max(0, (spans.depth[at] ?? 0) - base));
    lines.push(indent + (run > 0 ? `${run} × ` : '') + line(tree, at));
    at = run > 0 ? (tree.runEnd[at] ?? end) : at + 1;
    if (lines.length === MAX_LINES && at < end) lines.push(`… ${count(end - at, 'more span')}`);
  }
  const facts = `${count(row.spanCount, 'span')}, ${count(row.errorCount, 'error')}, ${duration(row.durationMillis)}`;
  return `## ${oneLine(nameOf(tree, root))}\n\nTrace \`${row.traceId}\` · ${facts} · ${new Date(row.startMillis).toISOString()}\n${address}\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`;
}
