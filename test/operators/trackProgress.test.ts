import { EMPTY, last, map, mergeMap, type Observable, of, takeUntil, tap, timer } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { accumulateResponse } from '../../operators/accumulateResponse.ts';
import { collectResponse } from '../../operators/collectResponse.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import { latestPerFrame } from '../../operators/latestPerFrame.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { shareRun } from '../../operators/shareRun.ts';
import { type StreamProgress, trackProgress } from '../../operators/trackProgress.ts';
import { withTimeout } from '../../operators/withTimeout.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { RxllmError } from '../../src/errors.ts';
import type { Usage } from '../../src/usage.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { inTurn, it } from '../marbles.ts';

const partialUsage = { ...usage, partial: true };
const text = (said: string): StreamChunk => ({ type: 'text-delta', text: said, block: 0 });
const values: Record<string, StreamChunk> = {
  ...chunks,
  h: text('Hello '),
  w: text('wide world!!'),
  m: { type: 'usage', usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 } },
  g: { type: 'finish', reason: 'stop', metadata: {} },
  r: restartWith({ usage: partialUsage }),
  R: restartWith({}),
};
const none: StreamProgress = {
  isDone: false,
  elapsedMs: 0,
  characters: 0,
  outputTokens: 0,
  isEstimated: false,
  tools: {},
};
const price = { input: 1_000_000, output: 10_000_000 };

/** The last snapshot of a stream, and what it ended with. */
function lastOf(source: Observable<StreamProgress>): Observable<Partial<StreamProgress>> {
  return source.pipe(last());
}

