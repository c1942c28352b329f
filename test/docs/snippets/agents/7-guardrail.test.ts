import { filter, map } from 'rxjs';
import { accumulateText } from 'rxllm/operators';
import { agent, type OutputGuardrail } from 'rxllm/agents';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

const noSecret: OutputGuardrail = (chunks) =>
  chunks.pipe(
    accumulateText(),
    filter((text) => text.includes('42')),
    map(() => 'The answer told the secret'),
  );

it(
  'stops before the secret is out',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const model = fakeModel(['--4-2-x|']);
    const screen = recordTimeline(agent({ model, outputGuardrails: [noSecret] }).stream('What is it?'));
    flush();

    expect(screen.textAt(9)).toBe('4');
    expect(screen.error).toMatchObject({ name: 'GuardError', code: 'output', partial: { text: '4' } });
    expect(model.calls[0]?.unsubscribedFrame).toBe(4);
  }),
);
