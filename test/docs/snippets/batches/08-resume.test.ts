import { concat, defer, filter, map, type Observable, takeUntil, tap, timer } from 'rxjs';
import type { LanguageModel } from 'rxllm';
import { streamBatch } from 'rxllm/models';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

const items = ['one', 'two', 'three'].map((request, index) => ({ key: `row ${index}`, request }));

/** Asks what has no result yet. In your program `results` is a file or a table. */
function resume(model: LanguageModel, results: Map<unknown, string>): Observable<string> {
  const left = items.filter(({ key }) => !results.has(key));
  return streamBatch(left, model, { concurrency: 1 }).pipe(
    filter((told) => told.type === 'item-finish'),
    tap(({ key, response }) => results.set(key, response.text)),
    map(({ response }) => response.text),
  );
}

it(
  'goes on where it was stopped, and asks nothing twice',
  inVirtualTime(({ fakeModel, expectObservable, expectSubscriptions, flush }) => {
    const model = fakeModel([
      { when: 'one', answer: '--a|' },
      { when: 'two', answer: '--b|' },
      { when: 'three', answer: '--c|' },
    ]);
    const results = new Map<unknown, string>();

    const first$ = resume(model, results).pipe(takeUntil(timer(5)));
    const second$ = defer(() => resume(model, results));

    expectObservable(concat(first$, second$)).toBe('---a----b--(c|)');
    expectSubscriptions(model.subscriptions).toBe(['^--!', '---^-!', '-----^--!', '--------^--!']);
    flush();
    expect([...results.keys()]).toEqual(['row 0', 'row 1', 'row 2']);
  }),
);
