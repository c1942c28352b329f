import { type Observable, throwError } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { accumulateText } from '../../operators/accumulateText.ts';
import { retryBudget } from '../../operators/retryBudget.ts';
import { retryStream, type RetryStreamOptions } from '../../operators/retryStream.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { ProviderError, type RxllmError } from '../../src/errors.ts';
import type { RestartChunk, StreamChunk } from '../../src/index.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { inTurn, it } from '../marbles.ts';

/** Waits 2 ms before the first retry, 4 before the second. */
const soon: RetryStreamOptions = { delay: 4, random: () => 0 };
const r = restartWith({ delayMs: 2 });
const values = { ...chunks, r, R: restartWith({ delayMs: 4, attempt: 3 }) };

describe('retryStream', () => {
  behavesAsOperator('retryStream', () => retryStream({ count: 0 }));

  it('tells of a restart at the failure and resubscribes after the wait', (m) => {
    const failing = m.cold(' s-a-#', chunks, cut);
    const healthy = m.cold('       s-a-b-f|', chunks);
    const expected = '       s-a-r-s-a-b-f|';
    const result = inTurn(failing, healthy).pipe(retryStream(soon), verifyGrammar());

    m.expect(result).toBeObservable(expected, values);
  });

  it('lets accumulators take back what the failed attempt had said', (m) => {
    const failing = m.cold(' s-a-#', chunks, cut);
    const healthy = m.cold('       s-a-b-f|', chunks);
    const expected = '       --a-n---a-c--|';
    const result = inTurn(failing, healthy).pipe(retryStream(soon), accumulateText());

    m.expect(result).toBeObservable(expected, { a: 'a', n: '', c: 'ab' });
  });

  it('doubles the wait at each retry and ends with the last error, unchanged', (m) => {
    const source = m.cold('-#', chunks, cut);
    const subs = ['        ^!', '---^!', '--------^!'];
    const expected = '     -r--R----#';

    m.expect(source.pipe(retryStream(soon))).toBeObservable(expected, values, cut);
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('chooses the wait between half the delay and the whole', (m) => {
    const source = m.cold('-#', chunks, cut);
    const result = source.pipe(retryStream({ delay: 8, count: 1, random: () => 0.5 }));

    m.expect(result).toBeObservable('-r 6ms #', { r: restartWith({ delayMs: 6, maxAttempts: 2 }) }, cut);
  });

  it('never waits longer than maxDelay of its own', (m) => {
    const source = m.cold('-#', chunks, cut);
    const result = source.pipe(retryStream({ delay: 100, maxDelay: 4, count: 1, random: () => 0 }));

    m.expect(result).toBeObservable('-r--#', { r: restartWith({ delayMs: 2, maxAttempts: 2 }) }, cut);
  });

  it('waits as long as the provider asks', (m) => {
    const limited = new ProviderError('slow down', { status: 429, retryable: true, retryAfter: 3 });
    const failing = m.cold(' #', chunks, limited);
    const healthy = m.cold('    s-a-f|', chunks);
    const error = {
      name: 'ProviderError',
      message: 'slow down',
      retryable: true,
      status: 429,
      retryAfter: 3,
    };

    m.expect(inTurn(failing, healthy).pipe(retryStream())).toBeObservable('r--s-a-f|', {
      ...chunks,
      r: restartWith({ delayMs: 3, error }),
    });
  });

  it('counts the wait to a date by the clock of the scheduler', (m) => {
    const source = m.cold('--#', chunks, new ProviderError('later', { retryable: true, retryAt: 6 }));
    const waits: number[] = [];

    m.expect(
      source.pipe(retryStream({ count: 1, onRetry: ({ delayMs }) => waits.push(delayMs) })),
    ).toBeObservable(
      '--r-----#',
      {
        r: restartWith({
          delayMs: 4,
          maxAttempts: 2,
          error: { name: 'ProviderError', message: 'later', retryable: true, retryAt: 6 },
        }),
      },
      new ProviderError('later', { retryable: true, retryAt: 6 }),
    );
    m.flush();
    expect(waits).toEqual([4]);
  });

  it('fails at once when the provider asks for more than maxDelay', (m) => {
    const limited = new ProviderError('slow down', { retryable: true, retryAfter: 60_000 });
    const source = m.cold('-#', chunks, limited);

    m.expect(source.pipe(retryStream())).toBeObservable('-#', {}, limited);
    m.expect(source).toHaveSubscriptions('^!');
  });

  it('begins no retry that would begin after within', (m) => {
    const source = m.cold('-#', chunks, cut);

    m.expect(source.pipe(retryStream({ ...soon, within: 5 }))).toBeObservable('-r--#', values, cut);
  });

  it('does not retry what the error or retryIf says is not worth it', (m) => {
    const refused = new ProviderError('bad key', { status: 401, retryable: false });

    m.expect(m.cold('-#', chunks, refused).pipe(retryStream())).toBeObservable('-#', {}, refused);
    m.expect(m.cold('-#', chunks, cut).pipe(retryStream({ retryIf: () => false }))).toBeObservable(
      '-#',
      {},
      cut,
    );
    m.expect(m.cold('-#', chunks, 'text').pipe(retryStream())).toBeObservable('-#', {}, 'text');
  });

  it('treats an error chunk as an error', (m) => {
    const e: StreamChunk = {
      type: 'error',
      error: { name: 'StreamInterruptedError', message: 'cut', retryable: true },
    };
    const failing = m.cold<StreamChunk>(' s-a-e', { ...chunks, e });
    const healthy = m.cold('       s-a-f|', chunks);

    m.expect(inTurn(failing, healthy).pipe(retryStream(soon))).toBeObservable('s-a-r-s-a-f|', values);
  });

  it('tells what the voided attempt had used', (m) => {
    const failing = m.cold(' s-u-#', chunks, cut);
    const healthy = m.cold('       s-f|', chunks);
    const billed = restartWith({ delayMs: 2, usage: { ...usage, partial: true } });

    m.expect(inTurn(failing, healthy).pipe(retryStream(soon))).toBeObservable('s-u-r-s-f|', {
      ...chunks,
      r: billed,
    });
  });

  it('shares a budget that refills with time', (m) => {
    const budget = retryBudget({ count: 1, per: 10, scheduler: m.scheduler });
    const first = m.cold(' -#', chunks, cut).pipe(retryStream({ ...soon, count: 1, budget }));
    const second = m.cold('---#', chunks, cut).pipe(retryStream({ ...soon, count: 1, budget }));
    const third = m.cold(' 20ms #', chunks, cut).pipe(retryStream({ ...soon, count: 1, budget }));
    const one = restartWith({ delayMs: 2, maxAttempts: 2 });

    m.expect(first).toBeObservable(' -r--#', { r: one }, cut);
    m.expect(second).toBeObservable('---#', {}, cut);
    m.expect(third).toBeObservable(' 20ms r 21ms #', { r: one }, cut);
  });

  it('cancels the pending retry when unsubscribed from', (m) => {
    const source = m.cold('-#', chunks, cut);
    const unsub = '        ^-!';

    m.expect(source.pipe(retryStream({ delay: 20, random: () => 0 })), unsub).toBeObservable('-r', {
      r: restartWith({ delayMs: 10 }),
    });
    m.expect(source).toHaveSubscriptions('^!');
  });

  describe('after tools', () => {
    const p: StreamChunk = { type: 'tool-progress', toolCallId: 'call_0', toolName: 'weather', value: 1 };
    const o: StreamChunk = {
      type: 'tool-result',
      toolCallId: 'call_0',
      toolName: 'weather',
      result: 'sunny',
      isError: false,
      durationMs: 0,
    };
    const searched: StreamChunk = { ...o, providerExecuted: true, block: 0 };

    it('does not repeat an attempt in which a tool ran', (m) => {
      m.expect(m.cold<StreamChunk>('snep#', { ...chunks, p }, cut).pipe(retryStream(soon))).toBeObservable(
        'snep#',
        { ...chunks, p },
        cut,
      );
      m.expect(m.cold<StreamChunk>('sneo#', { ...chunks, o }, cut).pipe(retryStream(soon))).toBeObservable(
        'sneo#',
        { ...chunks, o },
        cut,
      );
    });

    it('repeats it when told to, and when the provider ran the tool', (m) => {
      const result = m
        .cold('so#', { ...chunks, o }, cut)
        .pipe(retryStream({ ...soon, count: 1, afterTools: 'repeat' }));
      const search = m
        .cold<StreamChunk>('so#', { ...chunks, o: searched }, cut)
        .pipe(retryStream({ ...soon, count: 1 }));
      const one = restartWith({ delayMs: 2, maxAttempts: 2 });

      m.expect(result).toBeObservable('sor-so#', { ...chunks, o, r: one }, cut);
      m.expect(search).toBeObservable('sor-so#', { ...chunks, o: searched, r: one }, cut);
    });
  });

  it('does not repeat what has finished', (m) => {
    const second = m.cold('safsb#', chunks, cut);
    const behind = m.cold('saf#', chunks, cut);

    m.expect(second.pipe(retryStream(soon))).toBeObservable('safsb#', chunks, cut);
    m.expect(behind.pipe(retryStream(soon))).toBeObservable('saf#', chunks, cut);
  });

  describe("afterOutput 'fail'", () => {
    it('retries before the first content only', (m) => {
      const early = m.cold(' s-#', chunks, cut);
      const late = m.cold('      s-a-#', chunks, cut);
      const result = inTurn(early, late).pipe(retryStream({ ...soon, afterOutput: 'fail' }));

      m.expect(result).toBeObservable('s-r-s-a-#', values, cut);
    });
  });

  describe("afterOutput 'hold'", () => {
    const hold = retryStream({ ...soon, afterOutput: 'hold' });

    it('delivers a call when it has finished, without a trace of failed attempts', (m) => {
      const failing = m.cold(' s-a-#', chunks, cut);
      const healthy = m.cold('       s-a-b-f 9ms |', chunks);
      const expected = '       12ms      (sabf) 4ms |';

      m.expect(inTurn(failing, healthy).pipe(hold)).toBeObservable(expected, chunks);
    });

    it('fails with an empty partial, since nothing was delivered', () => {
      const partial = new ResponseBuilder();
      partial.add(chunks.a);
      const error = cut.withPartial(() => partial.partial);
      let seen: RxllmError | undefined;
      throwError(() => error)
        .pipe(retryStream({ count: 0, afterOutput: 'hold' }))
        .subscribe({ error: (last: RxllmError) => (seen = last) });

      expect(seen?.partial.text).toBe('');
      expect((seen?.cause as RxllmError).partial.text).toBe('a');
    });

    it('does not repeat a call that has been delivered', (m) => {
      const source = m.cold('saf 9ms #', chunks, cut);

      m.expect(source.pipe(hold)).toBeObservable('--(saf) 5ms #', chunks, cut);
      m.expect(source).toHaveSubscriptions('^ 11ms !');
    });
  });

  describe("afterOutput 'continue'", () => {
    const sum = { inputTokens: 6, outputTokens: 10, totalTokens: 16, partial: true };
    const joined = { ...chunks, U: { type: 'usage', usage: sum } as const, F: { ...chunks.f, usage: sum } };
    const continuing = (rest: Observable<StreamChunk>, asked: string[] = []) =>
      retryStream({
        ...soon,
        count: 1,
        afterOutput: 'continue',
        continueWith: ({ text }) => {
          asked.push(text);
          return rest;
        },
      });

    it('keeps the text, goes on in its block and adds up the usage', (m) => {
      const asked: string[] = [];
      const failing = m.cold(' s-a-u-#', chunks, cut);
      const rest = m.cold('            s-b-A-u-f|', chunks);
      const expected = '       s-a-u-----b-A-U-F|';

      m.expect(failing.pipe(continuing(rest, asked), verifyGrammar())).toBeObservable(expected, joined);
      m.flush();
      expect(asked).toEqual(['a']);
    });

    it('begins a new block where the kind changes and closes tool calls that were cut off', (m) => {
      const failing = m.cold(' s-n-d-#', chunks, cut);
      const rest = m.cold<StreamChunk>('            s-a-f|', {
        ...chunks,
        f: { ...chunks.f, usage: undefined } as never,
      });
      const expected = '       s-n-d-i---A-f|';

      m.expect(failing.pipe(continuing(rest))).toBeObservable(expected, {
        ...chunks,
        i: {
          type: 'tool-call-invalid',
          toolCallId: 'call_0',
          toolName: 'weather',
          argumentsText: '{"city":"Bern"}',
          reason: 'incomplete',
          block: 0,
        },
        A: { ...chunks.a, block: 1 },
        f: { ...chunks.f, usage: undefined } as never,
      });
    });

    it('restarts when nothing had been said', (m) => {
      const failing = m.cold('s-#', chunks, cut);
      const healthy = m.cold('    s-a-f|', chunks);
      const result = inTurn(failing, healthy).pipe(continuing(m.cold('#')));

      m.expect(result).toBeObservable('s-r-s-a-f|', {
        ...chunks,
        r: restartWith({ delayMs: 2, maxAttempts: 2 }),
      });
    });

    it('fails with the partial of all pieces', (m) => {
      const failing = m.cold('s-a-#', chunks, cut);
      const rest = m.cold('        s-b-#', chunks, cut);
      const partials: string[] = [];
      failing
        .pipe(continuing(rest))
        .subscribe({ error: ({ partial }: RxllmError) => partials.push(partial.text) });

      m.flush();
      expect(partials).toEqual(['ab']);
    });
  });

  vitestIt('throws at the call for options that make no sense', () => {
    expect(() => retryStream({ count: -1 })).toThrow(
      'retryStream: count must be a whole number from 0, not -1',
    );
    expect(() => retryStream({ delay: Number.NaN })).toThrow(
      'retryStream: delay must be a number from 0, not NaN',
    );
    expect(() => retryStream({ afterOutput: 'maybe' as never })).toThrow(
      'afterOutput must be restart, continue, hold, fail, not maybe',
    );
    expect(() => retryStream({ afterOutput: 'continue' })).toThrow('needs continueWith');
    expect(() => retryBudget({ count: 0 })).toThrow('retryBudget: count must be a number from 1, not 0');
  });

  it('calls onRetry in every mode', (m) => {
    const told: RestartChunk[] = [];
    const onRetry = (restart: RestartChunk) => told.push(restart);
    m.cold('s-a-#', chunks, cut)
      .pipe(retryStream({ ...soon, count: 1, afterOutput: 'hold', onRetry }))
      .subscribe({ error: () => undefined });

    m.flush();
    expect(told).toMatchObject([{ attempt: 2, maxAttempts: 2, delayMs: 2 }]);
  });
});
