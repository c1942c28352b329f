import { tool } from 'rxllm';
import { accumulateText, collectResponse, executeTools, shareRun } from 'rxllm/operators';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

it(
  'pays once',
  inVirtualTime(({ fakeModel, flush }) => {
    let payments = 0;
    const pay = tool({ name: 'pay', parameters: z.object({}), execute: () => (payments += 1) });
    const model = fakeModel([{ when: /./, answer: '--c|' }], { values: { c: toolCall('pay') } });
    const messages = [{ role: 'user' as const, content: 'Pay the bill' }];
    const run$ = model.stream({ messages, tools: [pay] }).pipe(executeTools([pay]));

    // The symptom: each subscriber is a request and a run of its own.
    run$.pipe(accumulateText()).subscribe();
    run$.pipe(collectResponse()).subscribe();
    flush();
    expect(payments).toBe(2);

    // The remedy: one run for all, behind executeTools.
    payments = 0;
    const shared$ = run$.pipe(shareRun());
    shared$.pipe(accumulateText()).subscribe();
    shared$.pipe(collectResponse()).subscribe();
    flush();
    expect(payments).toBe(1);
  }),
);
