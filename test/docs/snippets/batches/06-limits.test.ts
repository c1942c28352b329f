import { streamBatch } from 'rxllm/models';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'asks no faster than the account allows',
  inVirtualTime(({ fakeModel, flush }) => {
    const model = fakeModel([{ when: /./, answer: '-a|' }]);
    const prompts = ['one', 'two', 'three', 'four'];

    streamBatch(prompts, model, { concurrency: 50, requestsPerMinute: 60 }).subscribe();

    flush();
    expect(model.calls.map(({ subscribedFrame }) => subscribedFrame)).toEqual([0, 1_000, 2_000, 3_000]);
  }),
);
