import { EMPTY, from, lastValueFrom, Observable, of, take, throwError } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { z } from 'zod';
import { executeTools } from '../../operators/executeTools.ts';
import type { InvalidToolCallReason } from '../../src/message.ts';
import type { ApprovalDecision, Tool } from '../../src/tool.ts';
import { approvalRequest, type ChunkDraft, finish, toolCall, toolResult } from '../../testing/index.ts';
import { listChunks } from '../chunks.ts';
import { answerTo, atOnce, tool } from './executedTools.ts';

describe('executeTools with synchronous tools', () => {
  plainIt('takes no microtask for tools, schemas and gates', () => {
    const call = toolCall('sync', { n: 1 });

    expect(atOnce(listChunks(call, finish()), { approve: () => of(true) })).toStrictEqual(
      listChunks(call, approvalRequest('sync'), toolResult('sync', 2), finish()),
    );
  });

  plainIt('runs no tool when unsubscribed from at its call', () => {
    const execute = vi.fn();
    from(listChunks(toolCall('spy', { n: 0 })))
      .pipe(executeTools([tool('spy', execute)]), take(4))
      .subscribe();

    expect(execute).not.toHaveBeenCalled();
  });

  plainIt('gives the arguments as the schema returns them, and the context', () => {
    const execute = vi.fn(() => null);
    const weather = { name: 'weather', parameters: z.object({ city: z.string().default('Bern') }), execute };
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    answerTo('weather', {}, { messages, context: 42 }, [weather]);

    expect(execute).toHaveBeenCalledExactlyOnceWith(
      { city: 'Bern' },
      { signal: expect.any(AbortSignal) as AbortSignal, toolCallId: 'call_0', messages, context: 42 },
    );
  });

  plainIt('gives no signal to a tool that has ended', () => {
    let signal: AbortSignal | undefined;
    const keeping = tool('keeping', (_, context) => {
      signal = context.signal;
      return of(1);
    });
    answerTo('keeping', { n: 1 }, {}, [keeping]);

    expect(signal?.aborted).toBe(false);
  });

  plainIt('has the result null where a tool has nothing to say', () => {
    expect(answerTo('empty', { n: 1 }, {}, [tool('empty', () => EMPTY)])).toStrictEqual({ value: null });
    expect(answerTo('nothing', { n: 1 }, {}, [tool('nothing', () => undefined)])).toStrictEqual({
      value: null,
    });
  });

  plainIt('takes an array or a string as one value', () => {
    expect(answerTo('list', { n: 1 }, {}, [tool('list', () => [1, 2])])).toStrictEqual({ value: [1, 2] });
    expect(answerTo('text', { n: 1 }, {}, [tool('text', () => 'abc')])).toStrictEqual({ value: 'abc' });
  });

  plainIt('tells the model of a tool that does not exist', () => {
    expect(answerTo('weather', {})).toStrictEqual({
      error: 'There is no tool "weather". The tools are: one, two, six, sync, failing.',
    });
    const seen: unknown[] = [];
    from(listChunks(toolCall('x')))
      .pipe(executeTools([]))
      .subscribe((chunk) => seen.push('result' in chunk && chunk.result));
    expect(seen).toContain('There is no tool "x". The tools are: none.');
  });

  plainIt('tells the model which arguments do not fit', () => {
    expect(answerTo('sync', { n: '1' })).toStrictEqual({
      error: 'The arguments do not fit: n: Invalid input: expected number, received string',
    });
  });

  plainIt('tells the model why a tool failed', () => {
    const broken = (error: unknown) =>
      tool('broken', () => new Observable((subscriber) => subscriber.error(error)));

    expect(answerTo('failing', { n: 1 })).toStrictEqual({ error: 'The tool "failing" failed: no such city' });
    expect(answerTo('broken', { n: 1 }, {}, [broken('why not')])).toStrictEqual({
      error: 'The tool "broken" failed: why not',
    });
    expect(answerTo('broken', { n: 1 }, {}, [broken(new RangeError(''))])).toStrictEqual({
      error: 'The tool "broken" failed: RangeError',
    });
  });

  plainIt('does not run a call that the gate denies, and tells the model why', () => {
    const execute = vi.fn();
    const denied = (answer: Observable<boolean | ApprovalDecision>) =>
      answerTo('spy', { n: 1 }, { approve: () => answer }, [tool('spy', execute)]);

    expect(denied(of(false, true))).toStrictEqual({ error: 'The call was denied.' });
    expect(denied(EMPTY)).toStrictEqual({ error: 'The call was denied.' });
    expect(denied(of({ approved: false, reason: 'too dear' }))).toStrictEqual({
      error: 'The call was denied: too dear',
    });
    expect(denied(throwError(() => new Error('nobody there')))).toStrictEqual({
      error: 'The call could not be approved: nobody there',
    });
    expect(execute).not.toHaveBeenCalled();
  });

  plainIt('runs with the arguments that the gate wants instead, once they fit', () => {
    const edited = (args: unknown) =>
      answerTo('sync', { n: 1 }, { approve: () => of({ approved: true, arguments: args }) });

    expect(edited({ n: 5 })).toStrictEqual({ value: 10 });
    expect(edited(undefined)).toStrictEqual({ value: 2 });
    expect(edited({ n: null })).toMatchObject({
      error: expect.stringContaining('The arguments do not fit: n:') as string,
    });
  });

  plainIt("prefers a tool's own gate, and asks with the model's arguments", () => {
    const approve = vi.fn(() => of(true));
    const general = vi.fn(() => of(false));
    const guarded = tool('guarded', ({ n }) => n, { approve });

    expect(answerTo('guarded', { n: 3 }, { approve: general }, [guarded])).toStrictEqual({ value: 3 });
    expect(approve).toHaveBeenCalledWith({ toolCallId: 'call_0', toolName: 'guarded', arguments: { n: 3 } });
    expect(general).not.toHaveBeenCalled();
  });

  plainIt('answers a call that is not valid at once and never runs it, whatever the finish', () => {
    const calls = (reason: InvalidToolCallReason): ChunkDraft[] => [
      ...toolCall('sync', { n: 1 }),
      { type: 'tool-call-start', toolName: 'sync' },
      { type: 'tool-call-invalid', toolName: 'sync', argumentsText: '{"n":', reason },
    ];
    const answered = (reason: InvalidToolCallReason) =>
      atOnce(listChunks(calls(reason), finish('length')), { startTools: 'finished' });
    const expected = (reason: InvalidToolCallReason, why: string) => {
      const result = `The tool was not run: its arguments ${why}.`;
      const refused = toolResult('sync', result, { toolCallId: 'call_1', isError: true });
      return listChunks(calls(reason), refused, finish('length'), toolResult('sync', 2));
    };

    for (const [reason, why] of [
      ['incomplete', 'were cut off before they were complete'],
      ['invalid-json', 'are not valid JSON'],
      ['not-an-object', 'are not a JSON object'],
    ] as const) {
      expect(answered(reason)).toStrictEqual(expected(reason, why));
    }
  });

  plainIt('does not touch what the provider runs', () => {
    const source = listChunks(
      { type: 'tool-call-start', toolName: 'web_search' },
      { type: 'tool-call', toolName: 'web_search', arguments: {}, providerExecuted: true },
      finish('stop'),
    );

    expect(atOnce(source)).toStrictEqual(source);
  });

  plainIt('answers two calls with the same id', () => {
    const twice = [1, 2].flatMap((n) => toolCall('sync', { n }, 'same'));
    const results = atOnce(listChunks(twice, finish())).flatMap((chunk) =>
      chunk.type === 'tool-result' ? [chunk.result] : [],
    );

    expect(results).toStrictEqual([2, 4]);
  });
});

