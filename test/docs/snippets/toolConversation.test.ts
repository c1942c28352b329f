import { concat, last, map, mergeMap, timer } from 'rxjs';
import type { LanguageModel, Message } from 'rxllm';
import { accumulateResponse, executeTools, shareRun } from 'rxllm/operators';
import { finish, inVirtualTime, toolCall, toolProgress, toolResult } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const question: Message = { role: 'user', content: 'What is the weather in Bern?' };
const parameters = z.object({ city: z.string() });
const weather = { name: 'weather', parameters, execute: () => timer(2).pipe(map(() => 'sunny')) };

/** The code under test: a call of the model, its tools, and a second call with their results. */
function answer(model: LanguageModel) {
  const ask = (...messages: Message[]) => model.stream({ messages, tools: [weather] });
  const first = ask(question).pipe(executeTools([weather]), shareRun());
  const second = first.pipe(
    accumulateResponse(),
    last(),
    mergeMap(({ message, toolResults }) => ask(question, message, { role: 'tool', content: toolResults })),
  );
  return concat(first, second);
}

it(
  'asks for the weather and answers with it',
  inVirtualTime(({ fakeModel, expectChunks, flush }) => {
    const c = toolCall('weather', { city: 'Bern' });
    const r = [toolProgress('weather', 'sunny'), toolResult('weather', 'sunny')];
    const model = fakeModel(['--c|', '--S-u-n|'], { values: { c } });

    expectChunks(answer(model)).toBe('--cfr-S-u-n|', { c, r, f: finish() });
    flush();
    expect(model.calls[1]?.request.messages.at(-1)).toMatchObject({ content: [{ result: 'sunny' }] });
  }),
);
