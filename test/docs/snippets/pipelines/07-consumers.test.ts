import { map } from 'rxjs';
import { accumulateText, collectResponse, ofType, shareRun } from 'rxllm/operators';
import { finish, inVirtualTime, usage } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'is one request for the page, the log and whoever comes later',
  inVirtualTime(({ fakeModel, expectObservable, expectSubscriptions, flush }) => {
    const values = { u: usage({ inputTokens: 5, outputTokens: 2 }), f: finish('stop') };
    const model = fakeModel(['--H-i-uf|'], { values });

    const run$ = model.stream('Say hi').pipe(shareRun());
    const page$ = run$.pipe(accumulateText());
    const log$ = run$.pipe(
      ofType('finish'),
      map(({ usage }) => usage?.outputTokens),
    );
    const whole$ = run$.pipe(
      collectResponse(),
      map(({ text }) => text),
    );

    expectObservable(page$).toBe('--a-b---|', { a: 'H', b: 'Hi' });
    expectObservable(log$).toBe('-------u|', { u: 2 });
    expectObservable(whole$, '-----^').toBe('--------(t|)', { t: 'Hi' });
    expectSubscriptions(model.subscriptions).toBe('^-------!');
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
