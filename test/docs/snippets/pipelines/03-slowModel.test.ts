import { accumulateText, retryStream, withTimeout } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'asks again when the model falls silent, and never shows the opening twice',
  inVirtualTime(({ fakeModel, expectObservable, expectSubscriptions, flush }) => {
    const model = fakeModel(['--H-------', '--H-i|']);

    const text$ = model.stream('Say hi').pipe(
      withTimeout({ first: 5, each: 3 }),
      retryStream({ delay: 4, random: () => 0 }), // In your program: retryStream()
      accumulateText(),
    );

    // x: the limit has passed, and the text is taken back; the second request is made 2 ms later.
    expectObservable(text$).toBe('--a--x---a-b|', { a: 'H', x: '', b: 'Hi' });
    expectSubscriptions(model.subscriptions).toBe(['^----!', '-------^----!']);
    flush();
    expect(model.calls).toHaveLength(2);
  }),
);
