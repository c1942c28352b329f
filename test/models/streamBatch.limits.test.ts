import { NEVER, startWith, throwError } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { Throttle } from '../../models/internal/throttle.ts';
import { streamBatch, type StreamBatchOptions } from '../../models/streamBatch.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { GuardError, ProviderError, type ProviderErrorDetails } from '../../src/errors.ts';
import { finish, restart, text, usage } from '../../testing/index.ts';
import { type Marbles, it } from '../marbles.ts';
import { ends, letters } from './batchLetters.ts';
import { modelOf } from './modelOf.ts';

/** A request whose input is estimated at 10 tokens. */
const ten = 'x'.repeat(10);
/** One token a millisecond, and one request in ten. */
const tokensPerMinute = 60_000;
const requestsPerMinute = 6000;
/** Every call ends at once, and has nothing to say of its usage. */
const atOnce = { when: /./, answer: '|' };

const used = (totalTokens: number) => usage({ inputTokens: 10, outputTokens: totalTokens - 10, totalTokens });
const busy = (details: Partial<ProviderErrorDetails> = {}) =>
  new ProviderError('busy', { status: 429, retryable: true, ...details });
const many = (count: number, request = ten) => Array.from({ length: count }, () => request);

describe('streamBatch', () => {
  describe('requestsPerMinute', () => {
    it('spreads the requests evenly', (m) => {
      const batch = streamBatch(many(3), m.fakeModel([atOnce]), { requestsPerMinute });

      m.expect(batch.pipe(ends())).toBeObservable('A 9ms B 9ms (C|)');
    });

    it('never lets more pass in a minute, however many wait', (m) => {
      const model = m.fakeModel([atOnce]);
      streamBatch(many(200), model, { requestsPerMinute: 60, concurrency: Infinity }).subscribe();
      m.flush();

      expect(model.calls.map(({ subscribedFrame }) => subscribedFrame)).toEqual(
        many(200).map((_, index) => index * 1000),
      );
    });

    it('loses what is not used', (m) => {
      const source = m.hot('a 39ms abc|');
      const batch = streamBatch(source, m.fakeModel([atOnce]), { requestsPerMinute });

      m.expect(batch.pipe(ends())).toBeObservable('A 39ms B 9ms C 9ms (D|)');
    });

    it('counts a retry', (m) => {
      const model = m.fakeModel(['---r-x|', '|', '|'], { values: { r: restart({ delayMs: 1 }) } });

      m.expect(streamBatch(many(3), model, { requestsPerMinute }).pipe(ends())).toBeObservable(
        '------A 13ms B 9ms (C|)',
      );
    });

    it('counts each further call of an item', (m) => {
      const values = { f: finish(), r: restart({ delayMs: 1 }) };
      const model = m.fakeModel(['-xf-xf-r-xf|', '|'], { values });

      m.expect(streamBatch(many(2), model, { requestsPerMinute }).pipe(ends())).toBeObservable(
        '-----------A 18ms (B|)',
      );
    });

    plainIt('keeps the pace though timers are late', () => {
      const throttle = new Throttle({ concurrency: 1, requestsPerMinute, tokensPerMinute: Infinity });
      throttle.take(0, 0);

      expect(throttle.wait(0)).toBe(10);
      throttle.take(0, 23);
      expect(throttle.wait(23)).toBe(0);
      throttle.take(0, 23);
      expect(throttle.wait(23)).toBe(7);
      throttle.rest();
      throttle.take(0, 50);
      expect(throttle.wait(50)).toBe(10);
    });
  });

  describe('tokensPerMinute', () => {
    const spent = (m: Marbles, rounds: readonly string[], tokens: number) =>
      m.fakeModel(rounds, { values: { u: used(tokens) } });

    it('waits for what the input of the item before is estimated at', (m) => {
      const batch = streamBatch(many(3), m.fakeModel([atOnce]), { tokensPerMinute });

      m.expect(batch.pipe(ends())).toBeObservable('A 9ms B 9ms (C|)');
    });

    it('puts what was used in the place of the estimate, and expects as much of the next', (m) => {
      const model = spent(m, ['-----u|', '-----u|', '|'], 50);

      m.expect(streamBatch(many(3), model, { tokensPerMinute }).pipe(ends())).toBeObservable(
        '------A 49ms B 43ms (C|)',
      );
    });

    it('expects maxTokens until an item has ended', (m) => {
      const requests = many(3).map((content) => ({
        messages: [{ role: 'user', content } as const],
        maxTokens: 100,
      }));
      const model = spent(m, ['-----u|', '-----u|', '|'], 50);

      m.expect(streamBatch(requests, model, { tokensPerMinute }).pipe(ends())).toBeObservable(
        '------A 49ms B 43ms (C|)',
      );
    });

    it('counts the text where no usage is told', (m) => {
      const model = m.fakeModel(['-x|', '|'], { values: { x: text('y'.repeat(80)) } });

      m.expect(streamBatch(many(2), model, { tokensPerMinute }).pipe(ends())).toBeObservable('--A 27ms (B|)');
    });

    it('counts voided attempts', (m) => {
      const values = { r: restart({ delayMs: 1, usage: used(50).usage }), u: used(20) };
      const model = m.fakeModel(['-xr-u|', '|'], { values });

      m.expect(streamBatch(many(2), model, { tokensPerMinute }).pipe(ends())).toBeObservable(
        '-----A 64ms (B|)',
      );
    });

    it('lets the estimate of a failed item stand', (m) => {
      const model = m.fakeModel(['-#', '|', '|']);

      m.expect(streamBatch(many(3), model, { tokensPerMinute }).pipe(ends())).toBeObservable(
        '-0 8ms B 9ms (C|)',
      );
    });

    it('lets an item begin that alone is more than a minute may have', (m) => {
      const batch = streamBatch(many(2), m.fakeModel([atOnce]), { tokensPerMinute: 1 });

      m.expect(batch.pipe(ends())).toBeObservable('A 599999ms (B|)');
    });

    it('does not count the bytes of images', (m) => {
      const image = { type: 'image', image: 'x'.repeat(4000) } as const;
      const request = { messages: [{ role: 'user', content: [image] } as const] };
      const batch = streamBatch([request, ten], m.fakeModel(['|', '|']), { tokensPerMinute });

      m.expect(batch.pipe(ends())).toBeObservable('A 14ms (B|)');
    });
  });

  describe('what the provider refuses', () => {
    const pair: StreamBatchOptions = { concurrency: 2 };

    it('lets no item begin as long as Retry-After asks', (m) => {
      const model = m.fakeModel(['-#', '-----|', '|'], { error: busy({ retryAfter: 30 }) });

      m.expect(streamBatch(many(3), model, pair).pipe(ends())).toBeObservable('-0---B 25ms (C|)');
    });

    it('lets no item begin before the moment that was told', (m) => {
      const model = m.fakeModel(['-#', '|'], { error: busy({ status: 503, retryAt: 40 }) });

      m.expect(streamBatch(many(2), model, { concurrency: 1 }).pipe(ends())).toBeObservable('-0 38ms (B|)');
    });

    it('lets no item begin while the model waits to try again', (m) => {
      const busyOnce = m.fakeModel(['-#', '---|', '|', '|'], { error: busy({ retryAfter: 20 }) });
      const model = pipeModel(busyOnce, retryStream());

      m.expect(streamBatch(many(3), model, pair).pipe(letters())).toBeObservable('-r-B 17ms (AC|)');
      m.flush();
      expect(busyOnce.calls.map(({ subscribedFrame }) => subscribedFrame)).toEqual([0, 0, 21, 21]);
    });

    const begun = (m: Marbles, rounds: readonly string[], options: StreamBatchOptions) => {
      const model = m.fakeModel(rounds, { error: busy() });
      streamBatch(many(rounds.length), model, options).subscribe();
      m.flush();
      return model.calls.map(({ subscribedFrame }) => subscribedFrame);
    };

    it('runs one less at a time for each request that was refused', (m) => {
      const rounds = ['-----|', '-#', '-#', '-----|', '-----|', '-----|', '-----|'];

      expect(begun(m, rounds, { concurrency: 4 })).toEqual([0, 0, 0, 0, 5, 5, 10]);
    });

    it('always runs one, and one more for each ten that are answered', (m) => {
      const rounds = ['-#', '-#', ...many(14, '-|')];
      const oneByOne = Array.from({ length: 10 }, (_, index) => index + 1);

      expect(begun(m, rounds, { concurrency: 2 })).toEqual([0, 0, ...oneByOne, 11, 11, 12, 12]);
    });

    it('learns from what runs, where as many may run as there are', (m) => {
      const rounds = ['-#', ...many(6, '---|')];
      const model = m.fakeModel(rounds, { error: busy() });
      const source = m.cold('(xxx)-----(xxxx|)', { x: ten });
      streamBatch(source, model, { concurrency: Infinity }).subscribe();
      m.flush();

      expect(model.calls.map(({ subscribedFrame }) => subscribedFrame)).toEqual([0, 0, 0, 10, 10, 13, 13]);
    });
  });

  describe('what is no refusal', () => {
    const others = [
      ['that cannot be helped', busy({ code: 'insufficient_quota', retryable: false })],
      ['of the server', busy({ status: 500 })],
      ['of another kind', new TypeError('odd')],
    ] as const;
    for (const [name, error] of others) {
      it(`holds nothing back: an error ${name}`, (m) => {
        const model = m.fakeModel(['-#', '--|', '----|', '---|'], { error });

        m.expect(streamBatch(many(4), model, { concurrency: 2 }).pipe(ends())).toBeObservable('-0B--(CD|)');
      });
    }
  });

  describe('budget', () => {
    const out = (code: 'tokens' | 'cost', limit: number) =>
      new GuardError(
        `The batch has spent its budget of ${limit} ${code === 'cost' ? 'in cost' : code}: raise it to go on with the items that are left`,
        { code },
      );

    it('refuses the next item when it is spent, and lets end what is under way', (m) => {
      const model = m.fakeModel(['-u|', '-----|'], { values: { u: used(50) } });
      const batch = streamBatch(many(5), model, { concurrency: 2, budget: { tokens: 50 } });

      m.expect(batch.pipe(ends())).toBeObservable('--A--(B#)', undefined, out('tokens', 50));
    });

    it('is money with a price', (m) => {
      const model = m.fakeModel(['u|', 'u|', 'u|'], { values: { u: used(30) } });
      const price = { input: 100_000, output: 1_000_000 };
      const batch = streamBatch(many(5), model, { concurrency: 1, price, budget: { cost: 60 } });

      m.expect(batch.pipe(ends())).toBeObservable('-AB(C#)', undefined, out('cost', 60));
    });

    it('is no error where nothing is left to ask', (m) => {
      const model = m.fakeModel(['-u|'], { values: { u: used(50) } });

      m.expect(streamBatch([ten], model, { budget: { tokens: 50 } }).pipe(ends())).toBeObservable('--(A|)');
    });

    it('counts what is under way as far as it is told, its input by estimate', (m) => {
      const model = m.fakeModel(['---x---|', '-------|'], { values: { x: text('y'.repeat(80)) } });
      const source = m.cold('x-x--x|', { x: ten });
      const batch = streamBatch(source, model, { budget: { tokens: 40 } });

      m.expect(batch.pipe(ends())).toBeObservable('-------A-(B#)', undefined, out('tokens', 40));
    });

    it('counts nothing for an item that failed before it was told a usage', (m) => {
      const model = m.fakeModel(['#', '|', '|']);
      const batch = streamBatch(many(4), model, { concurrency: 1, budget: { tokens: 20 } });

      m.expect(batch.pipe(ends())).toBeObservable('(0BC#)', undefined, out('tokens', 20));
    });

    it('may be nothing', (m) => {
      const batch = streamBatch(many(2), m.fakeModel([]), { budget: { tokens: 0 } });

      m.expect(batch).toBeObservable('#', undefined, out('tokens', 0));
    });
  });

  describe('pause', () => {
    it('lets no item begin while its latest value is true', (m) => {
      const pause = m.cold('--t-------f---t|', { t: true, f: false });
      const model = m.fakeModel(['---|', '-|', '-|']);
      const batch = streamBatch(many(3), model, { concurrency: 1, pause });

      m.expect(batch.pipe(ends())).toBeObservable('---A-------B(C|)');
    });

    it('may be on from the beginning', (m) => {
      const off = m.cold('-----f', { f: false });
      const batch = streamBatch(many(1), m.fakeModel(['-|']), { pause: off.pipe(startWith(true)) });

      m.expect(batch.pipe(ends())).toBeObservable('------(A|)');
      m.expect(off).toHaveSubscriptions('^----!');
    });

    it('does not keep a batch from its end', (m) => {
      const batch = streamBatch(many(1), m.fakeModel(['-|']), { pause: m.cold('-t', { t: true }) });

      m.expect(batch.pipe(ends())).toBeObservable('-(A|)');
    });

    it('loses what the limits allow meanwhile', (m) => {
      const pause = m.cold('--t---------------------------f', { t: true, f: false });
      const batch = streamBatch(many(3), m.fakeModel([atOnce]), { requestsPerMinute, pause });

      m.expect(batch.pipe(ends())).toBeObservable('A 29ms B 9ms (C|)');
    });

    it('ends the batch with its error, at once', (m) => {
      const model = m.fakeModel(['------|']);

      const batch = streamBatch(many(2), model, { concurrency: 1, pause: m.cold('--#') });

      m.expect(batch.pipe(ends())).toBeObservable('--#');
      m.scheduler.expectSubscriptions(model.subscriptions).toBe('^-!');
    });

    plainIt('asks nothing where it fails at once', () => {
      const model = modelOf(NEVER);
      let error: unknown;
      streamBatch([ten], model, { pause: throwError(() => new Error('no pause')) }).subscribe({
        error: (thrown: unknown) => (error = thrown),
      });

      expect(error).toEqual(new Error('no pause'));
      expect(model.requests).toEqual([]);
    });
  });

  it('takes its time from the scheduler, and no timer is left when unsubscribed from', (m) => {
    const model = m.fakeModel([atOnce]);
    const options = { requestsPerMinute, scheduler: m.scheduler, pause: NEVER };

    m.expect(streamBatch(many(3), model, options).pipe(ends()), '^ 14ms !').toBeObservable('A 9ms B');
    m.flush();
    expect(m.scheduler.actions).toHaveLength(0);
  });
});
