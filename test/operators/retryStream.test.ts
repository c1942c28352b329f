import type { Observable } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { accumulateText } from '../../operators/accumulateText.ts';
import { type CollectedResponse, collectResponse } from '../../operators/collectResponse.ts';
import { retryBudget } from '../../operators/retryBudget.ts';
import { retryStream, type RetryStreamOptions } from '../../operators/retryStream.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import {
  emptyPartial,
  ProviderError,
  type RxllmError,
  StreamInterruptedError,
  toErrorFacts,
} from '../../src/errors.ts';
import type { RestartChunk, StreamChunk } from '../../src/index.ts';
import {
  approvalRequest,
  type ChunkDraft,
  finish,
  restart,
  toolCall,
  toolProgress,
  toolResult,
  usage,
} from '../../testing/index.ts';
import { behavesAsOperator } from '../contract.ts';
import { inTurn, it } from '../marbles.ts';

/** Waits 2 ms before the first retry, 4 before the second. */
const soon: RetryStreamOptions = { delay: 4, random: () => 0 };
const once = { ...soon, count: 1 };
const s: ChunkDraft = { type: 'start' };
const f = finish();
const u = usage({ inputTokens: 3, outputTokens: 5 });
const r = restart({ delayMs: 2 });
/** The restart of {@link once}. */
const o = restart({ delayMs: 2, maxAttempts: 2 });