describe('trackProgress', () => {
  behavesAsOperator('trackProgress', () => trackProgress());

  it('emits a snapshot behind each chunk, and a last one at completion', (m) => {
    const source = m.cold('s--h--w-f|', values);
    const expected = '     1--2--3-4(5|)';
    const first = { ...none, timeToFirstChunkMs: 3 };
    const done = { ...first, elapsedMs: 8, characters: 18, outputTokens: 5, usage, billedUsage: usage };

    m.expect(source.pipe(trackProgress())).toBeObservable(expected, {
      1: none,
      2: { ...first, elapsedMs: 3, characters: 6, outputTokens: 2, isEstimated: true },
      3: {
        ...first,
        elapsedMs: 6,
        characters: 18,
        outputTokens: 5,
        isEstimated: true,
        tokensPerSecond: 1_500,
      },
      4: { ...done, tokensPerSecond: 1_000 },
      5: { ...done, tokensPerSecond: 1_000, elapsedMs: 9, isDone: true },
    });
  });

  it('counts times from the subscription, wherever the clock stands', (m) => {
    const late = timer(4).pipe(mergeMap(() => m.cold('-a-|', values).pipe(trackProgress())));

    m.expect(lastOf(late)).toBeObservable('-------(x|)', {
      x: {
        ...none,
        isDone: true,
        elapsedMs: 3,
        timeToFirstChunkMs: 1,
        characters: 1,
        outputTokens: 1,
        isEstimated: true,
        tokensPerSecond: 125,
      },
    });
  });

  it('emits a snapshot every so many milliseconds, whether anything arrives or not', (m) => {
    const source = m.cold('s-h---------w-f|', values);
    const expected = '     ----1---2---3--(4|)';
    const result = source.pipe(
      trackProgress({ every: 4 }),
      map(({ elapsedMs, characters, isDone }) => [elapsedMs, characters, isDone]),
    );

    m.expect(result).toBeObservable(expected, {
      1: [4, 6, false],
      2: [8, 6, false],
      3: [12, 18, false],
      4: [15, 18, true],
    });
    m.expect(source).toHaveSubscriptions('^--------------!');
  });

  it('has a last snapshot of a stream without a chunk', (m) => {
    const progress = { ...none, elapsedMs: 2, isDone: true };

    m.expect(m.cold<StreamChunk>('--|').pipe(trackProgress())).toBeObservable('--(p|)', { p: progress });
    m.expect(EMPTY.pipe(trackProgress({ every: 5 }))).toBeObservable('(p|)', {
      p: { ...progress, elapsedMs: 0 },
    });
  });

  it('emits the last snapshot before the error, and passes on the very error', (m) => {
    const errors: unknown[] = [];
    const keep = tap<StreamProgress>({ error: (error) => errors.push(error) });
    const done = map(({ isDone }: StreamProgress) => isDone);
    const source = m.cold('s-h#', values, cut);
    const seen = { n: false, y: true };

    m.expect(source.pipe(trackProgress(), keep, done)).toBeObservable('n-n(y#)', seen, cut);
    m.expect(source.pipe(trackProgress({ every: 2 }), keep, done)).toBeObservable('--n(y#)', seen, cut);
    m.flush();
    expect(errors).toStrictEqual([cut, cut]);
    expect(errors[0]).toBe(cut);
  });

  it('counts all that the model writes', (m) => {
    const source = m.cold<StreamChunk>('stAndeF|', { ...values, A: { ...chunks.A, text: 'text' } });
    const result = lastOf(source.pipe(trackProgress())).pipe(map(({ characters }) => characters));

    m.expect(result).toBeObservable('-------(x|)', { x: 1 + 4 + '{"city":"Bern"}'.length });
  });

  it('names the tools that were called and how often, whatever their names', (m) => {
    const call = (toolName: string): StreamChunk => ({ ...chunks.e, toolName });
    const calls = { ...values, x: call('__proto__'), y: call('constructor') };
    const source = m.cold<StreamChunk>('sneFsxyexF|', calls);
    const tools: unknown[] = [];
    source.pipe(trackProgress()).subscribe((progress) => tools.push(progress.tools));

    m.flush();
    expect(Object.entries(tools.at(-1) as object)).toStrictEqual([
      ['weather', 2],
      ['__proto__', 2],
      ['constructor', 1],
    ]);
    expect(tools.at(-1)).toBe(tools.at(-2));
  });

  it('adds up the calls, and counts no time between them as time to write', (m) => {
    const source = m.cold('s-h---f--------s-w---f|', values);
    const result = lastOf(source.pipe(trackProgress()));

    m.expect(result).toBeObservable('----------------------(p|)', {
      p: {
        ...none,
        isDone: true,
        elapsedMs: 22,
        timeToFirstChunkMs: 2,
        characters: 18,
        outputTokens: 10,
        // 10 tokens in 2 × 4 ms
        tokensPerSecond: 1_250,
        usage: { inputTokens: 6, outputTokens: 10, totalTokens: 16 },
        billedUsage: { inputTokens: 6, outputTokens: 10, totalTokens: 16 },
      },
    });
  });

  it('estimates the tokens from the latest report on', (m) => {
    const source = m.cold('smhwug|', values);
    const result = source.pipe(
      trackProgress(),
      map(({ outputTokens, isEstimated }) => [outputTokens, isEstimated]),
    );

    m.expect(result).toBeObservable('smhwug(g|)', {
      s: [0, false],
      m: [1, false],
      h: [3, true],
      w: [6, true],
      u: [5, false],
      g: [5, true],
    });
  });

  describe('cost', () => {
    const costs = (source: Observable<StreamChunk>) =>
      source.pipe(
        trackProgress({ price }),
        map(({ cost }) => cost),
      );

    it('is that of what is reported and of the estimate beyond', (m) => {
      m.expect(costs(m.cold('smwf|', values))).toBeObservable('smwf(f|)', {
        s: 0,
        m: 3 + 10,
        w: 3 + 10 + 30,
        f: 3 + 50,
      });
    });

    it('has the attempts that are void', (m) => {
      m.expect(costs(m.cold('surswf|', values))).toBeObservable('zuuuwf(f|)', {
        z: 0,
        u: 53,
        w: 53 + 30,
        f: 106,
      });
    });

    plainIt('is absent without a price', () => {
      const seen: StreamProgress[] = [];
      of(chunks.s)
        .pipe(trackProgress())
        .subscribe((progress) => seen.push(progress));

      expect(seen.every((progress) => !('cost' in progress))).toBe(true);
    });
  });

  describe('at a restart', () => {
    it('takes back what is void, and keeps it as billed', (m) => {
      const source = m.cold('s-h-e-u-r---s-w-f|', values);
      const result = lastOf(source.pipe(trackProgress()));

      m.expect(result).toBeObservable('-----------------(p|)', {
        p: {
          ...none,
          isDone: true,
          elapsedMs: 17,
          timeToFirstChunkMs: 2,
          characters: 12,
          outputTokens: 5,
          tokensPerSecond: 2_500,
          usage,
          billedUsage: { inputTokens: 6, outputTokens: 10, totalTokens: 16, partial: true },
        },
      });
    });

    it('bills what was told of the attempt where the restart does not tell it', (m) => {
      const source = m.cold('su-Rsaf|', values);
      const result = lastOf(source.pipe(trackProgress())).pipe(map(({ billedUsage }) => billedUsage));

      m.expect(result).toBeObservable('-------(x|)', {
        x: { inputTokens: 6, outputTokens: 10, totalTokens: 16, partial: true },
      });
    });

    it('lets finished calls stand', (m) => {
      const source = m.cold('shneFR-|', values);
      const result = lastOf(source.pipe(trackProgress())).pipe(
        map(({ characters, tools, usage: used }) => ({ characters, tools, used })),
      );

      m.expect(result).toBeObservable('-------(x|)', {
        x: { characters: 6, tools: { weather: 1 }, used: usage },
      });
    });
  });

  it('stops the timer and the source when unsubscribed from', (m) => {
    const source = m.cold('s-h-----', values);
    const unsub = '        ^----!';
    const result = source.pipe(
      trackProgress({ every: 2 }),
      map(({ characters }) => characters),
    );

    m.expect(result, unsub).toBeObservable('--x-x', { x: 6 });
    m.expect(source).toHaveSubscriptions(unsub);
  });

  it('watches a run beside others', (m) => {
    const source = m.cold('sabcabcf|', values);
    const run = source.pipe(shareRun());
    const progress = run.pipe(
      trackProgress(),
      latestPerFrame(4),
      map(({ characters }) => characters),
    );

    m.expect(
      run.pipe(
        collectResponse(),
        map(({ text: said }) => said),
      ),
    ).toBeObservable('--------(x|)', {
      x: 'abcabc',
    });
    m.expect(progress).toBeObservable('s---x---(y|)', { s: 0, x: 4, y: 6 });
    m.expect(source).toHaveSubscriptions('^-------!');
  });

  plainIt('throws at the call for wrong options', () => {
    expect(() => trackProgress({ every: 0 })).toThrow('trackProgress: every must be a number from 1, not 0');
    expect(() => trackProgress({ price: { input: 1 } as never })).toThrow('trackProgress: price.output');
  });
});

