import { concatAll } from 'rxjs';
import { bufferChunks, joinDeltas } from 'rxllm/operators';
import { inVirtualTime, text } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'delivers whole words, and the rest at the end',
  inVirtualTime(({ coldChunks, expectChunks, recordTimeline, flush }) => {
    const source = coldChunks('--a-b-c-|', { a: text('Hel'), b: text('lo wo'), c: text('rld') });
    const words = source.pipe(bufferChunks({ boundary: 'word' }), joinDeltas(), concatAll());
    const screen = recordTimeline(words);
    const s = { type: 'start' } as const;

    expectChunks(words).toBe('--s-H---(w|)', { s, H: text('Hello '), w: text('world') });
    flush();
    expect(screen.textAt(7)).toBe('Hello ');
  }),
);
