import { defer, EMPTY, filter, last, map, NEVER, of, Subject, take, tap, throwError, toArray } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { type BatchChunk, streamBatch } from '../../models/streamBatch.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { errorsToChunks } from '../../operators/errorsToChunks.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { withTimeout } from '../../operators/withTimeout.ts';
import { InvalidRequestError, ProviderError } from '../../src/errors.ts';
import type { LanguageModel } from '../../src/model.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { listChunks, usage as told } from '../chunks.ts';
import { finish, restart, text, toolCall, usage } from '../../testing/index.ts';
import { inTurn, it } from '../marbles.ts';
import { ends, letters } from './batchLetters.ts';
import { modelOf } from './modelOf.ts';

const three = ['one', 'two', 'three'];
const answer = listChunks(text('Hello'), usage(told), finish());

/** What a batch emits where all is synchronous. */
function listOf(...args: Parameters<typeof streamBatch>): readonly BatchChunk[] {
  const events: BatchChunk[] = [];
  streamBatch(...args).subscribe((event) => events.push(event));
  return events;
}

describe('streamBatch', () => {
  it('interleaves the answers as they come', (m) => {
    const model = m.fakeModel(['-x--|', '--x---|', '-x|']);
    const subs = ['             ^---!', '^-----!', '----^-!'];
    const expected = '          -ab-Ac(BC|)';

    m.expect(streamBatch(three, model, { concurrency: 2 }).pipe(letters())).toBeObservable(expected);
    m.scheduler.expectSubscriptions(model.subscriptions).toBe(subs);
  });

  it('asks one after the other where concurrency is 1', (m) => {
    const model = m.fakeModel(['-x|', '-x|', '-x|']);

    m.expect(streamBatch(three, model, { concurrency: 1 }).pipe(letters())).toBeObservable('-aAbBc(C|)');
    m.scheduler.expectSubscriptions(model.subscriptions).toBe(['^-!', '--^-!', '----^-!']);
  });

  it('asks all at once where concurrency is Infinity', (m) => {
    const model = m.fakeModel(['-----|', '---|', '----|']);

    m.expect(streamBatch(three, model, { concurrency: Infinity }).pipe(ends())).toBeObservable('---BC(A|)');
    m.scheduler.expectSubscriptions(model.subscriptions).toBe(['^----!', '^--!', '^---!']);
  });

  it('asks 10 at a time where nothing is said', (m) => {
    const model = m.fakeModel([{ when: /./, answer: '----' }]);
    const prompts = Array.from({ length: 20 }, (_, index) => `${index}`);
    streamBatch(prompts, model).subscribe();
    m.flush();

    expect(model.calls).toHaveLength(10);
  });

  it('delivers item by item in the given order, and holds a place for what is held', (m) => {
    const model = m.fakeModel(['-x---x|', '-x-x|', '-------x|']);
    const subs = ['             ^-----!', '^---!', '------^-------!'];
    const expected = '          -a---a(AbbB)-c(C|)';
    const given = streamBatch(three, model, { concurrency: 2, order: 'given' });

    m.expect(given.pipe(letters())).toBeObservable(expected);
    m.scheduler.expectSubscriptions(model.subscriptions).toBe(subs);
  });

  it('delivers the item whose turn has come live, behind what was held of it', (m) => {
    const model = m.fakeModel(['----|', '-x-x-------x|']);
    const expected = '          ----(Abb)--b(B|)';

    m.expect(streamBatch(['1', '2'], model, { order: 'given' }).pipe(letters())).toBeObservable(expected);
  });

  it('tells who is asked, and the whole answer at the end', () => {
    const items = [{ key: 'first', request: 'one' }, 'two', { key: 7, request: { messages: [] } }];
    const price = { input: 2, output: 10 };
    const events = listOf(items, modelOf(of(...answer)), { price });

    expect(events.slice(0, 2)).toEqual([
      { type: 'item-chunk', index: 0, key: 'first', chunk: answer[0] },
      { type: 'item-chunk', index: 0, key: 'first', chunk: answer[1] },
    ]);
    expect(events.filter(({ type }) => type !== 'item-chunk')).toMatchObject([
      { type: 'item-finish', index: 0, key: 'first', cost: 56e-6, response: { text: 'Hello', usage: told } },
      { type: 'item-finish', index: 1, cost: 56e-6, response: { text: 'Hello' } },
      { type: 'item-error', index: 2, key: 7, error: { name: 'InvalidRequestError' } },
    ]);
    expect(events.find(({ index }) => index === 1)).not.toHaveProperty('key');
  });

  it('hands the requests on as they are', () => {
    const request = { messages: [{ role: 'user', content: 'Hello' } as const], temperature: 0 };
    const model = modelOf(of(...answer));
    listOf(['one', request, { request }], model);

    expect(model.requests).toEqual(['one', request, request]);
    expect(model.requests[2]).toBe(request);
  });

  it('completes at once where there is nothing to ask', (m) => {
    m.expect(streamBatch([], modelOf(NEVER))).toBeObservable('|');
  });

  describe('an item that fails', () => {
    it('is told as data, with what had come, and harms no other', (m) => {
      const model = m.fakeModel(['-x|', 'x-#', '------x|']);
      const expected = '          ba(A1)--c(C|)';
      let error: unknown;
      const batch = streamBatch(three, model, { concurrency: 2 }).pipe(
        tap((event) => (error = event.type === 'item-error' ? event.error : error)),
      );

      m.expect(batch.pipe(letters())).toBeObservable(expected);
      m.flush();
      expect(error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: 'x' } });
    });

    plainIt('may fail before its request, at the call, or by any value', () => {
      const aWord: unknown = 'a word';
      const failures = [
        () => throwError(() => new TypeError('no request')),
        () => {
          throw new InvalidRequestError('at the call');
        },
        () =>
          defer(() => {
            throw aWord;
          }),
        () => of(...answer),
      ];
      const turns = failures.values();
      const stream: LanguageModel['stream'] = () => turns.next().value?.() ?? EMPTY;
      const model = modelOf(NEVER, { stream });

      expect(listOf(['1', '2', '3', '4'], model).filter(({ type }) => type !== 'item-chunk')).toMatchObject([
        { index: 0, error: { name: 'TypeError', message: 'no request', retryable: false } },
        { index: 1, error: { name: 'InvalidRequestError', message: 'at the call' } },
        { index: 2, error: { name: 'Error', message: 'a word' } },
        { index: 3, response: { text: 'Hello' } },
      ]);
    });

    plainIt('fails too where its error comes as a chunk', () => {
      const broken = throwError(() => new ProviderError('busy', { retryable: true, status: 503 }));
      const model = pipeModel(modelOf(broken), errorsToChunks());

      expect(listOf(['one'], model)).toMatchObject([
        { type: 'item-error', error: { name: 'ProviderError', message: 'busy', status: 503 } },
      ]);
    });

    plainIt('is no request at all', () => {
      const events = listOf(
        [undefined, null, 7, {}, { request: undefined }] as never,
        modelOf(of(...answer)),
      );

      expect(events.map(({ type }) => type)).toEqual(Array(5).fill('item-error'));
      expect(events[0]).toMatchObject({ error: { name: 'InvalidRequestError' } });
    });
  });

  it('leaves retries and time limits to the model', (m) => {
    const model = pipeModel(
      m.fakeModel(['-#', '----------', '-x|', '---x|']),
      withTimeout({ first: 5 }),
      retryStream({ count: 1, delay: 4, random: () => 0 }),
    );

    m.expect(streamBatch(['1', '2'], model).pipe(letters())).toBeObservable('-r--a(Ar)-b(B|)');
  });

  it('gives the tokens of all attempts of an item', (m) => {
    const values = {
      u: usage({ inputTokens: 10, outputTokens: 1 }),
      r: restart({ delayMs: 0, usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, partial: true } }),
    };
    const model = m.fakeModel(['-xrxu|'], { values });
    const price = { input: 1_000_000, output: 0 };
    const finished = streamBatch(['one'], model, { price }).pipe(
      last(),
      map((event) => ({ cost: 'cost' in event && event.cost })),
    );

    m.expect(finished).toBeObservable('-----(x|)', { x: { cost: 20 } });
  });

  it('passes tool calls on like any answer', (m) => {
    const model = m.fakeModel(['-c|'], { values: { c: toolCall('weather', { city: 'Bern' }) } });
    const types = streamBatch(['one'], model).pipe(
      map((event) => (event.type === 'item-chunk' ? event.chunk.type : event.type)),
      toArray(),
    );

    m.expect(types).toBeObservable('--(x|)', {
      x: ['start', 'tool-call-start', 'tool-call-delta', 'tool-call', 'finish', 'item-finish'],
    });
  });

  it('starts afresh for each subscriber', (m) => {
    const model = m.fakeModel(['-x|', '--y|', '-z|', '-v|']);
    const batch = streamBatch(['one', 'two'], model, { concurrency: 1 }).pipe(letters());

    m.expect(batch, '^--------').toBeObservable('-aA-b(B|)');
    m.expect(batch, '---------^').toBeObservable('----------aAb(B|)');
  });

  it('asks nothing before it is subscribed to', (m) => {
    const model = m.fakeModel([]);
    void streamBatch(three, model);

    expect(model.calls).toHaveLength(0);
  });

  it('aborts all that is under way when unsubscribed from, and asks nothing more', (m) => {
    const model = m.fakeModel(['-x---x', '-x---']);
    const unsub = '                     ^--!';

    m.expect(streamBatch(three, model, { concurrency: 2 }).pipe(letters()), unsub).toBeObservable('-(ab)');
    m.scheduler.expectSubscriptions(model.subscriptions).toBe([unsub.trim(), unsub.trim()]);
  });

  plainIt('asks nothing more when unsubscribed from at a chunk', () => {
    const model = modelOf(of(...answer));
    streamBatch(three, model).pipe(take(1)).subscribe();
    streamBatch(three, model)
      .pipe(
        filter(({ type }) => type === 'item-finish'),
        take(2),
      )
      .subscribe();

    expect(model.requests).toEqual(['one', 'one', 'two']);
  });

  plainIt('keeps the order of an item whose chunks come while another is delivered', () => {
    const [one, two] = [new Subject<StreamChunk>(), new Subject<StreamChunk>()];
    const [start, delta] = answer as [StreamChunk, StreamChunk];
    const seen: string[] = [];
    streamBatch(['1', '2'], modelOf(inTurn(one, two)), { order: 'given' }).subscribe((event) => {
      seen.push(event.type === 'item-chunk' ? `${event.index} ${event.chunk.type}` : `${event.index} ends`);
      if (event.index === 0) two.next(delta);
    });
    two.next(start);
    one.complete();
    two.complete();

    expect(seen).toEqual(['0 ends', '1 start', '1 text-delta', '1 ends']);
  });

  plainIt('throws at the call for options that make no sense', () => {
    const batch = (options: object) => () => streamBatch(three, modelOf(NEVER), options);

    expect(batch({ concurrency: 0 })).toThrow(
      'streamBatch: concurrency must be a whole number from 1, not 0',
    );
    expect(batch({ requestsPerMinute: 0 })).toThrow('streamBatch: requestsPerMinute must be a number from');
    expect(batch({ tokensPerMinute: -1 })).toThrow('streamBatch: tokensPerMinute must be a number from');
    expect(batch({ buffer: 1.5 })).toThrow('streamBatch: buffer must be a whole number from 0, not 1.5');
    expect(batch({ order: 'random' })).toThrow('streamBatch: order must be completed, given, not random');
    expect(batch({ budget: { cost: 1 } })).toThrow('streamBatch: budget.cost needs price');
    expect(batch({ budget: { tokens: -1 } })).toThrow('streamBatch: budget.tokens must be a number from 0');
    expect(batch({ price: { input: 1 } })).toThrow('streamBatch: price.output must be given');
    expect(() => streamBatch('one' as never, modelOf(NEVER))).toThrow('not string');
    expect(() => streamBatch({} as never, modelOf(NEVER))).toThrow(
      'must be an array, an iterable or an Observable',
    );
    expect(() => streamBatch(null as never, modelOf(NEVER))).toThrow(TypeError);
  });
});
