import { map, merge, scan } from 'rxjs';
import { accumulateText } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'shows several answers side by side',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const models = { quick: fakeModel(['-a-b|']), slow: fakeModel(['--c--d|']) };

    const columns = Object.entries(models).map(([name, model]) =>
      model.stream('Hello').pipe(
        accumulateText(),
        map((text) => ({ [name]: text })),
      ),
    );
    const screen$ = merge(...columns).pipe(scan((all, column) => ({ ...all, ...column }), {}));

    expectObservable(screen$).toBe('-123-4|', {
      1: { quick: 'a' },
      2: { quick: 'a', slow: 'c' },
      3: { quick: 'ab', slow: 'c' },
      4: { quick: 'ab', slow: 'cd' },
    });
    flush();
    expect(models.quick.calls).toHaveLength(1);
  }),
);
