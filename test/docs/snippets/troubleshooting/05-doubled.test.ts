import { scan } from 'rxjs';
import { accumulateText, ofType, retryStream } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'does not show the opening twice',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const model = fakeModel(['--H-#', '--H-#', '--H-i|', '--H-i|']);
    const ask = () => model.stream('Say hi').pipe(retryStream({ delay: 4, random: () => 0 }));

    // The symptom: the second attempt stands behind the first.
    const doubled$ = ask().pipe(
      ofType('text-delta'),
      scan((all, { text }) => all + text, ''),
    );
    expectObservable(doubled$).toBe('--a-----b-c|', { a: 'H', b: 'HH', c: 'HHi' });

    // The remedy: accumulators take the text back when a `restart` comes.
    expectObservable(ask().pipe(accumulateText())).toBe('--a-x---b-c|', { a: 'H', x: '', b: 'H', c: 'Hi' });
    flush();
    expect(model.calls).toHaveLength(4);
  }),
);
