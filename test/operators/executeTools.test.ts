import {
  concat,
  EMPTY,
  filter,
  from,
  lastValueFrom,
  map,
  merge,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  tap,
  throwError,
  timer,
  VirtualTimeScheduler,
} from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { z } from 'zod';
import { executeTools, type ExecuteToolsOptions } from '../../operators/executeTools.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk, ToolCallChunk } from '../../src/chunk.ts';
import { GrammarError } from '../../src/errors.ts';
import type { InvalidToolCallReason } from '../../src/message.ts';
import type {
  ApprovalDecision,
  ApprovalGate,
  ApprovalQuestion,
  Tool,
  ToolContext,
  ToolRetry,
} from '../../src/tool.ts';
import {
  approvalRequest,
  type ChunkDraft,
  type ChunkValues,
  finish,
  restart,
  toolCall,
  toolProgress,
  toolResult,
} from '../../testing/index.ts';
import { listChunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const parameters = z.object({ n: z.number() });

function tool(name: string, execute: Tool<typeof parameters>['execute'], rest: Partial<Tool> = {}): Tool {
  return { name, parameters, execute, ...rest };
}

function failure(toolName: string, why: string, durationMs?: number): ChunkDraft {
  return toolResult(toolName, why, { isError: true, ...(durationMs !== undefined && { durationMs }) });
}

/** Tools that answer with `n` after 7, 2 and 6 ms, and at once. */
const one = tool('one', ({ n }) => timer(7).pipe(map(() => n)));
const two = tool('two', ({ n }) => timer(2).pipe(map(() => n)));
const six = tool('six', ({ n }) => timer(6).pipe(map(() => n)));
const sync = tool('sync', ({ n }) => n * 2);
const failing = tool('failing', () => {
  throw new Error('no such city');
});
const tools = [one, two, six, sync, failing];

/** `A B C` calls of one, two and six, `x y z` their results; `f g` finish, the latter aborted. */
const values: ChunkValues = {
  s: { type: 'start' },
  A: toolCall('one', { n: 0 }),
  B: toolCall('two', { n: 1 }),
  C: toolCall('six', { n: 2 }),
  f: finish(),
  g: finish('aborted'),
  r: restart(),
  x: toolResult('one', 0, { durationMs: 7 }),
  y: toolResult('two', 1, { durationMs: 2 }),
  z: toolResult('six', 2, { durationMs: 6 }),
};
const silentCall = toolCall('silent', { n: 0 });

function executed(
  source: Observable<StreamChunk>,
  options?: ExecuteToolsOptions,
  more: readonly Tool[] = [],
) {
  return source.pipe(
    executeTools([...tools, ...more], options),
    verifyGrammar(),
    filter(({ type }) => type !== 'tool-progress'),
  );
}

/** A tool that never answers, and what it was given. */
function watchedTool(rest: Partial<Tool> = {}) {
  const contexts: ToolContext[] = [];
  const unsubscribed = vi.fn();
  const silent = tool(
    'silent',
    (_, context) => {
      contexts.push(context);
      return NEVER.pipe(tap({ unsubscribe: unsubscribed }));
    },
    rest,
  );
  return { silent, contexts, unsubscribed, isAborted: () => contexts.map(({ signal }) => signal.aborted) };
}

const aborted = 'The call was aborted before it had a result.';

/** What is made of the chunks, where all is synchronous. */
function atOnce(source: readonly StreamChunk[], options?: ExecuteToolsOptions, more?: readonly Tool[]) {
  const seen: StreamChunk[] = [];
  // A clock that stands still, so that no millisecond passes in between.
  const scheduler = new VirtualTimeScheduler();
  executed(from(source), { scheduler, ...options }, more).subscribe((chunk) => seen.push(chunk));
  return seen;
}

/** What a call of the tool is answered with, where all is synchronous. */
function answerTo(
  toolName: string,
  args: ToolCallChunk['arguments'],
  options?: ExecuteToolsOptions,
  more?: readonly Tool[],
) {
  return atOnce(listChunks(toolCall(toolName, args), finish()), options, more)
    .filter((chunk) => chunk.type === 'tool-result')
    .map((answer) => (answer.isError ? { error: answer.result } : { value: answer.result }))[0];
}

describe('executeTools', () => {
  behavesAsOperator('executeTools', () => executeTools([]));

  it('adds the results as they come, passes all else on, and completes with the last', (m) => {
    const source = m.coldChunks('-A-B---f|', values);
    const subs = '               ^-------!';
    const expected = '           -A-B-y-f(x|)';

    m.expectChunks(executed(source)).toBe(expected, values);
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('runs all at a time by default', (m) => {
    const source = m.coldChunks('ABC-f|', values);
    const expected = '           ABCyf--x(z|)';

    m.expectChunks(executed(source)).toBe(expected, values);
  });

  it('runs one after the other with concurrency 1', (m) => {
    const source = m.coldChunks('ABC-f|', values);
    const expected = '           ABC-f--x-y-----(z|)';

    m.expectChunks(executed(source, { concurrency: 1 })).toBe(expected, values);
  });

  it('runs two at a time with concurrency 2, the first called first', (m) => {
    const source = m.coldChunks('ABC-f|', values);
    const expected = '           ABCyf--x-(z|)';

    m.expectChunks(executed(source, { concurrency: 2 })).toBe(expected, values);
  });

  it('starts the tools when the model has finished with startTools finished', (m) => {
    const source = m.coldChunks('-A-B---f|', values);
    const expected = '           -A-B---f-y----(x|)';

    m.expectChunks(executed(source, { startTools: 'finished' })).toBe(expected, values);
  });

  it('answers a synchronous tool in the frame of its call', (m) => {
    const letters = { v: toolCall('sync', { n: 21 }), w: toolResult('sync', 42), f: finish() };
    const source = m.coldChunks('-v----f|', letters);
    const expected = '           -(vw)-f|';

    m.expectChunks(executed(source)).toBe(expected, letters);
  });

  it('tells what an Observable emits as progress, the last of it as the result too', (m) => {
    const steps = tool('steps', () => m.cold('-p-q-|', { p: 1, q: 2 }));
    const letters = {
      v: toolCall('steps', { n: 0 }),
      p: toolProgress('steps', 1),
      q: toolProgress('steps', 2),
      w: toolResult('steps', 2),
      f: finish(),
    };
    const source = m.coldChunks('v-----f|', letters);
    const expected = '           vp-q-wf|';

    m.expectChunks(source.pipe(executeTools([steps]), verifyGrammar())).toBe(expected, letters);
  });

  it('aborts a tool that takes longer than timeout', (m) => {
    const { silent, isAborted, unsubscribed } = watchedTool();
    const w = failure('silent', 'The tool "silent" did not answer within 3 ms.');
    const source = m.coldChunks('v---f|', { v: silentCall, f: finish() });
    const expected = '           v--wf|';

    m.expectChunks(executed(source, { timeout: 3 }, [silent])).toBe(expected, {
      ...values,
      v: silentCall,
      w,
    });
    m.flush();
    expect(isAborted()).toStrictEqual([true]);
    expect(unsubscribed).toHaveBeenCalledTimes(1);
  });

  it("prefers a tool's own timeout", (m) => {
    const { silent } = watchedTool({ timeout: 3 });
    const w = failure('silent', 'The tool "silent" did not answer within 3 ms.');
    const source = m.coldChunks('v---f|', { v: silentCall, f: finish() });
    const expected = '           v--wf|';

    m.expectChunks(executed(source, { timeout: 50 }, [silent])).toBe(expected, {
      ...values,
      v: silentCall,
      w,
    });
  });

  it('counts timeout and duration from the turn of a tool', (m) => {
    const source = m.coldChunks('AB-f|', values);
    const expected = '           AB-f---x-(y|)';

    m.expectChunks(executed(source, { concurrency: 1, timeout: 8 })).toBe(expected, values);
  });

  it('waits for the first emission of the gate', (m) => {
    const gate = m.cold('----t', { t: true });
    const letters = { v: toolCall('two', { n: 0 }), Q: approvalRequest('two'), f: finish() };
    const w = toolResult('two', 0, { durationMs: 2 });
    const source = m.coldChunks('--v------f|', letters);
    const expected = '           --(vQ)--wf|';

    m.expectChunks(executed(source, { approve: () => gate })).toBe(expected, { ...letters, w });
    m.expect(gate).toHaveSubscriptions('--^---!');
  });

  it('asks for all calls at once, and lets the approved run while others wait', (m) => {
    const source = m.coldChunks('ABf|', values);
    const expected = '           PQfy';
    const approve = ({ toolName }: ApprovalQuestion) => (toolName === 'one' ? NEVER : of(true));

    m.expectChunks(executed(source, { concurrency: 1, approve })).toBe(expected, {
      ...values,
      P: [...toolCall('one', { n: 0 }), approvalRequest('one')],
      Q: [...toolCall('two', { n: 1 }), approvalRequest('two')],
    });
  });

  it('aborts the tools of a voided call and gives no result of them', (m) => {
    const { silent, isAborted, unsubscribed } = watchedTool();
    const letters = { ...values, v: silentCall };
    const source = m.coldChunks('v--r-A----f---|', letters);
    const expected = '           v--r-A----f-x-|';

    m.expectChunks(executed(source, {}, [silent])).toBe(expected, letters);
    m.flush();
    expect(isAborted()).toStrictEqual([true]);
    expect(unsubscribed).toHaveBeenCalledTimes(1);
  });

  it('does not start a tool of a voided call that waited for its turn', (m) => {
    const { silent, contexts } = watchedTool();
    const letters = { ...values, v: silentCall };
    const source = m.coldChunks('Av-r|', letters);

    m.expectChunks(executed(source, { concurrency: 1 }, [silent])).toBe('Av-r|', letters);
    m.flush();
    expect(contexts).toStrictEqual([]);
  });

  it('aborts the tools when unsubscribed from', (m) => {
    const { silent, isAborted, unsubscribed } = watchedTool();
    const source = m.coldChunks('-v----', { v: silentCall });
    const unsub = '              ^--!';

    m.expectChunks(executed(source, {}, [silent]), unsub).toBe('-v--', { v: silentCall });
    m.expect(source).toHaveSubscriptions(unsub);
    m.flush();
    expect(isAborted()).toStrictEqual([true]);
    expect(unsubscribed).toHaveBeenCalledTimes(1);
  });

  it('aborts the tools at an error of the source and passes it on as it is', (m) => {
    const { silent, isAborted } = watchedTool();
    const source = m.coldChunks('v-#', { v: silentCall });

    m.expectChunks(executed(source, {}, [silent])).toBe('v-#', { v: silentCall });
    m.flush();
    expect(isAborted()).toStrictEqual([true]);
  });

  it('aborts what runs and refuses what waits when the call finishes as aborted', (m) => {
    const { silent, isAborted, contexts } = watchedTool();
    const letters = {
      ...{ v: silentCall, w: silentCall, g: finish('aborted') },
      p: failure('silent', aborted),
      q: failure('silent', aborted, 0),
    };
    const source = m.coldChunks('vw-g----|', letters);
    const expected = '           vw-(gpq)|';

    m.expectChunks(executed(source, { concurrency: 1 }, [silent])).toBe(expected, letters);
    m.flush();
    expect(contexts).toHaveLength(1);
    expect(isAborted()).toStrictEqual([true]);
  });

  it('answers every call behind interruptOn, so that the conversation stays valid', (m) => {
    const { silent } = watchedTool();
    const letters: ChunkValues = {
      v: silentCall,
      b: { type: 'tool-call-start', toolName: 'two' },
      i: { type: 'tool-call-invalid', toolName: 'two', argumentsText: '', reason: 'incomplete' },
      p: failure('two', 'The tool was not run: its arguments were cut off before they were complete.'),
      g: finish('aborted'),
      q: failure('silent', aborted),
    };
    const source = m.coldChunks('-vb----', letters);
    const stop = m.cold('        ---y');
    const expected = '           -vb(ipgq|)';

    m.expectChunks(executed(source.pipe(interruptOn(stop)), {}, [silent])).toBe(expected, letters);
  });

  it('fails when a further call starts while tools still run', (m) => {
    const source = m.coldChunks('A-f-s', values);
    const expected = '           A-f-#';
    const error = new GrammarError('Unexpected start: tools of the call before still run');

    m.expectChunks(executed(source)).toBe(expected, values, error);
  });

  it('runs the tools of several calls whose ids are the same', (m) => {
    const source = m.coldChunks('Af------Af|', values);
    const expected = '           Af-----xAf-----(x|)';

    m.expectChunks(executed(source)).toBe(expected, values);
  });

  it('keeps its state per subscription', (m) => {
    const result = executed(m.coldChunks('A-B---f|', values), { concurrency: 1 });

    m.expectChunks(result).toBe('A-B---fx-(y|)', values);
    m.expectChunks(result, '---^').toBe('---A-B---fx-(y|)', values);
  });
});

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

describe('executeTools with interruptOn', () => {
  it('aborts what runs, starts nothing more, and answers every call, those to come too', (m) => {
    const { silent, contexts, isAborted } = watchedTool();
    const letters = {
      ...values,
      v: [...silentCall, ...silentCall],
      p: [failure('silent', aborted), failure('silent', aborted, 0)],
      B: toolCall('two', { n: 1 }),
      q: [...toolCall('two', { n: 1 }), failure('two', aborted, 0)],
    };
    const source = m.coldChunks('-v---B-f|', letters);
    const stop = m.cold('        ---x');
    const expected = '           -v-p-q-f|';

    m.expectChunks(executed(source, { interruptOn: stop, concurrency: 1 }, [silent])).toBe(expected, letters);
    m.flush();
    expect(contexts).toHaveLength(1);
    expect(isAborted()).toStrictEqual([true]);
  });

  it('is left alone where it completes', (m) => {
    const source = m.coldChunks('-B--f|', values);

    m.expectChunks(executed(source, { interruptOn: m.cold('--|') })).toBe('-B-yf|', values);
  });

  it('is listened to once, whatever is restarted', (m) => {
    const source = m.coldChunks('A-r-A----f|', values);
    const stop = m.cold('        -----x');
    const letters = { ...values, p: failure('one', aborted, 1) };
    const expected = '           A-r-Ap---f|';

    m.expectChunks(executed(source, { interruptOn: stop })).toBe(expected, letters);
    m.expect(stop).toHaveSubscriptions('^----!');
  });

  it('takes a signal that has fired', (m) => {
    const source = m.coldChunks('-B--f|', values);
    const letters = { ...values, B: [...toolCall('two', { n: 1 }), failure('two', aborted, 0)] };

    m.expectChunks(executed(source, { interruptOn: AbortSignal.abort() })).toBe('-B--f|', letters);
  });

  it('answers calls that wait for a decision, or until later', (m) => {
    const source = m.coldChunks('-AB--f|', values);
    const letters = {
      ...values,
      A: [...toolCall('one', { n: 0 }), approvalRequest('one')],
      B: [...toolCall('two', { n: 1 }), approvalRequest('two')],
      p: [failure('one', aborted, 0), failure('two', aborted, 0)],
    };
    const approve = ({ toolName }: ApprovalQuestion) => (toolName === 'one' ? of('later' as const) : NEVER);

    m.expectChunks(executed(source, { interruptOn: m.cold('---x'), approve })).toBe('-ABp-f|', letters);
  });
});

describe('executeTools and the answer later', () => {
  it('leaves the call without a result, runs the others and completes', (m) => {
    const source = m.coldChunks('-AB--f|', values);
    const letters = {
      ...values,
      A: [...toolCall('one', { n: 0 }), approvalRequest('one')],
      B: [...toolCall('two', { n: 1 }), approvalRequest('two')],
    };
    const approve = ({ toolName }: ApprovalQuestion) => of(toolName === 'one' ? 'later' : true);

    m.expectChunks(executed(source, { approve: approve as ApprovalGate })).toBe('-AB-yf|', letters);
  });
});

describe('executeTools and a reader who acts within a delivery', () => {
  const c = toolCall('held');
  const held = (answer: Subject<string>): Tool => ({
    name: 'held',
    parameters: z.object({}),
    execute: () => answer,
  });

  it('delivers what comes of it behind the chunk', (m) => {
    const answer = new Subject<string>();
    const source = m.coldChunks('-c--|', { c });
    const run = m.recordTimeline(
      source.pipe(
        executeTools([held(answer)]),
        tap(({ type }) => {
          if (type === 'finish') {
            answer.next('x');
            answer.complete();
          }
        }),
      ),
    );
    m.flush();

    const types = run.chunks.map(({ type }) => type);
    expect(types.slice(-3)).toEqual(['finish', 'tool-progress', 'tool-result']);
    expect(run.messages.at(-1)).toMatchObject({ frame: 4, notification: { kind: 'C' } });
  });

  it('delivers an error behind the chunk', (m) => {
    const failure = new Subject<never>();
    const source = m.coldChunks('-c--|', { c });
    const run = m.recordTimeline(
      merge(source, failure).pipe(
        executeTools([held(new Subject())]),
        tap(({ type }) => {
          if (type === 'tool-call') failure.error(new Error('down'));
        }),
      ),
    );
    m.flush();

    expect(run.chunks.at(-1)).toMatchObject({ type: 'tool-call' });
    expect(run.error).toMatchObject({ message: 'down' });
  });

  it('gives each call one result where the reader stops model and tools, at whatever chunk', (m) => {
    const runs = Array.from({ length: 9 }, (_, last) => {
      const stop = new Subject<void>();
      return m.recordTimeline(
        m.coldChunks('-c-a-c--|', { c }).pipe(
          interruptOn(stop),
          executeTools([held(new Subject())], { interruptOn: stop }),
          tap(
            nth(last, () => {
              stop.next();
            }),
          ),
        ),
      );
    });
    m.flush();

    for (const { chunks } of runs) {
      const types = chunks.map(({ type }) => type);
      const count = (type: StreamChunk['type']) => types.filter((each) => each === type).length;
      expect(count('finish'), types.join(' ')).toBe(1);
      expect(count('tool-result'), types.join(' ')).toBe(count('tool-call') + count('tool-call-invalid'));
    }
  });
});

/** Calls the function the nth time, from 0. */
function nth(last: number, act: () => void): () => void {
  let count = 0;
  return () => {
    if (count++ === last) act();
  };
}

describe('executeTools options', () => {
  plainIt('throws where two tools have the same name', () => {
    expect(() => executeTools([sync, sync])).toThrow('executeTools: two tools have the name sync');
  });

  plainIt('throws where tools are no list', () => {
    expect(() => executeTools(sync as never)).toThrow('executeTools: tools must be an array, not object');
  });

  plainIt('throws where a value is wrong', () => {
    expect(() => executeTools([], { concurrency: 0 })).toThrow('executeTools: concurrency must be');
    expect(() => executeTools([], { timeout: 0 })).toThrow('executeTools: timeout must be');
    expect(() => executeTools([watchedTool({ timeout: 0 }).silent])).toThrow(
      'executeTools: timeout of silent must be',
    );
    expect(() => executeTools([], { startTools: 'soon' as never })).toThrow(
      'executeTools: startTools must be',
    );
  });

  plainIt('infers the arguments of each tool from its schema', () => {
    const operator = executeTools([
      { name: 'a', parameters: z.object({ city: z.string() }), execute: ({ city }) => city.length },
      {
        name: 'b',
        parameters: z.object({ n: z.number() }),
        execute: ({ n }, { signal }) => [n.toFixed(), signal],
      },
      sync,
      // @ts-expect-error the schema has no such argument
      { name: 'c', parameters: z.object({ n: z.number() }), execute: ({ city }) => city as unknown },
    ]);

    expect(operator).toBeTypeOf('function');
  });
});
