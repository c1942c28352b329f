import { merge, NEVER, of, Subject, tap } from 'rxjs';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { executeTools } from '../../operators/executeTools.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { ApprovalGate, ApprovalQuestion, Tool } from '../../src/tool.ts';
import { approvalRequest, toolCall } from '../../testing/index.ts';
import { it } from '../marbles.ts';
import { aborted, executed, failure, silentCall, values, watchedTool } from './executedTools.ts';

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
