import { concatMap, map } from 'rxjs';
import { collectResponse, selectText } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'asks the second question with the first answer',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const planner = fakeModel(['--P|']);
    const writer = fakeModel(['-o-k|']);

    const article$ = planner.stream('Plan an article about marbles').pipe(
      collectResponse(),
      map(({ text }) => `Write it by this plan: ${text}`),
      concatMap((prompt) => writer.stream(prompt).pipe(selectText())),
    );

    expectObservable(article$).toBe('----o-k|');
    flush();
    expect(writer.calls[0]?.request.messages).toEqual([
      { role: 'user', content: 'Write it by this plan: P' },
    ]);
  }),
);
