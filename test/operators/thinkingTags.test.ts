import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { splitThinking, type SplitThinkingOptions } from '../../operators/splitThinking.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks } from '../chunks.ts';

const { s, f } = chunks;

/** The blocks that an answer of one text block becomes: `T:` before text, `H:` before thinking. */
function blocksOf(pieces: readonly string[], options?: SplitThinkingOptions): string[] {
  const blocks: string[] = [];
  const take = (chunk: StreamChunk) => {
    if (chunk.type !== 'text-delta' && chunk.type !== 'thinking-delta') return;
    const sofar = blocks[chunk.block] ?? (chunk.type === 'text-delta' ? 'T:' : 'H:');
    blocks[chunk.block] = sofar + chunk.text;
  };
  const answer = pieces.map((text): StreamChunk => ({ type: 'text-delta', text, block: 0 }));
  from([s, ...answer, f])
    .pipe(splitThinking(options), verifyGrammar())
    .subscribe(take);

  return blocks;
}

/** Every way to cut a text in two, single code units, and threes. */
function* cuts(whole: string): Iterable<string[]> {
  for (let at = 1; at < whole.length; at++) yield [whole.slice(0, at), whole.slice(at)];
  for (const size of [1, 2, 3, 7]) {
    yield Array.from({ length: Math.ceil(whole.length / size) }, (_, n) =>
      whole.slice(n * size, (n + 1) * size),
    );
  }
}

