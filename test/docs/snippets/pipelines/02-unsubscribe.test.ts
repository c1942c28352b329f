import { switchMap } from 'rxjs';
import { selectText } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'asks again with each question, and aborts the request before it',
  inVirtualTime(({ fakeModel, hot, expectObservable, expectSubscriptions, flush }) => {
    const model = fakeModel(['--o-l-d|', '--n-e-w|']);
    const question$ = hot('1---2------|', { 1: 'What is', 2: 'What is RxJS?' });

    const text$ = question$.pipe(switchMap((question) => model.stream(question).pipe(selectText())));

    expectObservable(text$).toBe('--o---n-e-w|');
    expectSubscriptions(model.subscriptions).toBe(['^---!', '----^------!']);
    flush();
    expect(model.calls).toHaveLength(2);
  }),
);
