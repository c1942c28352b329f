import { session } from 'rxllm/agents';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'stops an answer for the next message, and tells the model how far it came',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const model = fakeModel(['--O-n-c-e---|', '-O-k|']);
    const chat = session({ model, whileRunning: 'replace' });
    const story = recordTimeline(chat.send('Tell me a story'));
    recordTimeline(chat.send('A shorter one'), '-----^');
    flush();

    expect(story.chunks.at(-1)).toMatchObject({ type: 'run-finish', reason: 'aborted' });
    expect(model.calls[0]?.unsubscribedFrame).toBe(5);
    expect(model.calls[1]?.request.messages).toMatchObject([
      { content: 'Tell me a story' },
      { content: [{ text: 'On' }] },
      { content: 'A shorter one' },
    ]);
  }),
);
