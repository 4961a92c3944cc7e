/** Reads the links and headings of a page. Pure. */

/** The page without its code, in which nothing is a link. */
function prose(text: string): string {
  return text.replace(/^(\s*)(`{3,}|~{3,})[^]*?^\1\2\s*$/gm, '').replace(/`[^`\n]*`/g, '');
}

/**
 * Finds the targets of the links and pictures of a page.
 *
 * @param text markdown
 * @returns each target as it is written
 */
export function linksOf(text: string): string[] {
  return [...prose(text).matchAll(/\[(?:[^\]]*)\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/**
 * Finds the anchors of a page, as GitHub makes them from its headings.
 *
 * @param text markdown
 * @returns one anchor for each heading
 */
export function headingsOf(text: string): string[] {
  const headings = [...text.replace(/^(\s*)(`{3,}|~{3,})[^]*?^\1\2\s*$/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
