import { map } from 'rxjs';
import { accumulateObject } from 'rxllm/operators';
import { inVirtualTime, text } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const recipe = z.object({ title: z.string(), steps: z.array(z.string()) });

it(
  'fills a form while the model writes it',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const values = { a: text('{"title":"Rös'), b: text('ti","steps":["Gr'), c: text('ate"]}') };
    const model = fakeModel(['--a-b-c|'], { values });
    const messages = [{ role: 'user' as const, content: 'A recipe, please' }];

    const form$ = model.stream({ messages, outputSchema: recipe }).pipe(
      accumulateObject(recipe),
      map(({ value }) => value),
    );

    expectObservable(form$).toBe('--a-b-c(d|)', {
      a: { title: 'Rös' },
      b: { title: 'Rösti', steps: ['Gr'] },
      c: { title: 'Rösti', steps: ['Grate'] },
      d: { title: 'Rösti', steps: ['Grate'] },
    });
    flush();
    expect(model.calls[0]?.request.outputSchema).toBe(recipe);
  }),
);
