import { accumulateText } from 'rxllm';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'reads the text, piece by piece',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const model = fakeModel(['--H-i|']);
    const text = model.stream('Hello').pipe(accumulateText());

    expectObservable(text).toBe('--a-b|', { a: 'H', b: 'Hi' });
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
