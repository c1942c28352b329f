import { catchError, filter, map, of } from 'rxjs';
import type { GuardError } from 'rxllm';
import { streamBatch } from 'rxllm/models';
import { inVirtualTime, usage } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'asks nothing more when the money is spent, and delivers what is under way',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const u = usage({ inputTokens: 1_000, outputTokens: 500, totalTokens: 1_500 });
    const model = fakeModel([{ when: /./, answer: '-a-u|' }], { values: { u } });
    const price = { input: 3, output: 15 }; // dollars for a million tokens
    const prompts = Array.from({ length: 100 }, (_, index) => `Prompt ${index}`);

    const told$ = streamBatch(prompts, model, { concurrency: 1, price, budget: { cost: 0.02 } }).pipe(
      filter((told) => told.type === 'item-finish'),
      map(({ cost }) => cost?.toFixed(4) ?? ''),
      catchError((error: GuardError) => of(`no ${error.code} left`)),
    );

    expectObservable(told$).toBe('----a---(ab|)', { a: '0.0105', b: 'no cost left' });
    flush();
    expect(model.calls).toHaveLength(2);
  }),
);
