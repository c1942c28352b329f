import { executeTools } from 'rxllm/operators';
import { approvalRequest, finish, inVirtualTime, toolCall, toolResult } from 'rxllm/testing';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';

it(
  'pays when somebody has agreed, not before',
  inVirtualTime(({ fakeModel, cold, expectChunks, flush }) => {
    const execute = vi.fn(() => 'paid');
    const pay = { name: 'pay', parameters: z.object({ amount: z.number() }), execute };
    const call = toolCall('pay', { amount: 9 });
    const values = {
      c: call,
      C: [...call, approvalRequest('pay')],
      f: finish(),
      r: toolResult('pay', 'paid', { durationMs: 0 }),
    };
    const model = fakeModel(['--c|'], { values });
    const approve = () => cold('-----(y|)', { y: true });

    expectChunks(model.stream('Pay').pipe(executeTools([pay], { approve }))).toBe('--Cf---(r|)', values);
    flush();
    expect(execute).toHaveBeenCalledOnce();
  }),
);
