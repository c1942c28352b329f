import { concat, from, type Observable, of, throwError } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { fallbackTo, type FallbackToOptions } from '../../models/fallbackTo.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { accumulateText } from '../../operators/accumulateText.ts';
import { type CollectedResponse, collectResponse } from '../../operators/collectResponse.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { selectText } from '../../operators/selectText.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { RestartChunk, StreamChunk } from '../../src/chunk.ts';
import { InvalidRequestError, type RxllmError, StreamAbortedError } from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { inTurn, it } from '../marbles.ts';
import { fakeCapabilities } from '../../testing/fakeModel.ts';
import { modelOf } from './modelOf.ts';

const partialUsage = { ...usage, partial: true };
const two = { maxAttempts: 2 };
const values: Record<string, StreamChunk> = {
  ...chunks,
  S: { ...chunks.s, provider: 'other' },
  r: restartWith(two),
  U: restartWith({ ...two, usage: partialUsage }),
  p: { type: 'tool-progress', toolCallId: 'call_0', toolName: 'weather', value: 1 },
  o: { type: 'approval-request', toolCallId: 'call_0', toolName: 'weather', arguments: {} },
};
const asked = (
  first: Observable<StreamChunk>,
  second: Observable<StreamChunk>,
  options: FallbackToOptions = {},
) => fallbackTo(modelOf(first), modelOf(second), options).stream('Hello').pipe(verifyGrammar());

