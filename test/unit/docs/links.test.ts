import { headingsOf, linksOf } from './links.ts';

const PAGE = `# Who gets \`it\`, and why

See [routes](routes.md#streams), ![a picture](images/a.png) and [\`code\`](https://example.com).

\`[no](link.md)\`

\`\`\`ts
// # no heading
const a = [1](2);
\`\`\`

## Node & the edge
`;

describe('a page', () => {
  it('has links where its prose has them', () => {
    expect(linksOf(PAGE)).toEqual(['routes.md#streams', 'images/a.png', 'https://example.com']);
  });

  it('has an anchor for each heading', () => {
    expect(headingsOf(PAGE)).toEqual(['who-gets-it-and-why', 'node--the-edge']);
  });
});
