import { retryStream, withTimeout } from 'rxllm/operators';
import { assertTextAt, assertTextAtRestart, inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'tries again when the model stalls, and takes back what the reader has seen',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const model = fakeModel(['--H-e-', '--H-e-l-l-o|']);
    const stream = model.stream('Say hello').pipe(withTimeout({ each: 5_000 }), retryStream({ delay: 400 }));
    const screen = recordTimeline(stream);
    flush();

    assertTextAtRestart(screen, 'He');
    assertTextAt(screen, 5_004, '');
    expect(screen.textAt(9_999)).toBe('Hello');
    expect(model.calls[0]?.unsubscribedFrame).toBe(5_004);
  }),
);
