import { selectText } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'closes the request when the reader leaves',
  inVirtualTime(({ fakeModel, expectObservable, expectSubscriptions, flush }) => {
    const model = fakeModel(['--H-e-l-l-o|']);
    const text = model.stream('Say hello').pipe(selectText());
    const unsub = '^----!';

    expectObservable(text, unsub).toBe('--H-e');
    expectSubscriptions(model.subscriptions).toBe(unsub);
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
