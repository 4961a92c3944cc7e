/** The page that a whole run of the end-to-end tests writes. */
import { type Result, conformancePage } from '../../helpers/conformance.ts';

const test = (file: string, ancestorTitles: string[], title: string, status = 'passed'): Result => ({
  file,
  ancestorTitles,
  title,
  status,
});

it('has a table for each group, a row for each case, a column for each way of running Next', () => {
  const cases = 'test/e2e/server-span/cases.test.ts';
  const page = conformancePage(
    [
      test('test/e2e/server-span/faults.test.ts', ['a part that fails'], 'an exporter | that throws', 'failed'),
      test(cases, ['next start', 'one SERVER span', 'no parent'], '[page] a page'),
      test(cases, ['next start', 'one SERVER span', 'incoming parent'], '[page] a page'),
      test(cases, ['next dev', 'one SERVER span', 'no parent'], '[page] a page'),
      test(cases, ['next dev', 'one SERVER span', 'incoming parent'], '[page] a page', 'failed'),
      test(cases, ['next start', 'one SERVER span', 'no parent'], '[early] a request before the boot'),
      test(cases, ['next start'], '[nothing-else] nothing else'),
    ],
    '16.4.5',
  );
  expect(page.slice(page.indexOf('## '))).toBe(`## One SERVER span

| case | start | dev |
| --- | --- | --- |
| \`page\` a page | ✓ ✓ | ✓ ✗ |
| \`early\` a request before the boot | ✓ – | – |

## The whole run

| case | start |
| --- | --- |
| \`nothing-else\` nothing else | ✓ |

## A part that fails

| case | start |
| --- | --- |
| an exporter \\| that throws | ✗ |
`);
});
