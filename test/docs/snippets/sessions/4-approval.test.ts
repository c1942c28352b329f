import type { LanguageModel } from 'rxllm';
import { agent, memoryStore, session, type SessionHistory, tool } from 'rxllm/agents';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';

const execute = vi.fn(({ amount }: { amount: number }) => `paid ${amount}`);
const pay = tool({
  name: 'pay',
  parameters: z.object({ amount: z.number() }),
  approve: () => ['later'],
  execute,
});
const store = memoryStore();

/** Every process makes the session anew, on the same store. */
const open = (model: LanguageModel) => session({ agent: agent({ model, tools: [pay] }), store, id: 'work' });

it(
  'pays once, whoever decides, and after a restart',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const values = { c: toolCall('pay', { amount: 9 }, 'call_7') };
    const asked = recordTimeline(open(fakeModel(['-c|'], { values })).send('Pay the bill'));
    flush();
    expect(asked.chunks.at(-1)).toMatchObject({ type: 'run-finish', reason: 'pause' });

    const [one, other] = [open(fakeModel(['-O-k|'])), open(fakeModel([]))];
    const shown: SessionHistory[] = [];
    for (const { history } of [one, other]) history.subscribe((now) => shown.push(now));
    for (const { waiting } of shown)
      expect(waiting?.waiting).toMatchObject([{ toolName: 'pay', arguments: { amount: 9 } }]);

    const paid = recordTimeline(one.resume({ call_7: true }));
    const late = recordTimeline(other.resume({ call_7: true }));
    flush();

    expect(paid.chunks.at(-1)).toMatchObject({ type: 'run-finish', reason: 'stop' });
    expect(late.error).toMatchObject({ name: 'SinkError', code: 'CONFLICT' });
    expect(execute).toHaveBeenCalledOnce();
  }),
);
