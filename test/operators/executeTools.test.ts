import {
  EMPTY,
  filter,
  from,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { z } from 'zod';
import { executeTools, type ExecuteToolsOptions } from '../../operators/executeTools.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { FinishReason, StreamChunk, ToolCallChunk, ToolResultChunk } from '../../src/chunk.ts';
import { GrammarError } from '../../src/errors.ts';
import type { InvalidToolCallReason } from '../../src/message.ts';
import type { ApprovalDecision, ApprovalQuestion, Tool, ToolContext } from '../../src/tool.ts';
import { chunks, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const parameters = z.object({ n: z.number() });

function tool(name: string, execute: Tool<typeof parameters>['execute'], rest: Partial<Tool> = {}): Tool {
  return { name, parameters, execute, ...rest };
}

function call(toolName: string, block: number, args: ToolCallChunk['arguments'] = { n: block }): StreamChunk {
  return { type: 'tool-call', toolCallId: `call_${block}`, toolName, arguments: args, block };
}

function opened(toolName: string, block: number): StreamChunk {
  return { type: 'tool-call-start', toolCallId: `call_${block}`, toolName, block };
}

function result(toolName: string, block: number, value: unknown, durationMs: number): ToolResultChunk {
  const toolCallId = `call_${block}`;
  return { type: 'tool-result', toolCallId, toolName, result: value, isError: false, durationMs };
}

function failure(toolName: string, block: number, why: string, durationMs: number): ToolResultChunk {
  return { ...result(toolName, block, why, durationMs), isError: true };
}

function progress(toolName: string, block: number, value: unknown): StreamChunk {
  return { type: 'tool-progress', toolCallId: `call_${block}`, toolName, value };
}

function finish(reason: FinishReason): StreamChunk {
  return { type: 'finish', reason, metadata: {} };
}

const toolsFinish = finish('tool-calls');

/** Tools that answer with `n` after 7, 2 and 6 ms, and at once. */
const one = tool('one', ({ n }) => timer(7).pipe(map(() => n)));
const two = tool('two', ({ n }) => timer(2).pipe(map(() => n)));
const six = tool('six', ({ n }) => timer(6).pipe(map(() => n)));
const sync = tool('sync', ({ n }) => n * 2);
const failing = tool('failing', () => {
  throw new Error('no such city');
});
const tools = [one, two, six, sync, failing];

/**
 * `s` start, `a b c` the beginnings of calls of one, two and six, `A B C` the calls, `x y z` their results;
 * `f l g` finish with reason tool-calls, length and aborted, `r` restart.
 */
const values: Record<string, StreamChunk> = {
  s: chunks.s,
  u: chunks.u,
  a: opened('one', 0),
  A: call('one', 0),
  b: opened('two', 1),
  B: call('two', 1),
  c: opened('six', 2),
  C: call('six', 2),
  f: toolsFinish,
  l: finish('length'),
  g: finish('aborted'),
  r: restartWith({}),
  x: result('one', 0, 0, 7),
  y: result('two', 1, 1, 2),
  z: result('six', 2, 2, 6),
};

/** The letters `v V` for a call of another tool in block 0, and `w` for its result. */
function calling(
  toolName: string,
  w: ToolResultChunk,
  args: ToolCallChunk['arguments'] = { n: 0 },
): Record<string, StreamChunk> {
  return { ...values, v: opened(toolName, 0), V: call(toolName, 0, args), w };
}

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

function approvalOf(toolName: string, block = 0): StreamChunk {
  return { type: 'approval-request', toolCallId: `call_${block}`, toolName, arguments: { n: block } };
}

function invalid(
  toolName: string,
  block: number,
  reason: InvalidToolCallReason,
  argumentsText: string,
): StreamChunk {
  return { type: 'tool-call-invalid', toolCallId: `call_${block}`, toolName, argumentsText, reason, block };
}

const aborted = 'The call was aborted before it had a result.';

/** The chunks of `source` and what was made of them, where all is synchronous. */
function atOnce(source: readonly StreamChunk[], options?: ExecuteToolsOptions, more?: readonly Tool[]) {
  const seen: StreamChunk[] = [];
  executed(from(source), options, more).subscribe((chunk) => seen.push(chunk));
  return seen;
}

/** What a call of the tool is answered with, where all is synchronous. */
function answerTo(
  toolName: string,
  args: ToolCallChunk['arguments'],
  options?: ExecuteToolsOptions,
  more?: readonly Tool[],
) {
  const source = [chunks.s, opened(toolName, 0), call(toolName, 0, args), toolsFinish];
  return atOnce(source, options, more)
    .filter((chunk) => chunk.type === 'tool-result')
    .map((answer) => (answer.isError ? { error: answer.result } : { value: answer.result }))[0];
}

describe('executeTools', () => {
  behavesAsOperator('executeTools', () => executeTools([]));

  it('adds the results as they come, passes all else on, and completes with the last', (m) => {
    const source = m.cold('sab-A-B---f|', values);
    const subs = '         ^----------!';
    const expected = '     sab-A-B-y-f(x|)';

    m.expect(executed(source)).toBeObservable(expected, values);
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('runs all at a time by default', (m) => {
    const source = m.cold('sabcABC-f|', values);
    const expected = '     sabcABCyf--x(z|)';

    m.expect(executed(source)).toBeObservable(expected, values);
  });

  it('runs one after the other with concurrency 1', (m) => {
    const source = m.cold('sabcABC-f|', values);
    const expected = '     sabcABC-f--x-y-----(z|)';

    m.expect(executed(source, { concurrency: 1 })).toBeObservable(expected, values);
  });

  it('runs two at a time with concurrency 2, the first called first', (m) => {
    const source = m.cold('sabcABC-f|', values);
    const expected = '     sabcABCyf--x-(z|)';

    m.expect(executed(source, { concurrency: 2 })).toBeObservable(expected, values);
  });

  it('starts the tools when the model has finished with startTools finished', (m) => {
    const source = m.cold('sab-A-B---f|', values);
    const expected = '     sab-A-B---f-y----(x|)';

    m.expect(executed(source, { startTools: 'finished' })).toBeObservable(expected, values);
  });

  it('answers a synchronous tool in the frame of its call', (m) => {
    const letters = calling('sync', result('sync', 0, 42, 0), { n: 21 });
    const source = m.cold('svV---f|', letters);
    const expected = '     sv(Vw)f|';

    m.expect(executed(source)).toBeObservable(expected, letters);
  });

  it('tells what an Observable emits as progress, the last of it as the result too', (m) => {
    const steps = tool('steps', () => m.cold('-p-q-|', { p: 1, q: 2 }));
    const letters = {
      ...calling('steps', result('steps', 0, 2, 5)),
      p: progress('steps', 0, 1),
      q: progress('steps', 0, 2),
    };
    const source = m.cold('svV-----f|', letters);
    const expected = '     svVp-q-wf|';

    m.expect(source.pipe(executeTools([steps]), verifyGrammar())).toBeObservable(expected, letters);
  });

  it('aborts a tool that takes longer than timeout', (m) => {
    const { silent, isAborted, unsubscribed } = watchedTool();
    const letters = calling(
      'silent',
      failure('silent', 0, 'The tool "silent" did not answer within 3 ms.', 3),
    );
    const source = m.cold('svV---f|', letters);
    const expected = '     svV--wf|';

    m.expect(executed(source, { timeout: 3 }, [silent])).toBeObservable(expected, letters);
    m.flush();
    expect(isAborted()).toStrictEqual([true]);
    expect(unsubscribed).toHaveBeenCalledTimes(1);
  });

  it("prefers a tool's own timeout", (m) => {
    const { silent } = watchedTool({ timeout: 3 });
    const letters = calling(
      'silent',
      failure('silent', 0, 'The tool "silent" did not answer within 3 ms.', 3),
    );
    const source = m.cold('svV---f|', letters);
    const expected = '     svV--wf|';

    m.expect(executed(source, { timeout: 50 }, [silent])).toBeObservable(expected, letters);
  });

  it('counts timeout and duration from the turn of a tool', (m) => {
    const source = m.cold('sabAB-f|', values);
    const expected = '     sabAB-f---x-(y|)';

    m.expect(executed(source, { concurrency: 1, timeout: 8 })).toBeObservable(expected, values);
  });

  it('waits for the first emission of the gate', (m) => {
    const gate = m.cold('----t', { t: true });
    const letters = calling('two', result('two', 0, 0, 2));
    const source = m.cold('svV------f|', letters);
    const expected = '     sv(VQ)--wf|';

    m.expect(executed(source, { approve: () => gate })).toBeObservable(expected, {
      ...letters,
      Q: approvalOf('two'),
    });
    m.expect(gate).toHaveSubscriptions('--^---!');
  });

  it('asks for all calls at once, and lets the approved run while others wait', (m) => {
    const source = m.cold('sabABf|', values);
    const approve = ({ toolName }: ApprovalQuestion) => (toolName === 'one' ? NEVER : of(true));
    const letters = { ...values, P: approvalOf('one'), Q: approvalOf('two', 1) };
    const seen = executed(source, { concurrency: 1, approve }).pipe(
      filter(({ type }) => type === 'approval-request' || type === 'tool-result'),
    );
    const expected = '     ---PQ-y';

    m.expect(seen).toBeObservable(expected, letters);
  });

  it('aborts the tools of a voided call and gives no result of them', (m) => {
    const { silent, isAborted, unsubscribed } = watchedTool();
    const letters = { ...values, v: opened('silent', 0), V: call('silent', 0) };
    const source = m.cold('svV--r-saA----f---|', letters);
    const expected = '     svV--r-saA----f-x-|';

    m.expect(executed(source, {}, [silent])).toBeObservable(expected, letters);
    m.flush();
    expect(isAborted()).toStrictEqual([true]);
    expect(unsubscribed).toHaveBeenCalledTimes(1);
  });

  it('does not start a tool of a voided call that waited for its turn', (m) => {
    const { silent, contexts } = watchedTool();
    const letters = { ...values, v: opened('silent', 1), V: call('silent', 1) };
    const source = m.cold('savAV-r|', letters);

    m.expect(executed(source, { concurrency: 1 }, [silent])).toBeObservable('savAV-r|', letters);
    m.flush();
    expect(contexts).toStrictEqual([]);
  });

  it('aborts the tools when unsubscribed from', (m) => {
    const { silent, isAborted, unsubscribed } = watchedTool();
    const letters = { ...values, v: opened('silent', 0), V: call('silent', 0) };
    const source = m.cold('svV----', letters);
    const unsub = '        ^---!';

    m.expect(executed(source, {}, [silent]), unsub).toBeObservable('svV--', letters);
    m.expect(source).toHaveSubscriptions(unsub);
    m.flush();
    expect(isAborted()).toStrictEqual([true]);
    expect(unsubscribed).toHaveBeenCalledTimes(1);
  });

  it('aborts the tools at an error of the source and passes it on as it is', (m) => {
    const { silent, isAborted } = watchedTool();
    const letters = { ...values, v: opened('silent', 0), V: call('silent', 0) };
    const source = m.cold('svV-#', letters);

    m.expect(executed(source, {}, [silent])).toBeObservable('svV-#', letters);
    m.flush();
    expect(isAborted()).toStrictEqual([true]);
  });

  it('aborts what runs and refuses what waits when the call finishes as aborted', (m) => {
    const { silent, isAborted, contexts } = watchedTool();
    const letters = {
      ...values,
      v: opened('silent', 0),
      V: call('silent', 0),
      w: opened('silent', 1),
      W: call('silent', 1),
      p: failure('silent', 0, aborted, 3),
      q: failure('silent', 1, aborted, 0),
    };
    const source = m.cold('svwVW-g----|', letters);
    const expected = '     svwVW-(gpq)|';

    m.expect(executed(source, { concurrency: 1 }, [silent])).toBeObservable(expected, letters);
    m.flush();
    expect(contexts).toHaveLength(1);
    expect(isAborted()).toStrictEqual([true]);
  });

  it('answers every call behind interruptOn, so that the conversation stays valid', (m) => {
    const { silent } = watchedTool();
    const letters = {
      ...values,
      v: opened('silent', 0),
      V: call('silent', 0),
      i: invalid('two', 1, 'incomplete', ''),
      p: failure('two', 1, 'The tool was not run: its arguments were cut off before they were complete.', 0),
      q: failure('silent', 0, aborted, 2),
    };
    const source = m.cold('svVb----', letters);
    const stop = m.cold('  ----y');
    const expected = '     svVb(ipgq|)';

    m.expect(executed(source.pipe(interruptOn(stop)), {}, [silent])).toBeObservable(expected, letters);
  });

  it('fails when a further call starts while tools still run', (m) => {
    const source = m.cold('saA-f-s', values);
    const expected = '     saA-f-#';
    const error = new GrammarError('Unexpected start: tools of the call before still run');

    m.expect(executed(source)).toBeObservable(expected, values, error);
  });

  it('runs the tools of several calls whose ids are the same', (m) => {
    const source = m.cold('saAf------saAf|', values);
    const expected = '     saAf-----xsaAf-----(x|)';

    m.expect(executed(source)).toBeObservable(expected, values);
  });

  it('keeps its state per subscription', (m) => {
    const result = executed(m.cold('sab-A-B---f|', values), { concurrency: 1 });

    m.expect(result).toBeObservable('sab-A-B---fx-(y|)', values);
    m.expect(result, '---^').toBeObservable('---sab-A-B---fx-(y|)', values);
  });
});

describe('executeTools with synchronous tools', () => {
  plainIt('takes no microtask for tools, schemas and gates', () => {
    const types = atOnce([chunks.s, opened('sync', 0), call('sync', 0), toolsFinish], {
      approve: () => of(true),
    }).map(({ type }) => type);

    expect(types).toStrictEqual([
      'start',
      'tool-call-start',
      'tool-call',
      'approval-request',
      'tool-result',
      'finish',
    ]);
  });

  plainIt('runs no tool when unsubscribed from at its call', () => {
    const execute = vi.fn();
    of(chunks.s, opened('spy', 0), call('spy', 0))
      .pipe(executeTools([tool('spy', execute)]), take(3))
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
    of(chunks.s, opened('x', 0), call('x', 0))
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
    const source = (reason: InvalidToolCallReason) => [
      chunks.s,
      opened('sync', 0),
      call('sync', 0, { n: 1 }),
      opened('sync', 1),
      invalid('sync', 1, reason, '{"n":'),
      finish('length'),
    ];
    const answers = (reason: InvalidToolCallReason) =>
      atOnce(source(reason), { startTools: 'finished' }).slice(5);
    const why = (words: string) => failure('sync', 1, `The tool was not run: its arguments ${words}.`, 0);
    const ran = result('sync', 0, 2, 0);

    expect(answers('incomplete')).toMatchObject([
      why('were cut off before they were complete'),
      finish('length'),
      ran,
    ]);
    expect(answers('invalid-json')).toMatchObject([why('are not valid JSON'), finish('length'), ran]);
    expect(answers('not-an-object')).toMatchObject([why('are not a JSON object'), finish('length'), ran]);
  });

  plainIt('does not touch what the provider runs', () => {
    const searched = { ...call('web_search', 0), providerExecuted: true } as StreamChunk;
    const source = [chunks.s, opened('web_search', 0), searched, chunks.f];

    expect(atOnce(source)).toStrictEqual(source);
  });

  plainIt('answers two calls with the same id', () => {
    const twice = (block: number, n: number): StreamChunk[] => [
      { ...opened('sync', block), toolCallId: 'same' } as StreamChunk,
      { ...call('sync', block, { n }), toolCallId: 'same' } as StreamChunk,
    ];
    const results = atOnce([chunks.s, ...twice(0, 1), ...twice(1, 2), toolsFinish]).flatMap((chunk) =>
      chunk.type === 'tool-result' ? [chunk.result] : [],
    );

    expect(results).toStrictEqual([2, 4]);
  });
});

describe('executeTools with Promises', () => {
  const source = from([chunks.s, opened('tool', 0), call('tool', 0), toolsFinish]);
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

    expect(next).toHaveBeenCalledTimes(4);
    expect(rejections).not.toHaveBeenCalled();
  });
});

describe('executeTools options', () => {
  plainIt('throws where two tools have the same name', () => {
    expect(() => executeTools([sync, sync])).toThrow('executeTools: two tools have the name sync');
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
