import { filter, map } from 'rxjs';
import { streamBatch } from 'rxllm/models';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

const answers = [
  { when: 'one', answer: '-a--|' },
  { when: 'two', answer: '--b---|' },
  { when: 'three', answer: '-c|' },
];
const prompts = ['one', 'two', 'three'];

it(
  'answers two at a time, and tells each as it ends',
  inVirtualTime(({ fakeModel, expectObservable, expectSubscriptions, flush }) => {
    const model = fakeModel(answers);

    const ends$ = streamBatch(prompts, model, { concurrency: 2 }).pipe(
      filter((told) => told.type === 'item-finish'),
      map(({ index, response }) => `${index} ${response.text}`),
    );

    expectObservable(ends$).toBe('----1-(23|)', { 1: '0 a', 2: '1 b', 3: '2 c' });
    expectSubscriptions(model.subscriptions).toBe(['^---!', '^-----!', '----^-!']);
    flush();
    expect(model.calls).toHaveLength(3);
  }),
);

it(
  'tells them in the order in which they were given',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const model = fakeModel(answers);

    const ends$ = streamBatch(prompts, model, { order: 'given' }).pipe(
      filter((told) => told.type === 'item-finish'),
      map(({ response }) => response.text),
    );

    expectObservable(ends$).toBe('----a-(bc|)');
    flush();
    expect(model.calls).toHaveLength(3);
  }),
);
