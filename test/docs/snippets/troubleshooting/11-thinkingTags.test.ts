import { accumulateText, splitThinking } from 'rxllm/operators';
import { inVirtualTime, text } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'keeps thinking out of the text',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const values = { a: text('<think>hm'), b: text('</think>'), c: text('Yes') };
    const model = fakeModel(['--a-b-c|', '--a-b-c|', '--b-c|'], { values });
    const ask = () => model.stream('Do marbles roll?');

    // The symptom.
    expectObservable(ask().pipe(accumulateText())).toBe('--a-b-c|', {
      a: '<think>hm',
      b: '<think>hm</think>',
      c: '<think>hm</think>Yes',
    });

    // The remedy.
    expectObservable(ask().pipe(splitThinking(), accumulateText())).toBe('------c|', { c: 'Yes' });

    // Some chat templates open the tag themselves, so that only its end comes.
    const inside = splitThinking({ startsInside: true });
    expectObservable(ask().pipe(inside, accumulateText())).toBe('----c|', { c: 'Yes' });
    flush();
    expect(model.calls).toHaveLength(3);
  }),
);