describe('usage', () => {
  /** What each part of the library knows of the usage when a stream ends. */
  function usagesOf(source: Observable<StreamChunk>) {
    const seen: Record<string, Usage | undefined> = {};
    const note = (name: string) => (value: { readonly usage?: Usage }) => {
      seen[name] = value.usage;
    };
    const noteError = (error: RxllmError) => {
      seen['error'] = error.partial.usage;
    };
    source
      .pipe(tap((chunk) => chunk.type === 'finish' && note('finish')(chunk)))
      .subscribe({ error: noteError });
    source.pipe(trackProgress()).subscribe({ next: note('trackProgress'), error: noteError });
    source.pipe(accumulateResponse()).subscribe({ next: note('accumulateResponse'), error: noteError });
    source.pipe(collectResponse()).subscribe({ next: note('collectResponse'), error: noteError });
    return seen;
  }

  it('is whole in all places when the stream completes', (m) => {
    const seen = usagesOf(m.cold('suahf|', values));

    m.flush();
    expect(seen).toStrictEqual({
      finish: usage,
      trackProgress: usage,
      accumulateResponse: usage,
      collectResponse: usage,
    });
  });

  it('is the last known, as partial, when the stream fails', (m) => {
    const failing = m.cold<StreamChunk>('suah-----', values).pipe(withTimeout({ each: 3 }));
    const seen = usagesOf(failing);

    m.flush();
    expect(seen).toStrictEqual({
      error: partialUsage,
      trackProgress: partialUsage,
      accumulateResponse: partialUsage,
    });
  });

  it('is the last known, as partial, when the stream is interrupted', (m) => {
    const seen = usagesOf(m.cold<StreamChunk>('suah-----', values).pipe(interruptOn(timer(5))));

    m.flush();
    expect(seen).toStrictEqual({
      finish: partialUsage,
      trackProgress: partialUsage,
      accumulateResponse: partialUsage,
      collectResponse: partialUsage,
    });
  });

  it('is the last known, as partial, when the stream is interrupted as an error', (m) => {
    const interrupted = m.cold<StreamChunk>('suah-----', values).pipe(interruptOn(timer(5), { as: 'error' }));
    const seen = usagesOf(interrupted);

    m.flush();
    expect(seen).toStrictEqual({
      error: partialUsage,
      trackProgress: partialUsage,
      accumulateResponse: partialUsage,
    });
  });

  it('is the last known, as partial, when the stream is cut from outside', (m) => {
    const seen = usagesOf(m.cold<StreamChunk>('suah-----', values).pipe(takeUntil(timer(5))));

    m.flush();
    expect(seen).toStrictEqual({
      trackProgress: partialUsage,
      accumulateResponse: partialUsage,
      collectResponse: partialUsage,
    });
  });

  it('is the last known, as partial, when the progress is unsubscribed from', (m) => {
    const seen: (Usage | undefined)[] = [];
    const subscription = m
      .cold<StreamChunk>('suah-----', values)
      .pipe(trackProgress())
      .subscribe((progress) => seen.push(progress.usage));
    timer(5).subscribe(() => subscription.unsubscribe());

    m.flush();
    expect(seen).toStrictEqual([undefined, partialUsage, partialUsage, partialUsage]);
  });

  it('counts as billed what was voided, in all places alike', (m) => {
    const retried = inTurn(m.cold<StreamChunk>('sua#', values, cut), m.cold('saf|', values)).pipe(
      retryStream({ delay: 0 }),
      shareRun(),
    );
    const seen: unknown[] = [];
    retried.pipe(trackProgress(), last()).subscribe(({ billedUsage }) => seen.push(billedUsage));
    retried.pipe(collectResponse()).subscribe(({ billedUsage }) => seen.push(billedUsage));

    m.flush();
    expect(seen[0]).toStrictEqual({ inputTokens: 6, outputTokens: 10, totalTokens: 16, partial: true });
    expect(seen[1]).toStrictEqual(seen[0]);
  });

  it('keeps the estimate of what came behind the report where a stream is interrupted', (m) => {
    const interrupted = m.cold<StreamChunk>('smw------', values).pipe(interruptOn(timer(5)));
    const tokens = lastOf(interrupted.pipe(trackProgress({ price }))).pipe(
      map(({ outputTokens, isEstimated, cost }) => ({ outputTokens, isEstimated, cost })),
    );

    m.expect(tokens).toBeObservable('-----(x|)', {
      x: { outputTokens: 4, isEstimated: true, cost: 3 + 10 + 30 },
    });
  });
});
