import { selectText, selectThinking, shareRun, splitThinking } from 'rxllm/operators';
import { inVirtualTime, text } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'shows thinking in one place and the answer in another',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    // The tag is cut in two, as models cut it.
    const values = { a: text('<thi'), b: text('nk>Hm'), c: text('</think>'), d: text('Yes') };
    const model = fakeModel(['--a-b-c-d|'], { values });

    const run$ = model.stream('Do marbles roll?').pipe(splitThinking(), shareRun());

    expectObservable(run$.pipe(selectThinking())).toBe('----t----|', { t: 'Hm' });
    expectObservable(run$.pipe(selectText())).toBe('--------d|', { d: 'Yes' });
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
