import { map } from 'rxjs';
import { collectResponse, interruptOn } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'keeps what was said when the reader presses stop',
  inVirtualTime(({ fakeModel, hot, expectObservable, expectSubscriptions, flush }) => {
    const model = fakeModel(['--H-e-l-l-o|']);
    // In a page: fromEvent(stopButton, 'click')
    const stop$ = hot('-----x');

    const answer$ = model.stream('Say hello').pipe(
      interruptOn(stop$),
      collectResponse(),
      map(({ text, finishReason }) => ({ text, finishReason })),
    );

    expectObservable(answer$).toBe('-----(a|)', { a: { text: 'He', finishReason: 'aborted' } });
    expectSubscriptions(model.subscriptions).toBe('^----!');
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