const long = 'x'.repeat(300);
const answers: readonly [string, string[], SplitThinkingOptions?][] = [
  // Tags and their spellings
  ['<think>Hm</think>Yes', ['H:Hm', 'T:Yes']],
  ['<thinking>Hm</thinking>Yes', ['H:Hm', 'T:Yes']],
  ['<thought>Hm</thought>Yes<reasoning>So</reasoning>', ['H:Hm', 'T:Yes', 'H:So']],
  ['<THINK>Hm</Think>Yes', ['H:Hm', 'T:Yes']],
  ['[THINK]Hm[/THINK]Yes', ['H:Hm', 'T:Yes']],
  ['[think](https://x.y) [1] [T', ['T:[think](https://x.y) [1] [T']],
  ['<mm:think>Hm</mm:think>Yes', ['H:Hm', 'T:Yes'], { tags: ['mm:think'] }],
  ['<mm:think>Hm</mm:think> <think>', ['T:<mm:think>Hm</mm:think> <think>'], { tags: ['[X]'] }],
  ['<think type="deep" n=3>Hm</think >Yes', ['H:Hm', 'T:Yes']],
  ['<think\u00a0>Hm</think\u00a0>\u00a0Yes', ['H:Hm', 'T:\u00a0Yes']],
  ['<thin>a</thin> <thinks> <think-a> </thinker>', ['T:<thin>a</thin> <thinks> <think-a> </thinker>']],
  [`<think ${long}>a`, [`T:<think ${long}>a`]],
  [`<think ${long.slice(0, 248)}>a`, ['H:a']],
  [`<think ${long.slice(0, 249)}>a`, [`T:<think ${long.slice(0, 249)}>a`]],
  ['<think a <think>Hm</think> b', ['T:<think a ', 'H:Hm', 'T: b']],
  ['<think a\n>b `<think `', ['T:<think a\n>b `<think `']],
  // White space
  ['<think>\nHm\n</think>\n\nYes', ['H:Hm\n', 'T:Yes']],
  ['<think>\r\nHm</think>\r\n\r\nYes', ['H:Hm', 'T:Yes']],
  ['One\n\n<think>Hm</think>\n\nTwo', ['T:One\n\n', 'H:Hm', 'T:Two']],
  ['One<think>Hm</think>\n\nTwo', ['T:One', 'H:Hm', 'T:\n\nTwo']],
  ['<think>Hm</think>\n\n    code', ['H:Hm', 'T:    code']],
  ['<think/>\nYes', ['T:Yes']],
  ['No<think/>\nyes', ['T:No\nyes']],
  ['<think>a<think/>\nb<think>c</think>\nd</think>e', ['H:a\nbc\nd', 'T:e']],
  // Empty, nested, several, unclosed, orphan
  ['<think></think>Yes', ['T:Yes']],
  ['<think>\n\n</think>\n\nYes', ['T:Yes']],
  ['No<think></think>, yes', ['T:No, yes']],
  ['<think/>Yes <thinking />and<think> no', ['T:Yes and', 'H: no']],
  ['<think>a<think>b</think>c</think>d', ['H:abc', 'T:d']],
  ['<think>a<think/>b</think>c', ['H:ab', 'T:c']],
  ['<think>a</think>\n<think>b</think>c', ['H:a', 'H:b', 'T:c']],
  ['a<think>b</think>c<think>d</think>e', ['T:a', 'H:b', 'T:c', 'H:d', 'T:e']],
  ['<think>Hm, <', ['H:Hm, <']],
  ['<think>Hm</thin', ['H:Hm</thin']],
  ['Yes <thi', ['T:Yes <thi']],
  ['Hm\n</think>\n\nYes</think>.', ['T:Hm\nYes.']],
  ['', []],
  // Less-than and brackets that are none
  ['a < b, a <b, a<=b, <<think>x</think>>', ['T:a < b, a <b, a<=b, <', 'H:x', 'T:>']],
  ['<div></div> </ think> [[THINK]x[/THINK]', ['T:<div></div> </ think> [', 'H:x']],
  ['</think', ['T:</think']],
  // Code
  ['Use `<think>` or `` `</think>` `` so', ['T:Use `<think>` or `` `</think>` `` so']],
  ['a ` b\n<think>Hm</think>c', ['T:a ` b\n', 'H:Hm', 'T:c']],
  ['```xml\n<think>a</think>\n```\n<think>b</think>', ['T:```xml\n<think>a</think>\n```\n', 'H:b']],
  ['~~~\n```\n<think>\n~~~~\n<think>b', ['T:~~~\n```\n<think>\n~~~~\n', 'H:b']],
  ['1. a\n   ````\n```\n<think>', ['T:1. a\n   ````\n```\n<think>']],
  ['```a``` <think>b</think>', ['T:```a``` ', 'H:b']],
  ['```a`<think>b``` <think>c', ['T:```a`<think>b``` ', 'H:c']],
  ['~~no~~ <think>b</think>~', ['T:~~no~~ ', 'H:b', 'T:~']],
  ['a ``` <think>', ['T:a ``` <think>']],
  ['a ~ <think>b</think>', ['T:a ~ ', 'H:b']],
  ['~`x` <think>b</think>', ['T:~`x` ', 'H:b']],
  ['`b`<think>`c`</think>d', ['T:`b`', 'H:`c`', 'T:d']],
  ['  ```\n<think>', ['T:  ```\n<think>']],
  ['\t~~~\n<think>', ['T:\t~~~\n<think>']],
  ['~~~ `a`\n<think>', ['T:~~~ `a`\n<think>']],
  ['``` ~~\n<think>', ['T:``` ~~\n<think>']],
  ['`` ```\n<think>b', ['T:`` ```\n', 'H:b']],
  ['<```\n<think>b', ['T:<```\n', 'H:b']],
  // In thinking, code does not hide the closing tag, unless it is quoted
  ['<think>```\nx\n</think>Yes', ['H:```\nx\n', 'T:Yes']],
  ["<think>the ` sign, ``quoted''</think>Yes", ["H:the ` sign, ``quoted''", 'T:Yes']],
  ['<think>write `</think>` or `<think>`!</think>Yes', ['H:write `</think>` or `<think>`!', 'T:Yes']],
  ['<think>a `</think>Yes', ['H:a `', 'T:Yes']],
  ['<think>a `</think>', ['H:a `']],
  ['<think>`[/THINK]``[/THINK]\nYes', ['H:`[/THINK]``', 'T:Yes']],
  ['<think>a</think>```\n<think>', ['H:a', 'T:```\n<think>']],
  // Begun in the prompt
  ['Hm</think>Yes', ['H:Hm', 'T:Yes'], { startsInside: true }],
  ['\n\nHm</think>\n\nYes <think>no</think>', ['H:Hm', 'T:Yes ', 'H:no'], { startsInside: true }],
  [' <think>\nHm</think>\nYes', ['H: Hm', 'T:Yes'], { startsInside: true }],
  ['<thi</think>Yes', ['H:<thi', 'T:Yes'], { startsInside: true }],
  ['a<think>b</think>c</think>d', ['H:abc', 'T:d'], { startsInside: true }],
  ['<think><think>a</think>b</think>c', ['H:ab', 'T:c'], { startsInside: true }],
  ['Yes', ['H:Yes'], { startsInside: true }],
];

describe('thinking tags', () => {
  it.each(answers)('splits %j', (whole, expected, options) => {
    expect(blocksOf([whole], options)).toStrictEqual(expected);
  });

  it('splits alike however the answer is cut', () => {
    let count = 0;
    for (const [whole, expected, options] of answers) {
      for (const pieces of cuts(whole)) {
        expect(blocksOf(pieces, options), JSON.stringify(pieces)).toStrictEqual(expected);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(1900);
  });
});
