import { concatMap, map, timer } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { bufferChunks, joinDeltas } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

/** Stands for a database: takes 4 ms for each write, however much it is. */
const save = (chunks: readonly StreamChunk[]) =>
  timer(4).pipe(
    map(() => chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : chunk.type)).join(' ')),
  );

it(
  'writes as often as the database can, and loses nothing',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const model = fakeModel(['-a-b-c-d-e|']);

    const saved$ = model
      .stream('Tell me a story')
      .pipe(bufferChunks({ count: 3 }), joinDeltas(), concatMap(save));

    // The start of the call, three deltas, the last two, the finish: each a write.
    expectObservable(saved$).toBe('-----s---a----b---(f|)', { s: 'start', a: 'abc', b: 'de', f: 'finish' });
    flush();
    expect(model.subscriptions[0]?.unsubscribedFrame).toBe(10);
  }),
);
