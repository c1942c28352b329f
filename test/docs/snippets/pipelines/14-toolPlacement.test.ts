import { map, type Observable, timer } from 'rxjs';
import { type RxllmError, type StreamChunk, tool } from 'rxllm';
import { executeTools, interruptOn, ofType, retryStream } from 'rxllm/operators';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const again = retryStream({ delay: 4, random: () => 0 });
const messages = [{ role: 'user' as const, content: 'Pay the bill' }];
const c = toolCall('pay');
const errorsOf = (run$: Observable<StreamChunk>) =>
  run$.pipe(
    ofType('tool-result'),
    map(({ isError }) => isError),
  );

it(
  'repeats the call before tools run, and not behind them',
  inVirtualTime(({ fakeModel, flush }) => {
    let payments = 0;
    const pay = tool({ name: 'pay', parameters: z.object({}), execute: () => (payments += 1) });
    const request = { messages, tools: [pay] };

    // The attempt that broke off had not finished, so its tool had not run.
    const sound = fakeModel(['--c#', '--c|'], { values: { c } });
    const run = executeTools([pay], { startTools: 'finished' });
    sound.stream(request).pipe(again, run).subscribe();
    flush();
    expect([sound.calls.length, payments]).toEqual([2, 1]);

    // Its tool has run: the error passes.
    payments = 0;
    const odd = fakeModel(['--c#'], { values: { c } });
    const names: string[] = [];
    odd
      .stream(request)
      .pipe(executeTools([pay]), again)
      .subscribe({ error: ({ name }: RxllmError) => names.push(name) });
    flush();
    expect([odd.calls.length, payments, ...names]).toEqual([1, 1, 'StreamInterruptedError']);
  }),
);

it(
  'gives each tool a result when it is stopped: the stop stands before the tools',
  inVirtualTime(({ fakeModel, hot, expectObservable, flush }) => {
    const pay = tool({ name: 'pay', parameters: z.object({}), execute: () => timer(60_000) });
    const model = fakeModel(['--c-----|', '--c-----|'], { values: { c } });
    const stop = interruptOn(hot('-----x'));
    const request = { messages, tools: [pay] };

    const sound$ = model.stream(request).pipe(stop, executeTools([pay]));
    expectObservable(errorsOf(sound$)).toBe('-----(e|)', { e: true });

    const odd$ = model.stream(request).pipe(executeTools([pay]), stop);
    expectObservable(errorsOf(odd$)).toBe('-----|');
    flush();
    expect(model.calls).toHaveLength(2);
  }),
);
