import { map, type Observable } from 'rxjs';
import { type StreamChunk, tool } from 'rxllm';
import { agent } from 'rxllm/agents';
import { executeTools, ofType } from 'rxllm/operators';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const weather = tool({ name: 'weather', parameters: z.object({}), execute: () => 'sunny' });
const messages = [{ role: 'user' as const, content: 'Is it sunny?' }];
const c = toolCall('weather');
const toolsOf = (chunks$: Observable<StreamChunk>) =>
  chunks$.pipe(
    ofType('tool-call', 'tool-result'),
    map(({ type }) => type),
  );

it(
  'needs a model that knows the tool, and somebody who runs it',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    // The symptom: a call, and no result. Nobody runs it.
    const one = fakeModel(['--c|'], { values: { c } });
    const called$ = one.stream({ messages, tools: [weather] });
    expectObservable(toolsOf(called$)).toBe('--c|', { c: 'tool-call' });

    // The symptom: text, and no call. The request does not tell the model of the tool.
    const two = fakeModel(['--N-o|']);
    const untold$ = two.stream({ messages }).pipe(executeTools([weather]));
    expectObservable(toolsOf(untold$)).toBe('-----|');

    // The remedy: the same tools in both places …
    const three = fakeModel(['--c---|'], { values: { c } });
    const ran$ = three.stream({ messages, tools: [weather] }).pipe(executeTools([weather]));
    expectObservable(toolsOf(ran$)).toBe('--(cr)|', { c: 'tool-call', r: 'tool-result' });

    // … or an agent, which also asks the model again with the result.
    const four = fakeModel(['--c---|', '--Y-e-s|'], { values: { c } });
    const run$ = agent({ model: four, tools: [weather] }).stream('Is it sunny?');
    expectObservable(toolsOf(run$)).toBe('--(cr)-------|', { c: 'tool-call', r: 'tool-result' });

    flush();
    expect(two.calls[0]?.request.tools).toBeUndefined();
  }),
);
