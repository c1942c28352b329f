import { last, map } from 'rxjs';
import { hedge } from 'rxllm/models';
import { trackProgress } from 'rxllm/operators';
import { inVirtualTime, text } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'is slow to begin, or slow to speak',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const values = { a: text('twelve chars') };
    const model = fakeModel(['2s a 1s a|', '2s a|', '1s a|'], { values });
    const measure = () =>
      model.stream('Hello').pipe(
        trackProgress(),
        last(),
        map(({ timeToFirstChunkMs, tokensPerSecond = 0 }) => [
          timeToFirstChunkMs,
          Math.round(tokensPerSecond),
        ]),
      );

    // How to see it: two seconds to the first word, and six tokens a second from there on.
    expectObservable(measure()).toBe('3002ms (m|)', { m: [2000, 6] });
    flush();

    // A remedy for a slow beginning: ask again when the first is late. The first to speak is kept.
    const hedged = hedge(model, { after: 500 });
    hedged.stream('Hello').subscribe();
    flush();
    expect(model.calls[1]?.subscribedFrame).toBe(3002);
    expect(model.calls).toHaveLength(3);
  }),
);
