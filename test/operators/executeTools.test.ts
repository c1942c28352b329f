import { NEVER, of } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { z } from 'zod';
import { executeTools } from '../../operators/executeTools.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { GrammarError } from '../../src/errors.ts';
import type { ApprovalQuestion } from '../../src/tool.ts';
import {
  approvalRequest,
  type ChunkValues,
  finish,
  toolCall,
  toolProgress,
  toolResult,
} from '../../testing/index.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';
import { aborted, executed, failure, silentCall, sync, tool, values, watchedTool } from './executedTools.ts';

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
