import { TestScheduler } from 'rxjs/testing';
import { splitThinking } from 'rxllm/operators';
import { assertTimelines, chunkMarbles, text, thinking } from 'rxllm/testing';
import { expect, it } from 'vitest';

it('splits thinking from text', () => {
  const scheduler = new TestScheduler(assertTimelines);

  scheduler.run(({ flush }) => {
    const { coldChunks, expectChunks } = chunkMarbles(scheduler);
    const source = coldChunks('--a-b|', { a: text('<think>hm'), b: text('</think>Hi') });

    expectChunks(source.pipe(splitThinking())).toBe('--t-b|', { t: thinking('hm'), b: text('Hi') });
    flush();
    expect(source.subscriptions).toHaveLength(1);
  });
});
