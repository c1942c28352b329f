import { firstValueFrom, isObservable } from 'rxjs';
import { accumulateText, collectResponse } from 'rxllm/operators';
import { fromText } from 'rxllm/testing';
import { expect, it } from 'vitest';

const model = { stream: (_: string) => fromText('Because they are round.') };

it('is no promise, but can be made one', async () => {
  // The symptom: awaiting an Observable gives the Observable, and asks nothing.
  const answer: unknown = model.stream('Why do marbles roll?');
  expect(isObservable(await answer)).toBe(true);

  // The symptom: only the first word, and the request is aborted behind it.
  const first = await firstValueFrom(model.stream('Why do marbles roll?').pipe(accumulateText()));
  expect(first).toBe('Because ');

  // The remedy: collectResponse emits once, when all is there.
  const { text } = await firstValueFrom(model.stream('Why do marbles roll?').pipe(collectResponse()));
  expect(text).toBe('Because they are round.');
});