describe('executeTools with Promises', () => {
  const source = from(listChunks(toolCall('tool', { n: 0 }), finish()));
  const resultOf = async (rest: Partial<Tool>) => {
    const chunk = await lastValueFrom(source.pipe(executeTools([{ ...tool('tool', () => 1), ...rest }])));
    return chunk.type === 'tool-result' ? { result: chunk.result, isError: chunk.isError } : undefined;
  };

  plainIt('takes what a Promise gives as the result', async () => {
    expect(await resultOf({ execute: () => Promise.resolve('sunny') })).toStrictEqual({
      result: 'sunny',
      isError: false,
    });
  });

  plainIt('tells the model why a Promise was rejected', async () => {
    expect(await resultOf({ execute: () => Promise.reject(new Error('down')) })).toStrictEqual({
      result: 'The tool "tool" failed: down',
      isError: true,
    });
  });

  plainIt('waits for a schema that is asynchronous', async () => {
    const even = z.object({ n: z.number().refine((n) => Promise.resolve(n % 2 === 1), 'must be odd') });

    expect(await resultOf({ parameters: even })).toStrictEqual({
      result: 'The arguments do not fit: n: must be odd',
      isError: true,
    });
  });

  plainIt('waits for a gate that is a Promise', async () => {
    expect(await resultOf({ approve: () => Promise.resolve(true) })).toStrictEqual({
      result: 1,
      isError: false,
    });
  });

  plainIt('fires the signal when unsubscribed from, and leaves no rejection behind', async () => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    const next = vi.fn();
    const waiting = tool(
      'tool',
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    source
      .pipe(executeTools([waiting]))
      .subscribe(next)
      .unsubscribe();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', rejections);

    expect(next).toHaveBeenCalledTimes(5);
    expect(rejections).not.toHaveBeenCalled();
  });
});
