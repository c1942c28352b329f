import { accumulateText } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'shows the answer as it grows',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    // In your program: openai('gpt-5-mini')
    const model = fakeModel(['--H-i|']);

    const text$ = model.stream('Say hi').pipe(accumulateText());

    expect(model.calls).toHaveLength(0);
    expectObservable(text$).toBe('--a-b|', { a: 'H', b: 'Hi' });
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
