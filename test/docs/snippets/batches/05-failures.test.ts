import { filter, map } from 'rxjs';
import { ProviderError } from 'rxllm';
import { pipeModel, streamBatch } from 'rxllm/models';
import { retryStream, withTimeout } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'goes on when an item fails, and tells why',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const refused = new ProviderError('not today', { provider: 'test', status: 400, retryable: false });
    const flaky = fakeModel([{ when: 'bad', answer: '-#' }, '--a--', '--a|', '-b|'], { error: refused });

    const model = pipeModel(flaky, withTimeout({ each: 3 }), retryStream({ delay: 4, random: () => 0 }));
    const told$ = streamBatch(['bad', 'slow', 'quick'], model, { concurrency: 1 }).pipe(
      filter((told) => told.type !== 'item-chunk'),
      map((told) => (told.type === 'item-finish' ? told.response.text : told.error.message)),
    );

    expectObservable(told$).toBe('-n---------a-(b|)', { n: 'not today', a: 'a', b: 'b' });
    flush();
    expect(flaky.calls).toHaveLength(4);
  }),
);
