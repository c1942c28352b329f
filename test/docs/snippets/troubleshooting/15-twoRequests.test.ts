import { map } from 'rxjs';
import { accumulateResponse, shareRun } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'is one request for two async pipes',
  inVirtualTime(({ fakeModel, flush }) => {
    const model = fakeModel([{ when: /./, answer: '--H-i|' }]);
    const answer$ = model.stream('Say hi').pipe(accumulateResponse());
    /** What a template does: `{{ (text$ | async) }} {{ (status$ | async) }}`. */
    const render = (source$: typeof answer$) => {
      source$.pipe(map(({ text }) => text)).subscribe();
      source$.pipe(map(({ status }) => status)).subscribe();
      flush();
    };

    // The symptom: two different answers in one page, and twice the bill.
    render(answer$);
    expect(model.calls).toHaveLength(2);

    // The remedy.
    render(answer$.pipe(shareRun()));
    expect(model.calls).toHaveLength(3);
  }),
);
