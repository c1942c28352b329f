import { concat, map } from 'rxjs';
import type { LanguageModel, Message } from 'rxllm';
import { session, type SessionMessage } from 'rxllm/agents';
import { collectResponse } from 'rxllm/operators';
import { inVirtualTime, usage } from 'rxllm/testing';
import { expect, it } from 'vitest';

/** Has a model sum up all but the last two messages. */
const summarize = (model: LanguageModel) => (messages: readonly SessionMessage[]) =>
  model.stream(`Sum up: ${JSON.stringify(messages.slice(0, -2))}`).pipe(
    collectResponse(),
    map(({ text }): readonly Message[] => [
      { role: 'user', content: `What was said before: ${text}` },
      { role: 'assistant', content: 'I see.' },
      ...messages.slice(-2),
    ]),
  );

it(
  'sums up what was said when the context is full',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const values = { u: usage({ inputTokens: 9_000 }) };
    const model = fakeModel(['-A|', '-Bu|', '-C|'], { values });
    const cheap = fakeModel(['-X|']);
    const chat = session({ model, compaction: { above: 8_000, with: summarize(cheap) } });
    recordTimeline(concat(chat.send('One'), chat.send('Two'), chat.send('Three')));
    flush();

    expect(model.calls[2]?.request.messages).toMatchObject([
      { content: 'What was said before: X' },
      { content: 'I see.' },
      { content: 'Two' },
      { content: [{ text: 'B' }] },
      { content: 'Three' },
    ]);
  }),
);
