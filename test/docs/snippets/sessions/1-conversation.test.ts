import { memoryStore, session, type SessionEntry } from 'rxllm/agents';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'goes on with a conversation, also with one that another session began',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const store = memoryStore();
    const model = fakeModel(['--H-i|', '-B-e-r-n|']);
    const today = session({ model, store, id: 'work', title: 'Capitals' });
    recordTimeline(today.send('Hello'));
    flush();

    const tomorrow = session({ model, store, id: 'work' });
    const screen = recordTimeline(tomorrow.send('What is the capital of Switzerland?'));
    flush();

    expect(model.calls[1]?.request.messages).toMatchObject([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ text: 'Hi' }] },
      { role: 'user', content: 'What is the capital of Switzerland?' },
    ]);
    expect(screen.chunks.at(-1)).toMatchObject({ type: 'run-finish', reason: 'stop' });

    const listed: SessionEntry[] = [];
    tomorrow.list().subscribe((entries) => listed.push(...entries));
    expect(listed).toMatchObject([{ id: 'work', title: 'Capitals', messageCount: 4 }]);
  }),
);
