import stringWidth from 'string-width';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { drawMarkdown } from '../../examples/chat/markdown.ts';

// The standard output of tests is no terminal, so there are no colours.
const draw = (text: string, columns = 40) => drawMarkdown(text, columns).join('\n');

afterEach(() => vi.restoreAllMocks());

describe('drawMarkdown', () => {
  it.each([
    ['headings and paragraphs', '# One\n\nTwo **three** *four*\nfive', 'One\n\nTwo three four\nfive'],
    ['a list with markup', '- a **b**\n- `c &lt;` ~~d~~', '• a b\n• c &lt; d'],
    ['nested lists', '- a\n  1. b\n  2. c\n- d', '• a\n  1. b\n  2. c\n• d'],
    ['a list that begins with 3', '3. a\n4. b', '3. a\n4. b'],
    ['a loose list', '- a\n\n  b\n\n- c', '• a\n\n  b\n\n• c'],
    ['a code block in a list', '- a\n  ```\n  b\n  ```', '• a\n    b'],
    ['tasks', '- [ ] a\n- [x] b', '• ☐ a\n• ☑ b'],
    ['a quote', '> a\n>\n> - b', '│ a\n│\n│ • b'],
    ['code as it is', '```nonsense\na  **b** &lt;\n\n\n  c\n```', '  a  **b** &lt;\n\n\n    c'],
    ['links with their address', '[bank](http://x.org) <http://y.org>', 'bank (http://x.org) http://y.org'],
    ['images', '![a cat](http://x.org/cat.png)', 'a cat (http://x.org/cat.png)'],
    ['entities, escapes and HTML', 'a &lt; b \\* c<br>d <i>e</i> &#27;', 'a < b * c\nd <i>e</i> &#27;'],
    ['what refers to a definition', '[a][1]\n\n[1]: http://x.org', '[a][1]\n\n[1]: http://x.org'],
    ['a table', '| a | b |\n|:-:|--:|\n| one | **2** |\n|||', ' a  │ b\n────┼──\none │ 2\n    │'],
    ['rules', '***', '─'.repeat(40)],
    ['nothing', '\n\n', ''],
  ])('draws %s', (_, text, expected) => {
    expect(draw(text)).toBe(expected);
  });

  it('breaks lines at words, below where they begin', () => {
    expect(draw('one two three', 10)).toBe('one two\nthree');
    expect(draw('1. one two three\n\n> one two three four', 12)).toBe(
      '1. one two\n   three\n\n│ one two\n│ three four',
    );
    expect(draw('- a\n  - one two three', 14)).toBe('• a\n  • one two\n    three');
  });

  it('breaks the cells of a table that is too wide', () => {
    expect(draw('| a | b |\n|---|---|\n| one two three | four five |', 17)).toBe(
      'a       │ b\n────────┼────────\none two │ four\nthree   │ five',
    );
  });

  it.each([1, 7, 20, 41])('draws no line that is wider than %d columns', (columns) => {
    const text =
      '# Heading of many words\n\n- item\n  - `code`\n\n> 漢字漢字漢字\n\n```\nlong line of code\n```\n\n| a | b |\n|---|---|\n| x | 👋🏽👋🏽👋🏽 |';

    for (const line of drawMarkdown(text, columns)) {
      // A character of two columns needs them.
      expect(stringWidth(line)).toBeLessThanOrEqual(Math.max(columns, 2));
    }
  });

  it('says nothing on the console of a language that it does not know', () => {
    const error = vi.spyOn(console, 'error');
    draw('```mermaid\na\n```');

    expect(error).not.toHaveBeenCalled();
  });
});
