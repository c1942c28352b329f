import { concatAll, concatMap, map, timer } from 'rxjs';
import { bufferChunks, joinDeltas, selectText } from 'rxllm/operators';
import { inVirtualTime, text } from 'rxllm/testing';
import { expect, it } from 'vitest';

/** Stands for a voice: a millisecond for each character. */
const speak = (sentence: string) => timer(sentence.length).pipe(map(() => sentence));

it(
  'speaks whole sentences, one after the other',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const values = { a: text('Hel'), b: text('lo. How a'), c: text('re you?') };
    const model = fakeModel(['-a-b-c|'], { values });

    const spoken$ = model
      .stream('Greet me')
      .pipe(
        bufferChunks({ boundary: 'sentence' }),
        joinDeltas(),
        concatAll(),
        selectText(),
        concatMap(speak),
      );

    expectObservable(spoken$).toBe('10ms h 11ms (y|)', { h: 'Hello. ', y: 'How are you?' });
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
