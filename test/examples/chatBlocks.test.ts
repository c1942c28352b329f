import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blocks } from '../../examples/chat/blocks.ts';

const escape = '\u001b';

/** The finished blocks of a text that comes in these pieces. */
function blocksOf(pieces: readonly string[]): readonly string[] {
  const blocks = new Blocks();
  let text = '';
  const before = pieces.flatMap((piece) => blocks.take((text += piece)).finished);
  return [...before, ...blocks.take(text, true).finished];
}

/** Lines that mean something else where others follow. */
const lines = [
  'word',
  'two words',
  '',
  '',
  '# heading',
  '===',
  '---',
  '- item',
  '* other item',
  '  continued',
  '    indented',
  '1. first',
  '2) second',
  '   - nested',
  '```ts',
  '```',
  '~~~',
  'const a = 1;',
  '> quote',
  '> - quoted item',
  '| a | b |',
  '|---|--:|',
  '| 1 | 2 |',
  '<div>',
  '</div>',
  '<!-- comment',
  '-->',
  '[1]: https://example.org',
  '"title"',
  'a [link][1] and `code',
  '\ttab',
  `${escape}[1mbold${escape}[0m`,
];

describe('Blocks', () => {
  const text = lines.join('\n');

  it('finishes a block when another one has begun, and the last at the end', () => {
    const blocks = new Blocks();

    expect(blocks.take('# One\n\nTwo')).toEqual({ finished: [], open: '# One\n\nTwo' });
    expect(blocks.take('# One\n\nTwo\n')).toEqual({ finished: ['# One\n\n'], open: 'Two\n' });
    expect(blocks.take('# One\n\nTwo\nthree')).toEqual({ finished: [], open: 'Two\nthree' });
    expect(blocks.take('# One\n\nTwo\nthree', true)).toEqual({ finished: ['Two\nthree'], open: '' });
  });

  it.each([
    ['a list goes on behind a blank line', '- a\n\n- b\n\ntext\n', ['- a\n\n- b', 'text\n']],
    ['a paragraph becomes a heading', 'a\n===\nb', ['a\n===\n', 'b']],
    ['a code block keeps its blank lines', '```\na\n\n# b\n```\nc', ['```\na\n\n# b\n```', 'c']],
    ['a paragraph ends where a table begins', 'a\n| b |\n|---|\n| c |\n', ['a', '| b |\n|---|\n| c |\n']],
    ['a code block never ends', '```\na\n\nb', ['```\na\n\nb']],
  ])('waits until it is clear that %s', (_, given, expected) => {
    expect(blocksOf(given.split('')).map((block) => block.trimEnd())).toEqual(
      expected.map((block) => block.trimEnd()),
    );
  });

  it('leaves nothing out, and no control sequence in', () => {
    const kept = blocksOf([text]).join('').replace(/\s/g, '');

    expect(kept).toBe(text.replaceAll(`${escape}[1m`, '').replaceAll(`${escape}[0m`, '').replace(/\s/g, ''));
  });

  it('has the same blocks wherever the text is cut', () => {
    const whole = blocksOf([text]);

    expect(blocksOf(text.split(''))).toEqual(whole);
    for (let at = 0; at <= text.length; at++) {
      expect(blocksOf([text.slice(0, at), text.slice(at)])).toEqual(whole);
    }
  });

  it('has the same blocks however any text is cut', () => {
    const texts = fc.array(fc.constantFrom(...lines), { maxLength: 14 }).map((some) => some.join('\n'));

    fc.assert(
      fc.property(texts, (some) => {
        expect(blocksOf(some.split(''))).toEqual(blocksOf([some]));
      }),
      { numRuns: 2_000 },
    );
  });
});
