import { concat, EMPTY, filter, from, of, Subject, take, throwError } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { executeTools } from '../../operators/executeTools.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { Tool, ToolRetry } from '../../src/tool.ts';
import { finish, toolCall, toolResult } from '../../testing/index.ts';
import { listChunks } from '../chunks.ts';
import { it } from '../marbles.ts';
import { answerTo, executed, failure, one, six, sync, tool, two, values } from './executedTools.ts';

describe('executeTools with a retry', () => {
  /** A tool that fails so many times before it answers. */
  function flaky(failures: number, retry: ToolRetry, rest: Partial<Tool> = {}) {
    let attempts = 0;
    const execute = () => (++attempts > failures ? of(attempts) : throwError(() => new Error('down')));
    return tool('flaky', execute, { retry, ...rest });
  }
  const v = toolCall('flaky', { n: 0 });
  const down = 'The tool "flaky" failed: down';

  it('runs a tool again that failed, after the delay', (m) => {
    const source = m.coldChunks('-v--------f|', { v, f: finish() });
    const expected = '           -v-----w--f|';

    m.expectChunks(executed(source, {}, [flaky(2, { count: 2, delay: 3 })])).toBe(expected, {
      ...{ v, f: finish() },
      w: toolResult('flaky', 3),
    });
  });

  it('gives the last failure when all attempts are spent, and counts their time', (m) => {
    const source = m.coldChunks('-v--------f|', { v, f: finish() });
    const expected = '           -v--w-----f|';

    m.expectChunks(executed(source, {}, [flaky(9, { count: 1, delay: 3 })])).toBe(expected, {
      ...{ v, f: finish() },
      w: failure('flaky', down, 3),
    });
  });

  it('counts all attempts against the timeout, and aborts while it waits for the next', (m) => {
    const source = m.coldChunks('-v--------f|', { v, f: finish() });
    const expected = '           -v--w-----f|';
    const late = 'The tool "flaky" did not answer within 3 ms.';

    m.expectChunks(executed(source, {}, [flaky(9, { count: 9, delay: 2 }, { timeout: 3 })])).toBe(expected, {
      ...{ v, f: finish() },
      w: failure('flaky', late, 3),
    });
  });

  plainIt('is synchronous without a delay', () => {
    expect(answerTo('flaky', { n: 0 }, {}, [flaky(2, { count: 2 })])).toStrictEqual({ value: 3 });
    expect(answerTo('flaky', { n: 0 }, {}, [flaky(2, { count: 1 })])).toStrictEqual({ error: down });
  });

  plainIt('takes nothing of a failed attempt for the result', () => {
    let attempts = 0;
    const execute = () =>
      ++attempts > 1
        ? EMPTY
        : concat(
            of('half'),
            throwError(() => new Error('down')),
          );

    expect(answerTo('half', { n: 0 }, {}, [tool('half', execute, { retry: { count: 1 } })])).toStrictEqual({
      value: null,
    });
  });

  it('does not run a tool again that was left', (m) => {
    const execute = vi.fn(() => throwError(() => new Error('down')));
    const source = m.coldChunks('-v-----', { v: toolCall('failing', { n: 0 }) });
    const retry = { count: 9, delay: 3 };
    m.recordTimeline(source.pipe(executeTools([tool('failing', execute, { retry })])), '^----!');
    m.flush();

    expect(execute).toHaveBeenCalledTimes(2);
  });
});

describe("executeTools with a tool's own concurrency", () => {
  it('runs so many of its calls at a time, and lets those of other tools pass', (m) => {
    const letters = { ...values, a: [...toolCall('one', { n: 0 }, 'x'), ...toolCall('one', { n: 0 }, 'y')] };
    const source = m.coldChunks('aBCf|', letters);
    const single = { ...one, concurrency: 1 };
    const chunks = m.recordTimeline(
      source.pipe(executeTools([single, two, six], { concurrency: 2 }), verifyGrammar()),
    );
    m.flush();

    expect(
      chunks.messages.flatMap(({ frame, notification }) => {
        const chunk = notification.kind === 'N' ? (notification.value as StreamChunk) : undefined;
        return chunk?.type === 'tool-result' ? [`${frame} ${chunk.toolName}`] : [];
      }),
    ).toEqual(['3 two', '7 one', '9 six', '14 one']);
  });

  plainIt('answers thousands of calls that wait for their turn and are synchronous', () => {
    const gate = new Subject<boolean>();
    const calls = Array.from({ length: 3_000 }, (_, n) => toolCall('sync', { n }, `call_${n}`)).flat();
    let results = 0;
    from(listChunks(calls, finish()))
      .pipe(executeTools([{ ...sync, concurrency: 1, approve: () => gate }], { concurrency: 1 }))
      .subscribe(({ type }) => (results += type === 'tool-result' ? 1 : 0));
    gate.next(true);

    expect(results).toBe(3_000);
  });

  plainIt('starts no further run when unsubscribed from within a result', () => {
    const execute = vi.fn(() => of(1));
    const gate = new Subject<boolean>();
    const counted = tool('counted', execute, { approve: () => gate });
    const calls = [1, 2, 3].flatMap((n) => toolCall('counted', { n }));
    from(listChunks(calls, finish()))
      .pipe(
        executeTools([counted], { concurrency: 1 }),
        filter(({ type }) => type === 'tool-result'),
        take(1),
      )
      .subscribe();
    gate.next(true);

    expect(execute).toHaveBeenCalledTimes(1);
  });
});
