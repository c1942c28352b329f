import { pipeModel } from 'rxllm/models';
import { retryStream, selectText, splitThinking, withTimeout } from 'rxllm/operators';
import { inVirtualTime, text } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'is a model itself',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const bare = fakeModel(['--t-H-i|', '--n-o|'], { values: { t: text('<think>A greeting.</think>') } });

    const model = pipeModel(
      bare,
      withTimeout({ first: 20_000, each: 10_000, total: 120_000 }),
      retryStream({ count: 3 }),
      splitThinking(),
    );

    expectObservable(model.stream('Say hi').pipe(selectText())).toBe('----H-i|');
    expectObservable(model.stream('Say no').pipe(selectText())).toBe('--n-o|');
    flush();
    expect(model.capabilities).toEqual(bare.capabilities);
  }),
);