describe('retryStream', () => {
  behavesAsOperator('retryStream', () => retryStream({ count: 0 }));

  it('tells of a restart at the failure and resubscribes after the wait', (m) => {
    const failing = m.coldChunks(' s-a-#', { s });
    const healthy = m.coldChunks('       s-a-b-f|', { s, f });
    const expected = '             s-a-r-s-a-b-f|';
    const result = inTurn(failing, healthy).pipe(retryStream(soon), verifyGrammar());

    m.expectChunks(result).toBe(expected, { s, r, f });
    m.expect(failing).toHaveSubscriptions(' ^---!');
    m.expect(healthy).toHaveSubscriptions(' ------^------!');
  });

  it('lets accumulators take back what the failed attempt had said', (m) => {
    const failing = m.coldChunks(' --a-#');
    const healthy = m.coldChunks('       --a-b-|');
    const expected = '             --a-n---a-c-|';
    const result = inTurn(failing, healthy).pipe(retryStream(soon), accumulateText());

    m.expect(result).toBeObservable(expected, { a: 'a', n: '', c: 'ab' });
  });

  it('doubles the wait at each retry and ends with the last error, unchanged', (m) => {
    const source = m.coldChunks('-#');
    const subs = ['              ^!', '---^!', '--------^!'];
    const expected = '           -r--R----#';

    m.expectChunks(source.pipe(retryStream(soon))).toBe(expected, { r, R: restart({ delayMs: 4 }) });
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('chooses the wait between half the delay and the whole', (m) => {
    const result = m.coldChunks('-#').pipe(retryStream({ delay: 8, count: 1, random: () => 0.5 }));

    m.expectChunks(result).toBe('-r 6ms #', { r: restart({ delayMs: 6, maxAttempts: 2 }) });
  });

  it('never waits longer than maxDelay of its own', (m) => {
    const result = m.coldChunks('-#').pipe(retryStream({ ...once, delay: 100, maxDelay: 4 }));

    m.expectChunks(result).toBe('-r--#', { r: o });
  });

  it('waits as long as the provider asks', (m) => {
    const error = new ProviderError('slow down', { status: 429, retryable: true, retryAfter: 3 });
    const failing = m.coldChunks(' #', {}, error);
    const healthy = m.coldChunks('    --a-|');
    const expected = '             r----a-|';

    m.expectChunks(inTurn(failing, healthy).pipe(retryStream())).toBe(expected, {
      r: restart({ delayMs: 3, error }),
    });
  });

  it('counts the wait to a date by the clock of the scheduler', (m) => {
    const error = new ProviderError('later', { retryable: true, retryAt: 6 });
    const waits: number[] = [];
    const onRetry = ({ delayMs }: RestartChunk) => waits.push(delayMs);
    const result = m.coldChunks('--#', {}, error).pipe(retryStream({ count: 1, onRetry }));

    m.expectChunks(result).toBe('--r-----#', { r: restart({ delayMs: 4, maxAttempts: 2, error }) }, error);
    m.flush();
    expect(waits).toEqual([4]);
  });

  it('fails at once when the provider asks for more than maxDelay', (m) => {
    const limited = new ProviderError('slow down', { retryable: true, retryAfter: 60_000 });
    const source = m.coldChunks('-#', {}, limited);

    m.expectChunks(source.pipe(retryStream())).toBe('-#', {}, limited);
    m.expect(source).toHaveSubscriptions('^!');
  });

  it('waits for as long as maxDelay where the provider asks for it', (m) => {
    const error = new ProviderError('slow down', { retryable: true, retryAfter: 3 });
    const result = m.coldChunks('#', {}, error).pipe(retryStream({ count: 1, maxDelay: 3 }));

    m.expectChunks(result).toBe('r--#', { r: restart({ delayMs: 3, maxAttempts: 2, error }) }, error);
  });

  it('begins no retry that would begin after within', (m) => {
    m.expectChunks(m.coldChunks('-#').pipe(retryStream({ ...soon, within: 5 }))).toBe('-r--#', { r });
    m.expectChunks(m.coldChunks('-#').pipe(retryStream({ ...once, within: 3 }))).toBe('-r--#', { r: o });
    m.expectChunks(m.coldChunks('-#').pipe(retryStream({ ...once, within: 2 }))).toBe('-#');
  });

  it('does not retry what the error or retryIf says is not worth it', (m) => {
    const refused = new ProviderError('bad key', { status: 401, retryable: false });

    m.expectChunks(m.coldChunks('-#', {}, refused).pipe(retryStream())).toBe('-#', {}, refused);
    m.expectChunks(m.coldChunks('-#').pipe(retryStream({ retryIf: () => false }))).toBe('-#');
    m.expectChunks(m.coldChunks('-#', {}, () => 'text').pipe(retryStream())).toBe('-#', {}, () => 'text');
  });

  it('treats an error chunk as an error', (m) => {
    const error = toErrorFacts(new StreamInterruptedError('told'));
    const failing = m.coldChunks(' a-e', { e: { type: 'error', error } });
    const healthy = m.coldChunks('     a-|');
    const expected = '             a-r-a-|';

    m.expectChunks(inTurn(failing, healthy).pipe(retryStream(soon))).toBe(expected, {
      r: restart({ delayMs: 2, error: new StreamInterruptedError('told') }),
    });
  });

  it('tells what the voided attempt had used', (m) => {
    const failing = m.coldChunks(' a-u-#', { u });
    const healthy = m.coldChunks('       a-|');
    const expected = '             a-u-r-a-|';

    m.expectChunks(inTurn(failing, healthy).pipe(retryStream(soon))).toBe(expected, {
      u,
      r: restart({ delayMs: 2, usage: { ...u.usage, partial: true } }),
    });
  });

  it('shares a budget that refills with time', (m) => {
    const budget = retryBudget({ count: 1, per: 10, scheduler: m.scheduler });
    const first = m.coldChunks(' -#').pipe(retryStream({ ...once, budget }));
    const second = m.coldChunks('---#').pipe(retryStream({ ...once, budget }));
    const third = m.coldChunks(' 20ms #').pipe(retryStream({ ...once, budget }));

    m.expectChunks(first).toBe(' -r--#', { r: o });
    m.expectChunks(second).toBe('---#');
    m.expectChunks(third).toBe(' 20ms r 21ms #', { r: o });
  });

  it('cancels the pending retry when unsubscribed from', (m) => {
    const source = m.coldChunks('-#');
    const unsub = '              ^-!';

    m.expectChunks(source.pipe(retryStream({ delay: 20, random: () => 0 })), unsub).toBe('-r', {
      r: restart({ delayMs: 10 }),
    });
    m.expect(source).toHaveSubscriptions('^!');
  });

  describe('after tools', () => {
    const c = toolCall('weather');
    const p = toolProgress('weather', 1);
    const R = toolResult('weather', 'sunny', { durationMs: 0 });
    const searched: ChunkDraft = { ...R, toolCallId: 'call_0', providerExecuted: true };

    it('does not repeat an attempt in which a tool ran', (m) => {
      const values = { c, p, q: approvalRequest('weather'), R };

      m.expectChunks(m.coldChunks('-cp#', values).pipe(retryStream(soon))).toBe('-cp#', values);
      m.expectChunks(m.coldChunks('-cq#', values).pipe(retryStream(soon))).toBe('-cq#', values);
      m.expectChunks(m.coldChunks('-cR#', values).pipe(retryStream(soon))).toBe('-cR#', values);
    });

    it('repeats it when told to, and when the provider ran the tool', (m) => {
      const ran = { c, R, r: o };
      const repeated = m.coldChunks('cR#', ran).pipe(retryStream({ ...once, afterTools: 'repeat' }));
      const ranThere = { R: searched, r: o };
      const search = m.coldChunks('-R#', ranThere).pipe(retryStream(once));

      m.expectChunks(repeated).toBe('cRr-cR#', ran);
      m.expectChunks(search).toBe('-Rr--R#', ranThere);
    });
  });

  it('leaves the error as it is, with its partial, of a call that was delivered', (m) => {
    const error = new StreamInterruptedError('cut', { partial: () => ({ ...emptyPartial, text: 'a' }) });
    const seen: unknown[] = [];
    const keep = { error: (thrown: unknown) => seen.push(thrown) };
    m.coldChunks('s-a-#', { s }, error)
      .pipe(retryStream({ count: 0 }))
      .subscribe(keep);
    m.coldChunks('s-f-#', { s, f }, error)
      .pipe(retryStream({ count: 0, afterOutput: 'hold' }))
      .subscribe(keep);

    m.flush();
    expect(seen).toHaveLength(2);
    for (const thrown of seen) expect(thrown).toBe(error);
  });

  it('does not repeat what has finished', (m) => {
    const second = m.coldChunks('afb#', { f });
    const behind = m.coldChunks('af#', { f });

    m.expectChunks(second.pipe(retryStream(soon))).toBe('afb#', { f });
    m.expectChunks(behind.pipe(retryStream(soon))).toBe('af#', { f });
  });

  describe("afterOutput 'fail'", () => {
    it('retries before the first content only', (m) => {
      const early = m.coldChunks(' s-#', { s });
      const late = m.coldChunks('      s-a-#', { s });
      const expected = '           s-r-s-a-#';
      const result = inTurn(early, late).pipe(retryStream({ ...soon, afterOutput: 'fail' }));

      m.expectChunks(result).toBe(expected, { s, r });
    });
  });

  describe("afterOutput 'hold'", () => {
    const hold = retryStream({ ...soon, afterOutput: 'hold' });

    it('delivers a call when it has finished, without a trace of failed attempts', (m) => {
      const failing = m.coldChunks(' a-#');
      const healthy = m.coldChunks('     a-b-f 9ms |', { f });
      const expected = '             8ms    (abf) 5ms |';

      m.expectChunks(inTurn(failing, healthy).pipe(hold)).toBe(expected, { f });
    });

    it('tells what failed attempts had used, since that is billed', (m) => {
      const failing = m.coldChunks('au#', { u });
      const healthy = m.coldChunks('b|');
      const seen: CollectedResponse[] = [];
      inTurn(failing, healthy)
        .pipe(hold, verifyGrammar(), collectResponse())
        .subscribe((response) => seen.push(response));

      m.flush();
      expect(seen).toMatchObject([
        { text: 'b', billedUsage: { inputTokens: 3, outputTokens: 5, partial: true } },
      ]);
      expect(seen[0]).not.toHaveProperty('usage');
    });

    it('fails with an empty partial, since nothing was delivered', (m) => {
      const held = m.coldChunks('a#').pipe(retryStream({ count: 0, afterOutput: 'hold' }));
      const screen = m.recordTimeline(held);

      m.flush();
      const error = screen.error as RxllmError;
      expect(error.partial.text).toBe('');
      expect((error.cause as RxllmError).partial.text).toBe('a');
    });

    it('passes on at once what comes behind a call', (m) => {
      const done = toolResult('weather', 1, { durationMs: 7 });
      const call = toolCall('weather', {});

      m.expectChunks(m.coldChunks('cf------d|', { c: call, f, d: done }).pipe(hold)).toBe('-(cf)---d|', {
        ...{ c: call, f, d: done },
      });
    });

    it('does not repeat a call that has been delivered', (m) => {
      const source = m.coldChunks('-af 9ms #', { f });

      m.expectChunks(source.pipe(hold)).toBe('--(af) 6ms #', { f });
      m.expect(source).toHaveSubscriptions('^ 11ms !');
    });
  });

  describe("afterOutput 'continue'", () => {
    const continuing = (rest: Observable<StreamChunk>, asked: string[] = []) =>
      retryStream({
        ...once,
        afterOutput: 'continue',
        continueWith: ({ text }) => {
          asked.push(text);
          return rest;
        },
      });

    it('keeps the text, goes on in its block and adds up the usage', (m) => {
      const asked: string[] = [];
      const A: ChunkDraft = { type: 'text-delta', text: 'A', block: 1 };
      const sum = { inputTokens: 6, outputTokens: 10, totalTokens: 16, partial: true };
      const failing = m.coldChunks(' s-a-u-#', { s, u });
      const rest = m.coldChunks('            s-b-A-u-f|', { s, A, u, f });
      const expected = '             s-a-u-----b-A-U-f|';

      m.expectChunks(failing.pipe(continuing(rest, asked), verifyGrammar())).toBe(expected, {
        ...{ s, A, u, f },
        U: usage(sum),
      });
      m.flush();
      expect(asked).toEqual(['a']);
    });

    it('begins a new block where the kind changes and closes tool calls that were cut off', (m) => {
      const argumentsText = '{"city":"Bern"}';
      const n: ChunkDraft = { type: 'tool-call-start', toolName: 'weather' };
      const d: ChunkDraft = { type: 'tool-call-delta', argumentsDelta: argumentsText };
      const failing = m.coldChunks(' s-n-d-#', { s, n, d });
      const rest = m.coldChunks('            s-a-|', { s });
      const expected = '             s-n-d-i---a-(f|)';

      m.expectChunks(failing.pipe(continuing(rest))).toBe(expected, {
        ...{ s, n, d },
        i: { type: 'tool-call-invalid', toolName: 'weather', argumentsText, reason: 'incomplete' },
        f: finish('stop'),
      });
    });

    it('goes on in the block of a text that has sources, not in one before it', (m) => {
      const source: ChunkDraft = { type: 'source', url: 'https://example.org', block: 0 };
      const B: ChunkDraft = { type: 'text-delta', text: 'B', block: 0 };
      const t: ChunkDraft = { type: 'thinking-delta', text: 't', kind: 'thinking', block: 1 };
      const C: ChunkDraft = { ...B, block: 2 };
      const rest = m.coldChunks('       s-B-f|', { s, B, f });

      m.expectChunks(m.coldChunks('s-a-x-#', { s, x: source }).pipe(continuing(rest), verifyGrammar())).toBe(
        's-a-x-----B-f|',
        { s, x: source, B, f },
      );
      m.expectChunks(m.coldChunks('s-x-a-#', { s, x: source }).pipe(continuing(rest), verifyGrammar())).toBe(
        's-x-a-----B-f|',
        { s, x: source, B, f },
      );
      m.expectChunks(
        m.coldChunks('s-a-t-x-#', { s, t, x: source }).pipe(continuing(rest), verifyGrammar()),
      ).toBe('s-a-t-x-----C-f|', { s, t, x: source, C, f });
    });

    it('begins a new block for thinking behind text, and leaves other chunks as they are', (m) => {
      const t: ChunkDraft = { type: 'thinking-delta', text: 't', kind: 'thinking', block: 0 };
      const T: ChunkDraft = { ...t, block: 1 };
      const A: ChunkDraft = { type: 'text-delta', text: 'A', block: 1 };
      const B: ChunkDraft = { ...A, block: 2 };
      const raw: ChunkDraft = { type: 'raw', event: {} };
      const failing = m.coldChunks(' s-a-u-#', { s, u });
      const rest = m.coldChunks('            s-t-w-A-f---|', { s, t, A, w: raw, f });
      const expected = '             s-a-u-----T-w-B-(Uf)|';

      m.expectChunks(failing.pipe(continuing(rest), verifyGrammar())).toBe(expected, {
        ...{ s, u, T, B, w: raw, f },
        U: usage({ ...u.usage, partial: true }),
      });
    });

    it('closes a tool call once, and lets the calls behind the continued one alone', (m) => {
      const n: ChunkDraft = { type: 'tool-call-start', toolName: 'weather' };
      const i: ChunkDraft = {
        type: 'tool-call-invalid',
        toolName: 'weather',
        argumentsText: '',
        reason: 'incomplete',
      };
      const failing = m.coldChunks(' s-n-#', { s, n });
      const again = m.coldChunks('          s-a-#', { s });
      const rest = m.coldChunks('                   s-b-f-s-u-c-f|', { s, u, f });
      const turns = [again, rest].values();
      const result = failing.pipe(
        retryStream({
          ...soon,
          afterOutput: 'continue',
          continueWith: () => turns.next().value as Observable<StreamChunk>,
        }),
        verifyGrammar(),
      );

      m.expectChunks(result).toBe('s-n-i---a-------b-g-s-u-c-f|', {
        ...{ s, n, i, f, u },
        g: finish('stop'),
      });
    });

    it('restarts when nothing had been said', (m) => {
      const failing = m.coldChunks('s-#', { s });
      const healthy = m.coldChunks('    s-a-|', { s });
      const expected = '            s-r-s-a-|';
      const result = inTurn(failing, healthy).pipe(continuing(m.cold('#')));

      m.expectChunks(result).toBe(expected, { s, r: o });
    });

    it('fails with the partial of all pieces', (m) => {
      const failing = m.coldChunks('s-a-#', { s });
      const rest = m.coldChunks('        s-b-#', { s });
      const screen = m.recordTimeline(failing.pipe(continuing(rest)));

      m.flush();
      expect((screen.error as RxllmError).partial.text).toBe('ab');
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
      'retryStream: afterOutput must be restart, continue, hold, fail, not maybe',
    );
    expect(() => retryStream({ afterOutput: 'continue' })).toThrow('needs continueWith');
    expect(() => retryStream({ maxDelay: -1 })).toThrow('retryStream: maxDelay must be');
    expect(() => retryStream({ within: -1 })).toThrow('retryStream: within must be');
    expect(() => retryStream({ afterTools: 'maybe' as never })).toThrow(
      'retryStream: afterTools must be fail, repeat, not maybe',
    );
    expect(() => retryBudget({ count: 0 })).toThrow('retryBudget: count must be a number from 1, not 0');
  });

  it('calls onRetry in every mode', (m) => {
    const told: RestartChunk[] = [];
    const onRetry = (restart: RestartChunk) => told.push(restart);
    m.coldChunks('a-#')
      .pipe(retryStream({ ...once, afterOutput: 'hold', onRetry }))
      .subscribe({ error: () => undefined });

    m.flush();
    expect(told).toMatchObject([{ attempt: 2, maxAttempts: 2, delayMs: 2 }]);
  });
});
