import { fallbackTo, hedge, pipeModel } from 'rxllm/models';
import { accumulateText, withTimeout } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'asks the second model when the first has failed',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const primary = fakeModel(['--H----------']);
    const secondary = fakeModel(['-o-k|']);

    const model = fallbackTo(pipeModel(primary, withTimeout({ each: 3 })), secondary);

    expectObservable(model.stream('Hello').pipe(accumulateText())).toBe('--h--xo-k|', {
      h: 'H',
      x: '',
      o: 'o',
      k: 'ok',
    });
    flush();
    expect(primary.subscriptions[0]?.unsubscribedFrame).toBe(5);
  }),
);

it(
  'asks the second model when the first is late, and keeps the one that speaks first',
  inVirtualTime(({ fakeModel, expectObservable, expectSubscriptions, flush }) => {
    const primary = fakeModel(['---------H-i|']);
    const secondary = fakeModel(['-o-k|']);

    const model = hedge(primary, { after: 4, with: secondary });

    expectObservable(model.stream('Hello').pipe(accumulateText())).toBe('-----o-k|', { o: 'o', k: 'ok' });
    expectSubscriptions(primary.subscriptions).toBe('^----!');
    flush();
    expect(secondary.calls).toHaveLength(1);
  }),
);
