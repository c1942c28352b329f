import {
  concat,
  defer,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  Subject,
  tap,
  timer,
} from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import type { Agent, AgentOptions } from '../../agents/contract.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { tool } from '../../src/tool.ts';
import { type ChunkDraft, finish, text, toolCall, usage } from '../../testing/index.ts';
import { it, type Marbles } from '../marbles.ts';
import { add, ask, endOf, faultsOf, messagesOf, streamOf, syncModel, wait, weather } from './runs.ts';

const counting = tool({
  name: 'counting',
  parameters: z.object({}),
  execute: () => merge(of(1), timer(2).pipe(map(() => 2))),
});
const everyKind: readonly ChunkDraft[] = [
  text('I look. '),
  usage({ inputTokens: 5, outputTokens: 1 }),
  ...ask('Ulm', 'Bern'),
  ...toolCall('counting'),
  ...toolCall('add', { a: 1, b: 2 }),
  ...toolCall('nowhere'),
  { type: 'tool-call-start', toolName: 'add' },
  { type: 'tool-call-invalid', toolName: 'add', argumentsText: '{', reason: 'incomplete' },
];

/** The run, stopped by its reader at the chunk of that index, while it is delivered. */
function stoppedAt(index: number, busy: Agent): Observable<StreamChunk> {
  return defer(() => {
    const stop = new Subject<void>();
    let count = 0;
    return streamOf(busy, { interruptOn: stop }).pipe(
      tap(() => {
        if (count++ === index) stop.next();
      }),
    );
  });
}

function expectWholeness(chunks: readonly StreamChunk[], index: number): void {
  const types = chunks.map(({ type }) => type);
  const at = `stopped at ${index}: ${types.join(' ')}`;
  const count = (type: StreamChunk['type']) => types.filter((each) => each === type).length;
  expect(faultsOf([{ role: 'user', content: 'Hi' }, ...messagesOf(chunks)]), at).toEqual([]);
  expect(types.at(-1), at).toBe('run-finish');
  expect(endOf(chunks), at).toMatchObject({ reason: 'aborted', rounds: count('start') });
  expect(count('finish'), at).toBe(count('start'));
  expect(count('tool-result'), at).toBe(count('tool-call') + count('tool-call-invalid'));
}

describe('a run that its reader stops while a chunk is delivered', () => {
  function busy(m: Marbles, options: Partial<AgentOptions>) {
    const values = { e: everyKind, b: ask('Bern'), u: ask('Ulm'), x: text('x') };
    return agent({
      model: m.fakeModel(['-e-b|', '-e-u|', '-x-x|'], { values }),
      tools: [{ ...weather, approve: () => wait(2, true) }, add, counting],
      prepareRound: () => wait(1, {}),
      ...options,
    });
  }

  const settings: Record<string, Partial<AgentOptions>> = {
    'with all tools at a time': {},
    'with one tool at a time': { concurrency: 1 },
    'with tools that start behind the call': { startTools: 'finished' },
    'with a guardrail': {
      outputGuardrails: [(chunks) => concat(chunks.pipe(ignoreElements()), timer(2).pipe(ignoreElements()))],
    },
  };
  for (const [name, options] of Object.entries(settings)) {
    it(`tells all in order, one finish a start and the end last, ${name}`, (m) => {
      const whole = m.recordTimeline(streamOf(busy(m, options)));
      m.flush();
      const { length } = whole.chunks;
      const runs = whole.chunks
        .slice(0, -1)
        .map((_, index) => m.recordTimeline(stoppedAt(index, busy(m, options))));
      m.flush();

      expect(length).toBeGreaterThan(60);
      for (const [index, { chunks }] of runs.entries()) expectWholeness(chunks, index);
    });
  }

  plainIt('tells all in order where everything comes at once', () => {
    const make = () =>
      agent({
        model: syncModel((call) => [...(call < 3 ? everyKind : [text('x')]), finish()]),
        tools: [{ ...weather, execute: () => 'sunny' }, add, { ...counting, execute: () => of(1, 2) }],
      });
    const read = (run: Observable<StreamChunk>) => {
      const chunks: StreamChunk[] = [];
      run.subscribe((chunk) => chunks.push(chunk));
      return chunks;
    };
    const whole = read(streamOf(make()));

    expect(whole.length).toBeGreaterThan(60);
    for (const index of whole.slice(0, -1).keys()) expectWholeness(read(stoppedAt(index, make())), index);
  });

  it('keeps finish and message, and no tool begins to run', (m) => {
    const ran: unknown[] = [];
    const execute = () => {
      ran.push('ran');
      return NEVER;
    };
    const stop = new Subject<void>();
    const model = m.fakeModel(['--c|'], { values: { c: toolCall('counting') } });
    const one = agent({ model, tools: [{ ...counting, execute }], startTools: 'finished' });
    const run = m.recordTimeline(
      streamOf(one, { interruptOn: stop }).pipe(tap(({ type }) => type === 'finish' && stop.next())),
    );
    m.flush();

    expect(run.chunks.slice(-5).map(({ type }) => type)).toEqual([
      'finish',
      'message',
      'tool-result',
      'message',
      'run-finish',
    ]);
    expect(ran).toEqual([]);
  });
});
