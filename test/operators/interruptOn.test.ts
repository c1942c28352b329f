import { EMPTY, map, merge, NEVER, type Observable, of, Subject, take, tap, throwError } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { interruptOn } from '../../operators/interruptOn.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { type ErrorDetails, StreamAbortedError } from '../../src/errors.ts';
import { type ChunkValues, finish, restart, toolCall, usage } from '../../testing/index.ts';
import { chunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const u = usage({ inputTokens: 3, outputTokens: 5 });
const partialUsage = { ...u.usage, partial: true };
const values: ChunkValues = {
  s: { type: 'start' },
  n: { type: 'tool-call-start', toolName: 'weather' },
  d: { type: 'tool-call-delta', argumentsDelta: '{"city":"Bern"}' },
  C: toolCall('weather', { city: 'Bern' }),
  u,
  f: finish(),
  r: restart(),
  x: finish('aborted'),
  U: usage(partialUsage),
  i: {
    type: 'tool-call-invalid',
    toolName: 'weather',
    argumentsText: '{"city":"Bern"}',
    reason: 'incomplete',
  },
};
const stopped = ({ provider }: ErrorDetails) =>
  new StreamAbortedError('The stream was stopped', { provider });

const isB = (chunk: StreamChunk) => chunk.type === 'text-delta' && chunk.text === 'b';

describe('interruptOn', () => {
  behavesAsOperator('interruptOn', () => interruptOn(NEVER));

  it('finishes with reason aborted when the notifier emits, and unsubscribes', (m) => {
    const source = m.coldChunks('--s--a--b--c--f|', values);
    const subs = '               ^---------!';
    const stop = m.cold('        ----------y----');
    const expected = '           --s--a--b-(x|)';

    m.expectChunks(source.pipe(interruptOn(stop), verifyGrammar())).toBe(expected, values);
    m.expect(source).toHaveSubscriptions(subs);
    m.expect(stop).toHaveSubscriptions(subs);
  });

  it('delivers the chunk whose reader stops the stream, and then finishes', (m) => {
    const source = m.coldChunks('--s--a--b--c--f|', values);
    const stop = new Subject<void>();
    const stopped$ = source.pipe(
      interruptOn(stop),
      tap((chunk) => {
        if (isB(chunk)) stop.next();
      }),
      verifyGrammar(),
    );

    m.expectChunks(stopped$).toBe('--s--a--(bx|)', values);
    m.expect(source).toHaveSubscriptions('^-------!');
  });

  it('passes everything on when the notifier only completes', (m) => {
    const source = m.coldChunks('s-a-b-f|', values);
    const stop = m.cold('        --|');

    m.expectChunks(source.pipe(interruptOn(stop), verifyGrammar())).toBe('s-a-b-f|', values);
  });

  it('unsubscribes from the notifier when the source ends', (m) => {
    const source = m.coldChunks('sa-f|', values);
    const stop = m.cold('        --------y');

    m.expectChunks(source.pipe(interruptOn(stop), verifyGrammar())).toBe('sa-f|', values);
    m.expect(stop).toHaveSubscriptions('^---!');
  });

  it('tells the usage known so far as partial', (m) => {
    const source = m.coldChunks('sua-b', values);
    const stop = m.cold('        ---y');
    const expected = '           sua(Ux|)';

    m.expectChunks(source.pipe(interruptOn(stop), verifyGrammar())).toBe(expected, values);
  });

  it('closes an open tool call', (m) => {
    const source = m.coldChunks('snd---f|', values);
    const stop = m.cold('        ---y');
    const expected = '           snd(ix|)';

    m.expectChunks(source.pipe(interruptOn(stop), verifyGrammar())).toBe(expected, values);
  });

  it('leaves a complete tool call as it is', (m) => {
    const source = m.coldChunks('sC--f|', values);
    const stop = m.cold('        ---y');
    const expected = '           sC-(x|)';

    m.expectChunks(source.pipe(interruptOn(stop), verifyGrammar())).toBe(expected, values);
  });

  it('delivers the chunk for which the function is true, then stops', (m) => {
    const source = m.coldChunks('s-a-b-c-f|', values);
    const subs = '               ^---!';
    const expected = '           s-a-(bx|)';

    m.expectChunks(source.pipe(interruptOn(isB), verifyGrammar())).toBe(expected, values);
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('adds no second finish when the function is true for the first', (m) => {
    const source = m.coldChunks('s-a-f---|', values);
    const expected = '           s-a-(f|)';
    const isFinish = ({ type }: StreamChunk) => type === 'finish';

    m.expectChunks(source.pipe(interruptOn(isFinish), verifyGrammar())).toBe(expected, values);
  });

  it('just completes where no call is open', (m) => {
    const beforeStart = m.coldChunks('----s', values);
    const behindRestart = m.coldChunks('sa-r-sa', values);
    const behindFinish = m.coldChunks('saf----|', values);
    const stop = m.cold('      ----y');

    m.expectChunks(beforeStart.pipe(interruptOn(stop), verifyGrammar())).toBe('----|', values);
    m.expectChunks(behindRestart.pipe(interruptOn(stop), verifyGrammar())).toBe('sa-r|', values);
    m.expectChunks(behindFinish.pipe(interruptOn(stop), verifyGrammar())).toBe('saf-|', values);
  });

  it('does not subscribe to the source when the notifier fires at once', (m) => {
    const source = m.coldChunks('s-a-f|', values);

    m.expectChunks(source.pipe(interruptOn(of(1)))).toBe('|');
    m.expectChunks(source.pipe(interruptOn(AbortSignal.abort()))).toBe('|');
    m.expect(source).toHaveSubscriptions([]);
  });

  it('fails with as: error, where a call is open or not', (m) => {
    const source = m.coldChunks('s-a-b-f|', values);
    const expected = '           s-a#';

    m.expectChunks(source.pipe(interruptOn(m.cold('---y'), { as: 'error' }))).toBe(expected, values, stopped);
    m.expectChunks(source.pipe(interruptOn(AbortSignal.abort(), { as: 'error' }))).toBe('#', {}, stopped({}));
    m.expect(source).toHaveSubscriptions(['^--!']);
  });

  it('passes on an error of the notifier', (m) => {
    const source = m.coldChunks('s-a-b-f|', values);

    m.expectChunks(source.pipe(interruptOn(m.cold('---#')))).toBe('s-a#', values, () => 'error');
    m.expect(source).toHaveSubscriptions('^--!');
  });

  it('keeps its state per subscription', (m) => {
    const source = m.coldChunks('sua-b-f|', values);
    const result = source.pipe(interruptOn(isB), verifyGrammar());

    m.expectChunks(result).toBe('sua-(bUx|)', values);
    m.expectChunks(result, '--^').toBe('--sua-(bUx|)', values);
  });

  it('stops a synchronous source at the chunk at which it is unsubscribed from', () => {
    const seen = vi.fn();
    of(chunks.s, chunks.a, chunks.b).pipe(tap(seen), interruptOn(NEVER), take(1)).subscribe();

    expect(seen).toHaveBeenCalledTimes(1);
  });
});

describe('interruptOn with an AbortSignal', () => {
  plainIt('finishes when the signal fires, once, behind the abort of the request', () => {
    const controller = new AbortController();
    const source = new Subject<StreamChunk>();
    const log: string[] = [];
    source
      .pipe(tap({ unsubscribe: () => log.push('aborted') }), interruptOn(controller.signal), verifyGrammar())
      .subscribe({ next: ({ type }) => log.push(type), complete: () => log.push('complete') });
    source.next(chunks.s);
    controller.abort();

    expect(log).toStrictEqual(['start', 'aborted', 'finish', 'complete']);
  });

  plainIt('gives the reason of the signal, the facts of the call and what had arrived to the error', () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const source = merge(of<StreamChunk[]>({ ...chunks.s, requestId: 'req_1' }, chunks.a, chunks.u), NEVER);
    const failed = vi.fn<(error: unknown) => void>();
    source.pipe(interruptOn(controller.signal, { as: 'error' })).subscribe({ error: failed });
    controller.abort(reason);

    const error = failed.mock.calls[0]?.[0] as StreamAbortedError;
    expect(error).toBeInstanceOf(StreamAbortedError);
    expect(error).toMatchObject({ provider: 'test', requestId: 'req_1', retryable: false });
    expect(error.cause).toBe(reason);
    expect(error.partial).toMatchObject({ text: 'a', usage: partialUsage });
  });

  plainIt('has no cause with another notifier, and no partial with partial: false', () => {
    const failed = vi.fn<(error: unknown) => void>();
    of(chunks.s, chunks.a, chunks.b)
      .pipe(interruptOn(isB, { as: 'error', partial: false }))
      .subscribe({ error: failed });

    const error = failed.mock.calls[0]?.[0] as StreamAbortedError;
    expect('cause' in error).toBe(false);
    expect(error.partial.text).toBe('');
  });

  plainIt('takes its listener off at every end', () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const ends: Observable<StreamChunk>[] = [EMPTY, throwError(() => new Error('x')), NEVER];
    ends.forEach((end) =>
      end
        .pipe(interruptOn(signal))
        .subscribe({ error: () => undefined })
        .unsubscribe(),
    );

    expect(add).toHaveBeenCalledTimes(3);
    expect(remove).toHaveBeenCalledTimes(3);
  });
});

describe('interruptOn with a Promise', () => {
  plainIt('finishes when it is fulfilled', async () => {
    const source = merge(of(chunks.s, chunks.a), NEVER);
    const types = await new Promise<string>((resolve) => {
      const seen: string[] = [];
      source
        .pipe(
          interruptOn(Promise.resolve()),
          verifyGrammar(),
          map(({ type }) => type),
        )
        .subscribe({ next: (type) => seen.push(type), complete: () => resolve(seen.join()) });
    });

    expect(types).toBe('start,text-delta,finish');
  });
});

describe('interruptOn options', () => {
  plainIt('throws where the notifier is none', () => {
    expect(() => interruptOn(undefined as never)).toThrow('interruptOn: notifier must be');
    expect(() => interruptOn('x')).toThrow('interruptOn: notifier must be');
  });

  plainIt('throws where as is another word', () => {
    expect(() => interruptOn(NEVER, { as: 'stop' as never })).toThrow('interruptOn: as must be');
  });
});
