import { NEVER } from 'rxjs';
import type { LanguageModel } from 'rxllm';
import { agent, memoryStore, session, type SessionHistory, tool } from 'rxllm/agents';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const weather = tool({ name: 'weather', parameters: z.object({ city: z.string() }), execute: () => NEVER });
const store = memoryStore();

/** Every process makes the session anew, on the same store. */
const open = (model: LanguageModel) =>
  session({ agent: agent({ model, tools: [weather] }), store, id: 'work' });

it(
  'has what had come of an answer when the program was gone',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const before = fakeModel(['-O-n-e-c----'], { values: { c: toolCall('weather', { city: 'Bern' }) } });
    recordTimeline(open(before).send('How is the weather?'));
    flush();

    const model = fakeModel(['-O-k|']);
    const chat = open(model);
    const histories: SessionHistory[] = [];
    chat.history.subscribe((history) => histories.push(history));
    expect(histories[0]?.messages).toMatchObject([
      { role: 'user', content: 'How is the weather?' },
      { role: 'assistant', partial: true, content: [{ text: 'One' }, { type: 'tool-call' }] },
      { role: 'tool', content: [{ isError: true, result: 'The call was aborted before it had a result.' }] },
    ]);

    recordTimeline(chat.send('Go on'));
    flush();
    expect(model.calls[0]?.request.messages).toHaveLength(4);
  }),
);
