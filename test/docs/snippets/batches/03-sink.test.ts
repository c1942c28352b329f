import { timer } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { drainTo } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'gives a slow sink all that waits, each time it is free',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const model = fakeModel(['-a-b-c-d-e|']);
    const writes: string[] = [];
    const write = (chunks: readonly StreamChunk[]) => {
      writes.push(chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : chunk.type)).join(' '));
      return timer(4);
    };

    const written$ = model.stream('Tell me a story').pipe(drainTo(write, { limit: 10_000 }));

    expectObservable(written$).toBe('---------3---5---|', { 3: 3, 5: 5 });
    flush();
    expect(writes).toEqual(['start', 'abc', 'de', 'finish']);
  }),
);