describe('fallbackTo', () => {
  it('asks only the first model when it answers', (m) => {
    const first = m.cold('s-a-f|', values);
    const second = m.cold('S-b-f|', values);

    m.expect(asked(first, second)).toBeObservable('s-a-f|', values);
    m.expect(second).toHaveSubscriptions([]);
  });

  it('asks the next model when one fails before it has answered', (m) => {
    const first = m.cold(' s-#', values, cut);
    const second = m.cold('  --S-b-f|', values);
    const expected = '     s-r-S-b-f|';

    m.expect(asked(first, second)).toBeObservable(expected, values);
    m.expect(first).toHaveSubscriptions('^-!');
  });

  it('voids what has been delivered, and tells what it had used', (m) => {
    const first = m.cold(' s-a-u-#', values, cut);
    const second = m.cold('      --S-b-f|', values);
    const expected = '     s-a-u-U-S-b-f|';

    m.expect(asked(first, second)).toBeObservable(expected, values);
    m.expect(asked(first, second).pipe(accumulateText())).toBeObservable('--a---v---b--|', {
      a: 'a',
      v: '',
      b: 'b',
    });
  });

  it('goes on down the list, with the error of the last', (m) => {
    const last = new Error('last');
    const models = [
      modelOf(m.cold('-#', values, cut)),
      modelOf(m.cold('-#', values, cut)),
      modelOf(m.cold('--#', values, last)),
    ] as const;
    const r1 = restartWith({ attempt: 2 });
    const r2 = restartWith({ attempt: 3 });

    m.expect(fallbackTo(...models).stream('Hello')).toBeObservable('-xy-#', { x: r1, y: r2 }, last);
  });

  it('falls back on every error but being stopped from this side', (m) => {
    const second = m.cold('-S-b-f|', values);
    const invalid = new InvalidRequestError('cannot look at images');
    const stopped = new StreamAbortedError('stopped');
    const { retryable, name, message } = invalid;
    const x = restartWith({ ...two, error: { name, message, retryable } });

    m.expect(asked(m.cold('-#', values, invalid), second)).toBeObservable('-xS-b-f|', {
      ...values,
      x,
    });
    m.expect(asked(m.cold('-#', values, stopped), second)).toBeObservable('-#', values, stopped);
  });

  it('falls back where fallbackIf says so', (m) => {
    const second = m.cold('S-b-f|', values);
    const errors: unknown[] = [];
    const fallbackIf = (error: unknown) => errors.push(error) > 9;

    m.expect(asked(m.cold('-#', values, cut), second, { fallbackIf })).toBeObservable('-#', values, cut);
    m.flush();
    expect(errors).toEqual([cut]);
  });

  it('treats an error chunk as an error', (m) => {
    const e: StreamChunk = {
      type: 'error',
      error: { name: 'StreamInterruptedError', message: 'cut', retryable: true },
    };
    const first = m.cold(' s-a-e', { ...values, e });
    const second = m.cold('    --S-b-f|', values);

    m.expect(asked(first, second)).toBeObservable('s-a-r-S-b-f|', values);
  });

  it('does not ask another model when a tool ran or the call had finished', (m) => {
    const second = m.cold('S-b-f|', values);
    const finished = m.cold('saf#', values, cut);
    const ranTool = m.cold(' snep#', values, cut);
    const gated = m.cold('   sneo#', values, cut);

    m.expect(asked(finished, second)).toBeObservable('saf#', values, cut);
    m.expect(asked(ranTool, second)).toBeObservable(' snep#', values, cut);
    m.expect(asked(gated, second)).toBeObservable('   sneo#', values, cut);
    m.expect(second).toHaveSubscriptions([]);
  });

  it('asks another model when the provider ran the tool', (m) => {
    const o: StreamChunk = {
      type: 'tool-result',
      toolCallId: 'call_0',
      toolName: 'search',
      result: '',
      isError: false,
      durationMs: 0,
      providerExecuted: true,
      block: 0,
    };
    const first = m.cold(' so#', { ...values, o }, cut);
    const second = m.cold('  --S-b-f|', values);

    m.expect(asked(first, second)).toBeObservable('sor-S-b-f|', { ...values, o });
  });

  it("does not ask another model behind output with afterOutput 'fail'", (m) => {
    const second = m.cold('--S-b-f|', values);
    const early = m.cold('s-#', values, cut);
    const late = m.cold('s-a-#', values, cut);

    m.expect(asked(early, second, { afterOutput: 'fail' })).toBeObservable('s-r-S-b-f|', values);
    m.expect(asked(late, second, { afterOutput: 'fail' })).toBeObservable('s-a-#', values, cut);
  });

  describe("afterOutput 'hold'", () => {
    const hold = { afterOutput: 'hold' } as const;

    it('delivers a call when it has finished, and nothing of what failed', (m) => {
      const first = m.cold(' s-a-#', values, cut);
      const second = m.cold('    S-b-f----|', values);
      const expected = '     --------(Sbf)|';

      m.expect(asked(first, second, hold)).toBeObservable(expected, values);
      m.expect(asked(first, second, hold).pipe(selectText())).toBeObservable('--------b----|');
    });

    it('tells what had been used, since it is billed', (m) => {
      const first = m.cold(' s-a-u-#', values, cut);
      const second = m.cold('      S-b-f----|', values);
      const expected = '     ------U---(Sbf)|';

      m.expect(asked(first, second, hold)).toBeObservable(expected, values);
    });

    plainIt('errors with an empty partial, having delivered nothing', () => {
      const seen = new ResponseBuilder();
      seen.add(chunks.a);
      const withText = cut.withPartial(() => seen.partial);
      const errors: RxllmError[] = [];
      const failing = modelOf(throwError(() => withText));
      const behindFinish = modelOf(failAfter([chunks.s, chunks.f], withText));
      const observer = { error: (error: RxllmError) => errors.push(error) };
      fallbackTo(failing, failing, hold).stream('Hello').subscribe(observer);
      fallbackTo(behindFinish, failing, hold).stream('Hello').subscribe(observer);
      fallbackTo(modelOf(throwError(() => new Error('foreign'))), hold)
        .stream('Hello')
        .subscribe(observer);

      expect(errors.map((error) => (error as Partial<RxllmError>).partial?.text)).toEqual([
        '',
        'a',
        undefined,
      ]);
      expect((errors[0]?.cause as RxllmError).partial.text).toBe('a');
    });
  });

  it('calls onFallback in every mode', (m) => {
    const told: RestartChunk[] = [];
    const onFallback = (restart: RestartChunk) => told.push(restart);
    asked(m.cold('#', values, cut), of(chunks.s, chunks.f), { afterOutput: 'hold', onFallback }).subscribe();

    m.flush();
    expect(told).toEqual([values['r']]);
  });

  it('counts what every attempt has used once, that of inner retries included', (m) => {
    const failing = m.cold<StreamChunk>('su#', values, cut);
    const healthy = m.cold<StreamChunk>('saf|', values);
    const billed: unknown[] = [];
    const model = fallbackTo(
      pipeModel(modelOf(failing), retryStream({ count: 1, delay: 1 })),
      modelOf(inTurn(healthy)),
    );
    model
      .stream('Hello')
      .pipe(collectResponse())
      .subscribe((response: CollectedResponse) => billed.push(response.usage, response.billedUsage));

    m.flush();
    expect(billed).toEqual([usage, { inputTokens: 9, outputTokens: 15, totalTokens: 24, partial: true }]);
  });

  it('aborts when unsubscribed from', (m) => {
    const first = m.cold(' s-#', values, cut);
    const second = m.cold('  --S---', values);

    m.expect(asked(first, second), '^-----!').toBeObservable('s-r-S-', values);
    m.expect(first).toHaveSubscriptions('^-!');
    m.expect(second).toHaveSubscriptions('--^---!');
  });

  it('begins with the first model for each subscriber', (m) => {
    const first = m.cold(' s-#', values, cut);
    const second = m.cold('  --S-b-f|', values);
    const stream = asked(first, second);

    m.expect(stream).toBeObservable('s-r-S-b-f|', values);
    m.expect(stream).toBeObservable('s-r-S-b-f|', values);
    m.expect(first).toHaveSubscriptions(['^-!', '^-!']);
  });

  plainIt('hands the request on as it is and bears the name of the first', () => {
    const first = modelOf(
      throwError(() => cut),
      { provider: 'one' },
    );
    const second = modelOf(of(), { capabilities: { ...fakeCapabilities, tools: false } });
    const model = fallbackTo(first, second);
    const request = { messages: [{ role: 'user', content: 'Hello' }] } as const;
    model.stream(request).subscribe();

    expect(second.requests[0]).toBe(request);
    expect(model).toMatchObject({ provider: 'one', capabilities: { ...fakeCapabilities, tools: false } });
  });

  plainIt('throws at the call for arguments that make no sense', () => {
    expect(() => fallbackTo(modelOf(of()), { afterOutput: 'maybe' as never })).toThrow(
      'fallbackTo: afterOutput must be restart, hold, fail, not maybe',
    );
    expect(() => fallbackTo({} as never)).toThrow('fallbackTo: a model must be given');
    expect(() => fallbackTo(modelOf(of()), undefined as never)).toThrow('not be undefined');
  });
});

function failAfter(seen: readonly StreamChunk[], error: Error): Observable<StreamChunk> {
  return concat(
    from(seen),
    throwError(() => error),
  );
}
