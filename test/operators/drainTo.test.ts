import { concat, EMPTY, NEVER, type Observable, of, Subject, take, tap, throwError, timer } from 'rxjs';
import type { Context } from 'rxjs-marbles';
import { describe, expect, it as plainIt } from 'vitest';
import { drainTo, type FunctionSink } from '../../operators/drainTo.ts';
import { retryStream } from '../../operators/retryStream.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { RestartAfterOutputError, SinkError, StreamInterruptedError } from '../../src/errors.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { inTurn, it } from '../marbles.ts';

const r = restartWith({});
const values: Record<string, StreamChunk> = { ...chunks, r };
const counts = { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4 };
const tooLate = new RestartAfterOutputError(
  'A retry voids output that has been delivered, after StreamInterruptedError: cut',
);

/** A function that is busy for as long as the test says, and what it is called with. */
function slowly(m: Context, milliseconds: number) {
  const written: (readonly [frame: number, ...chunks: string[]])[] = [];
  const write: FunctionSink = (batch) => {
    written.push([m.scheduler.frame, ...batch.map(nameOf)]);
    return timer(milliseconds);
  };
  return { written, write };
}

function nameOf(chunk: StreamChunk): string {
  return 'text' in chunk ? chunk.text : chunk.type;
}

describe('drainTo', () => {
  behavesAsOperator('drainTo', () => drainTo(() => undefined));

  it('writes all chunks at once where the function is never busy', (m) => {
    const written: StreamChunk[][] = [];
    const source = m.cold('s-a-b-f|', values);
    const expected = '     --1-2--|';

    m.expect(source.pipe(drainTo((batch) => void written.push(batch)))).toBeObservable(expected, counts);
    m.flush();
    expect(written).toStrictEqual([[chunks.s], [chunks.a], [chunks.b], [chunks.f]]);
  });

  it('joins what waits while the function is busy, and completes when all is written', (m) => {
    const { written, write } = slowly(m, 4);
    const source = m.cold('s-a-b-c-f|', values);
    const expected = '     --------2---(3|)';

    m.expect(source.pipe(drainTo(write))).toBeObservable(expected, counts);
    m.expect(source).toHaveSubscriptions('^--------!');
    m.flush();
    expect(written).toStrictEqual([
      [0, 'start'],
      [4, 'ab'],
      [8, 'c', 'finish'],
    ]);
  });

  it('joins only deltas of one block and kind, and keeps the order of all', (m) => {
    const { written, write } = slowly(m, 9);
    const source = m.cold('s(ttvabAAuAAabf)|', values);

    m.expect(source.pipe(drainTo(write))).toBeObservable('------------------(x|)', { x: 11 });
    m.flush();
    expect(written).toStrictEqual([
      [0, 'start'],
      [9, 'ttv', 'ab', 'AA', 'usage', 'AA', 'ab', 'finish'],
    ]);
  });

  it('tells 0 where nothing is written', (m) => {
    m.expect(m.cold<StreamChunk>('--|').pipe(drainTo(() => undefined))).toBeObservable('--(0|)', counts);
  });

  it('goes on at once with an Observable that completes at once', (m) => {
    const written: string[][] = [];
    const source = m.cold('(sabf|)', values);
    const write: FunctionSink = (batch) => {
      written.push(batch.map(nameOf));
      return of(1, 2);
    };

    m.expect(source.pipe(drainTo(write))).toBeObservable('(12|)', counts);
    m.flush();
    expect(written).toStrictEqual([['start'], ['a'], ['b'], ['finish']]);
  });

  it('passes on the very error of the source when what waits is written', (m) => {
    const { written, write } = slowly(m, 4);
    const errors: unknown[] = [];
    const source = m.cold('s-ab#', values, cut);
    const result = source.pipe(drainTo(write), tap({ error: (error) => errors.push(error) }));

    m.expect(result).toBeObservable('--------(2#)', counts, cut);
    m.expect(source).toHaveSubscriptions('^---!');
    m.flush();
    expect(errors[0]).toBe(cut);
    expect(written).toStrictEqual([
      [0, 'start'],
      [4, 'ab'],
    ]);
  });

  it("prefers the source's error to what the sink fails with afterwards", (m) => {
    const write: FunctionSink = () =>
      concat(
        timer(6),
        throwError(() => new Error('full')),
      );

    m.expect(m.cold('a--#', values, cut).pipe(drainTo(write))).toBeObservable('------#', counts, cut);
  });

  it('fails when more waits than the limit, and unsubscribes', (m) => {
    const slow = new SinkError('What is written to is too slow: 3 characters wait, 2 may', {
      provider: 'test',
      code: 'LIMIT_EXCEEDED',
    });
    const errors: SinkError[] = [];
    const source = m.cold('s-aub-a-c-', values);
    const result = source.pipe(
      drainTo(() => NEVER, { limit: 2 }),
      tap({ error: (error: SinkError) => errors.push(error) }),
    );

    m.expect(result).toBeObservable('----#', counts, slow);
    m.expect(source).toHaveSubscriptions('^---!');
    m.flush();
    expect(errors[0]?.partial).toMatchObject({ text: 'ab', usage: { ...usage, partial: true } });
  });

  it('counts what waits, not what is written at once', (m) => {
    const long: StreamChunk = { ...chunks.a, text: 'long' };
    const source = m.cold('s-a-a-f|', { ...values, a: long });

    m.expect(source.pipe(drainTo(() => undefined, { limit: 2 }))).toBeObservable('--4-8--|', { 4: 4, 8: 8 });
  });

  it('counts against the limit what is left behind a restart', (m) => {
    const slow = new SinkError('What is written to is too slow: 4 characters wait, 3 may', {
      provider: 'test',
    });
    const source = m.cold('suarsa-', values);

    m.expect(source.pipe(drainTo(() => NEVER, { limit: 3 }))).toBeObservable('-----#', counts, slow);
  });

  it('does not count what is being written', (m) => {
    const source = m.cold('a-b-a-b|', values);
    const write: FunctionSink = () => timer(2);

    m.expect(source.pipe(drainTo(write, { limit: 1 }))).toBeObservable('--1-2-3-(4|)', counts);
  });

  it('fails when the function throws or what it returns fails, and unsubscribes', (m) => {
    const full = Object.assign(new Error('disk full'), { code: 'ENOSPC' });
    const failed = new SinkError('What is written to failed: disk full', {
      provider: 'test',
      code: 'ENOSPC',
    });
    const errors: SinkError[] = [];
    const keep = tap<number>({ error: (error: SinkError) => errors.push(error) });
    const source = m.cold('s-a-b-f|', values);
    const failing: FunctionSink = () =>
      concat(
        timer(3),
        throwError(() => full),
      );
    const throwing = () => {
      throw full;
    };

    m.expect(source.pipe(drainTo(failing), keep)).toBeObservable('---#', counts, failed);
    m.expect(source.pipe(drainTo(throwing), keep)).toBeObservable('#', counts, failed);
    m.expect(source).toHaveSubscriptions(['^--!', '(^!)']);
    m.flush();
    for (const { cause } of errors) expect(cause).toBe(full);
    expect(errors.find(({ partial }) => partial.text === 'a')).toBeDefined();
  });

  it('stops writing and unsubscribes from what the function returned when unsubscribed from', (m) => {
    const written: string[][] = [];
    const busy = m.cold('--------|');
    const source = m.cold('sab-f|', values);
    const unsub = '        ^--!';
    const write: FunctionSink = (batch) => {
      written.push(batch.map(nameOf));
      return busy;
    };

    m.expect(source.pipe(drainTo(write)), unsub).toBeObservable('---', counts);
    m.expect(source).toHaveSubscriptions(unsub);
    m.expect(busy).toHaveSubscriptions(unsub);
    m.flush();
    expect(written).toStrictEqual([['start']]);
  });

  describe('at a restart', () => {
    it('fails when written output is void', (m) => {
      const source = m.cold('s-a-r-s-b-f|', values);

      m.expect(source.pipe(drainTo(() => undefined))).toBeObservable('--1-#', counts, tooLate);
      m.expect(source).toHaveSubscriptions('^---!');
    });

    it("writes the next attempt behind it with onRestart 'repeat'", (m) => {
      const { written, write } = slowly(m, 0);
      const source = m.cold('s-a-r-s-b-f|', values);
      const result = source.pipe(drainTo(write, { onRestart: 'repeat' }));

      m.expect(result).toBeObservable('--1-----2--|', counts);
      m.flush();
      expect(written.flat()).toStrictEqual([
        0,
        'start',
        2,
        'a',
        4,
        'restart',
        6,
        'start',
        8,
        'b',
        10,
        'finish',
      ]);
    });

    it('drops what is void and still waits, and fails for none of it', (m) => {
      const { written, write } = slowly(m, 9);
      const source = m.cold('suabrscf|', values);

      m.expect(source.pipe(drainTo(write))).toBeObservable('------------------(1|)', counts);
      m.flush();
      expect(written).toStrictEqual([
        [0, 'start'],
        [9, 'usage', 'restart', 'start', 'c', 'finish'],
      ]);
    });

    it('writes what waits of finished calls before it fails', (m) => {
      const seen: string[] = [];
      const write: FunctionSink = (batch) => {
        seen.push(...batch.map(nameOf));
        return timer(batch.some(({ type }) => type === 'text-delta') ? 3 : 0);
      };
      const source = m.cold('safsbcr', values);

      m.expect(source.pipe(drainTo(write))).toBeObservable('----1--(2#)', counts, tooLate);
      m.flush();
      expect(seen).toStrictEqual(['start', 'a', 'finish', 'start', 'b']);
    });

    it('lets finished calls stand', (m) => {
      const source = m.cold('s-a-f-r-s-r-s-b-f|', values);

      m.expect(source.pipe(drainTo(() => undefined))).toBeObservable('--1-----------2--|', counts);
    });

    it('counts what waits anew against the limit', (m) => {
      const source = m.cold('sabrscaf|', values);
      const write: FunctionSink = () => timer(8);

      m.expect(source.pipe(drainTo(write, { limit: 5 }))).toBeObservable('----------------(2|)', counts);
    });

    it('tells with the error what had arrived and why it is void', (m) => {
      const errors: RestartAfterOutputError[] = [];
      const result = m.cold('s-t-A-u-r', values).pipe(
        drainTo(() => undefined),
        tap({ error: (error: RestartAfterOutputError) => errors.push(error) }),
      );

      m.expect(result).toBeObservable('--1-2---#', counts, tooLate);
      m.flush();
      expect(errors[0]?.cause).toBeInstanceOf(StreamInterruptedError);
      expect(errors[0]?.partial).toMatchObject({
        text: 'A',
        thinking: 't',
        usage: { ...usage, partial: true },
      });
    });

    it('sees none where the retry holds', (m) => {
      const { written, write } = slowly(m, 0);
      const source = inTurn(m.cold('s-a-#', values, cut), m.cold('s-b-f---|', values));
      const result = source.pipe(retryStream({ delay: 0, afterOutput: 'hold' }), drainTo(write));

      m.expect(result).toBeObservable('--------1---|', counts);
      m.flush();
      expect(written.flat()).toStrictEqual([8, 'start', 8, 'b', 'finish']);
    });
  });

  describe('called out of turn', () => {
    const run = (write: FunctionSink, source: Observable<StreamChunk>) => {
      const seen: (number | string)[] = [];
      source.pipe(drainTo(write)).subscribe({
        next: (count) => seen.push(count),
        error: () => seen.push('#'),
        complete: () => seen.push('|'),
      });
      return seen;
    };

    plainIt('writes what comes while it writes behind it', () => {
      const source = new Subject<StreamChunk>();
      const written: string[] = [];
      const seen = run((batch) => {
        written.push(batch.map(nameOf).join());
        if (written.length === 1) for (const chunk of [chunks.b, chunks.c]) source.next(chunk);
      }, source);
      source.next(chunks.a);

      expect(written).toStrictEqual(['a', 'bc']);
      expect(seen).toStrictEqual([3]);
    });

    plainIt('writes what comes while it tells how far it is', () => {
      const source = new Subject<StreamChunk>();
      const written: string[] = [];
      source
        .pipe(
          drainTo((batch) => void written.push(batch.map(nameOf).join())),
          tap((count) => {
            if (count === 1) source.next(chunks.b);
          }),
        )
        .subscribe();
      source.next(chunks.a);
      source.complete();

      expect(written).toStrictEqual(['a', 'b']);
    });

    plainIt('writes no more when it is unsubscribed from while it writes', () => {
      const source = new Subject<StreamChunk>();
      const written: string[] = [];
      const subscription = source
        .pipe(
          drainTo((batch) => {
            written.push(batch.map(nameOf).join());
            source.next(chunks.b);
            subscription.unsubscribe();
          }),
        )
        .subscribe();
      source.next(chunks.a);

      expect(written).toStrictEqual(['a']);
    });

    plainIt('ends a source that never stops when the sink fails', () => {
      const endless = of(chunks.a).pipe(tap({ complete: () => undefined }), (source) =>
        concat(source, source, EMPTY, source, NEVER),
      );
      const seen = run(() => {
        throw new Error('full');
      }, endless);

      expect(seen).toStrictEqual(['#']);
    });
  });

  describe('with a Promise', () => {
    plainIt('is busy until it is settled', async () => {
      const written: string[] = [];
      const seen: (number | string)[] = [];
      let settle: () => void = () => undefined;
      const done = new Promise<void>((resolve) => {
        of(chunks.s, chunks.a, chunks.b, chunks.f)
          .pipe(
            drainTo(async (batch) => {
              written.push(batch.map(nameOf).join());
              await new Promise<void>((next) => (settle = next));
            }),
          )
          .subscribe({ next: (count) => seen.push(count), complete: resolve });
      });
      expect(written).toStrictEqual(['start']);
      settle();
      await expect.poll(() => written).toStrictEqual(['start', 'ab,finish']);
      settle();
      await done;
      expect(seen).toStrictEqual([2]);
    });

    plainIt('fails when it is rejected, whatever it is rejected with', async () => {
      const source = new Subject<StreamChunk>();
      const failed = new Promise<SinkError>((resolve) => {
        source
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          .pipe(drainTo(() => Promise.reject('no'), { partial: false }))
          .subscribe({ error: resolve });
      });
      source.next(chunks.a);

      const error = await failed;
      expect(error).toMatchObject({
        name: 'SinkError',
        message: 'What is written to failed: no',
        cause: 'no',
      });
      expect(error.partial.text).toBe('');
      expect(source.observed).toBe(false);
    });

    plainIt('takes only words for a code', async () => {
      const failed = new Promise<SinkError>((resolve) => {
        of(chunks.a)
          .pipe(drainTo(() => Promise.reject(new DOMException('gone', 'AbortError'))))
          .subscribe({ error: resolve });
      });

      expect((await failed).message).toBe('What is written to failed: gone');
      expect((await failed).code).toBeUndefined();
    });

    plainIt('leaves nothing behind when unsubscribed from before it is rejected', async () => {
      let reject: (error: Error) => void = () => undefined;
      const promise = new Promise<void>((_, fail) => (reject = fail));
      of(chunks.a, chunks.b)
        .pipe(drainTo(() => promise))
        .subscribe()
        .unsubscribe();
      reject(new Error('late'));
      await Promise.resolve();

      expect(promise).toBeInstanceOf(Promise);
    });
  });

  plainIt(
    'takes what the function returns for nothing to wait for unless it is a Promise or an Observable',
    () => {
      const lengths: number[] = [];
      const written: unknown[] = [];
      of(chunks.a, chunks.b)
        .pipe(
          drainTo((batch: StreamChunk[]) => written.push(batch)),
          take(2),
        )
        .subscribe((count) => lengths.push(count));

      expect(lengths).toStrictEqual([1, 2]);
    },
  );

  plainIt('throws at the call for wrong options', () => {
    const write = () => undefined;
    expect(() => drainTo({} as never)).toThrow(
      'drainTo: sink must be a stream, its writer or a function, not',
    );
    expect(() => drainTo(undefined as never)).toThrow('not undefined');
    expect(() => drainTo(write, { limit: 0 })).toThrow('drainTo: limit must be a number from 1, not 0');
    expect(() => drainTo(write, { onRestart: 'x' as never })).toThrow(
      'drainTo: onRestart must be fail, repeat, not x',
    );
    expect(() => drainTo(write, { format: String })).toThrow('drainTo: format is for streams');
  });
});
