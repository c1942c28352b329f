import { concat, ignoreElements, NEVER, of, Subject, throwError, timer } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import type { AgentOptions, RunOptions } from '../../agents/contract.ts';
import { costReached, roundsReached, tokensUsed, toolCalled } from '../../agents/stopConditions.ts';
import { tool } from '../../src/tool.ts';
import { type ChunkDraft, finish, text, toolCall, usage } from '../../testing/index.ts';
import { it, type Marbles } from '../marbles.ts';
import { add, ask, endOf, faultsOf, messagesOf, outline, streamOf, wait, weather } from './runs.ts';

const empty = z.object({});
const endless = tool({ name: 'endless', parameters: empty, execute: () => NEVER });

describe('stopWhen', () => {
  /** How many rounds a run has that calls `weather`, then `add`, then `weather` again and so on, 30 tokens a round. */
  function roundsWith(m: Marbles, stopWhen: AgentOptions['stopWhen']) {
    const values = {
      u: [usage({ inputTokens: 20, outputTokens: 10 }), ...ask('Ulm')],
      p: [usage({ inputTokens: 20, outputTokens: 10 }), ...toolCall('add', { a: 1, b: 2 })],
    };
    const model = m.fakeModel((_, call) => (call % 2 ? '-u|' : '-p|'), { values });
    const price = { input: 1_000_000, output: 1_000_000 };
    const options = { model, tools: [weather, add], price, ...(stopWhen && { stopWhen }) };
    const run = m.recordTimeline(streamOf(agent(options)));
    m.flush();
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
    const { rounds, reason } = endOf(run.chunks);
    return `${rounds} ${reason}`;
  }

  it('ends a run after 20 rounds by default', (m) => {
    expect(roundsWith(m, undefined)).toBe('20 limit');
  });
  it('ends it after so many rounds', (m) => {
    expect(roundsWith(m, roundsReached(3))).toBe('3 limit');
  });
  it('ends it after a round with the tool', (m) => {
    expect(roundsWith(m, toolCalled('add'))).toBe('2 limit');
  });
  it('ends it after so many tokens', (m) => {
    expect(roundsWith(m, tokensUsed(61))).toBe('3 limit');
  });
  it('ends it after so much money', (m) => {
    expect(roundsWith(m, costReached(90))).toBe('3 limit');
  });
  it('ends it when a function says so', (m) => {
    expect(roundsWith(m, ({ messages }) => messages.length > 8)).toBe('4 limit');
  });
  it('ends it at the first of several', (m) => {
    expect(roundsWith(m, [roundsReached(9), tokensUsed(1_000), toolCalled('add')])).toBe('2 limit');
  });

  it('does not count what is not told', (m) => {
    const model = m.fakeModel(['-c|', '-o|'], { values: { c: ask('Ulm') } });
    const run = m.recordTimeline(
      streamOf(agent({ model, tools: [weather], stopWhen: [tokensUsed(1), costReached(1)] })),
    );
    m.flush();

    expect(endOf(run.chunks)).toMatchObject({ rounds: 2, reason: 'stop' });
  });

  it('is told the calls that are valid', (m) => {
    const c: ChunkDraft[] = [
      { type: 'tool-call-start', toolName: 'add' },
      { type: 'tool-call-invalid', toolName: 'add', argumentsText: '', reason: 'incomplete' },
    ];
    const model = m.fakeModel(['-c|', '-o|'], { values: { c } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add], stopWhen: toolCalled('add') })));
    m.flush();

    expect(endOf(run.chunks)).toMatchObject({ rounds: 2, reason: 'stop' });
  });

  it('is not asked behind an answer', (m) => {
    const run = m.recordTimeline(
      streamOf(agent({ model: m.fakeModel(['-o|']), stopWhen: roundsReached(1) })),
    );
    m.flush();

    expect(endOf(run.chunks).reason).toBe('stop');
  });

  plainIt('throws where a number or name is wrong', () => {
    expect(() => roundsReached(0)).toThrow('roundsReached: count must be');
    expect(() => toolCalled('')).toThrow('toolCalled: toolName must be');
    expect(() => tokensUsed(-1)).toThrow('tokensUsed: count must be');
    expect(() => costReached(-1)).toThrow('costReached: amount must be');
  });
});

describe('interruptOn', () => {
  /** Two rounds with two tools each and text, that end at 18 ms: prepared, guarded, approved. */
  function busy(m: Marbles) {
    const values = {
      b: ask('Bern'),
      u: ask('Ulm'),
      d: { type: 'tool-call-start', toolName: 'weather' } as const,
      e: { type: 'tool-call-delta', argumentsDelta: '{"city":' } as const,
      g: { type: 'tool-call-delta', argumentsDelta: '"Ulm"}' } as const,
      h: { type: 'tool-call', toolName: 'weather', arguments: { city: 'Ulm' } } as const,
      s: { type: 'start' } as const,
      x: text('x'),
      k: usage({ inputTokens: 5, outputTokens: 1 }),
    };
    const model = m.fakeModel(['-skb-u-x|', '-s-k-x-d-e-g-h-u|', '-x-x|'], { values });
    const busyAgent = agent({
      model,
      tools: [{ ...weather, approve: () => wait(2, true) }],
      concurrency: 1,
      prepareRound: () => wait(1, {}),
      inputGuardrails: [() => m.cold('--|')],
      outputGuardrails: [(chunks) => concat(chunks.pipe(ignoreElements()), m.cold('--|'))],
    });
    return { model, busyAgent };
  }

  const last = 60;

  it('leaves a valid history, no request and one end, wherever it comes', (m) => {
    const runs = Array.from({ length: last }, (_, frame) => {
      const { model, busyAgent } = busy(m);
      const run = m.recordTimeline(streamOf(busyAgent, { interruptOn: m.cold(`${frame}ms x`) }));
      return { frame, model, run };
    });
    m.flush();

    const natural = 44;
    expect(runs.slice(-1).map(({ run }) => outline(run).at(-1))).toEqual([`${natural}: end stop, |`]);
    for (const { frame, model, run } of runs) {
      const end = endOf(run.chunks);
      const at = `stopped at ${frame}\n${outline(run).join('\n')}`;
      expect(faultsOf([{ role: 'user', content: 'Hi' }, ...messagesOf(run.chunks)]), at).toEqual([]);
      expect(run.chunks.at(-1), at).toBe(end);
      const ended = run.messages.at(-1)?.frame;
      expect(end.durationMs, at).toBe(ended);
      expect(ended, at).toBeLessThanOrEqual(natural);
      if (frame !== natural) expect(end.reason, at).toBe(frame < natural ? 'aborted' : 'stop');
      if (end.reason === 'aborted') {
        expect(ended, at).toBe(frame);
        expect(
          model.calls.filter(({ subscribedFrame }) => subscribedFrame > frame),
          at,
        ).toEqual([]);
        expect(
          model.calls.every(({ unsubscribedFrame }) => unsubscribedFrame <= frame),
          at,
        ).toBe(true);
      }
    }
  });

  it('stops alike by a signal', (m) => {
    const runs = Array.from({ length: last }, (_, frame) => {
      const controller = new AbortController();
      m.scheduler.schedule(() => controller.abort(), frame);
      return [
        m.recordTimeline(streamOf(busy(m).busyAgent, { interruptOn: controller.signal })),
        m.recordTimeline(streamOf(busy(m).busyAgent, { interruptOn: m.cold(`${frame}ms x`) })),
      ] as const;
    });
    m.flush();

    for (const [bySignal, byObservable] of runs) {
      expect(outline(bySignal)).toEqual(outline(byObservable));
    }
  });

  it('makes no request and asks no guardrail where it has fired already', (m) => {
    const model = m.fakeModel([]);
    const run = (interruptOn: NonNullable<RunOptions['interruptOn']>) =>
      m.recordTimeline(streamOf(agent({ model }), { interruptOn }));
    const runs = [run(of(1)), run(AbortSignal.abort())];
    m.flush();

    expect(runs.map((run) => outline(run))).toEqual([['0: end aborted, |'], ['0: end aborted, |']]);
    expect(runs.map(({ chunks }) => endOf(chunks).rounds)).toEqual([0, 0]);
  });

  it('closes what the model was saying, and keeps it', (m) => {
    const values = {
      d: { type: 'tool-call-start', toolName: 'weather' } as const,
      k: usage({ inputTokens: 5 }),
    };
    const model = m.fakeModel(['-ka-d----|'], { values });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [weather] }), { interruptOn: timer(6) }));
    m.flush();

    expect(outline(run)).toEqual([
      '1: agent 1',
      '2: "a"',
      '6: invalid weather, weather ! The tool was not run: its arguments were cut off before they were complete., finish aborted, +assistant, +tool, end aborted, |',
    ]);
    expect(endOf(run.chunks).usage).toMatchObject({ inputTokens: 5, partial: true });
    expect(model.calls[0]?.unsubscribedFrame).toBe(6);
  });

  it('aborts running tools and starts no waiting one', (m) => {
    const values = { c: [...toolCall('endless'), ...ask('Ulm')] };
    const model = m.fakeModel(['-c|'], { values });
    const run = m.recordTimeline(
      streamOf(agent({ model, tools: [weather, endless], concurrency: 1 }), { interruptOn: timer(5) }),
    );
    m.flush();

    const why = 'The call was aborted before it had a result.';
    expect(outline(run)).toEqual([
      '1: agent 1, endless(), weather(Ulm)',
      '2: finish tool-calls, +assistant',
      `5: endless ! ${why}, weather ! ${why}, +tool, end aborted, |`,
    ]);
  });

  it('stops a run that waits for an approval, a preparation or a guardrail', (m) => {
    const values = { c: toolCall('add', { a: 1, b: 2 }) };
    const started = (options: object, ...rounds: string[]) =>
      m.recordTimeline(
        streamOf(agent({ model: m.fakeModel(rounds, { values }), tools: [add], ...options }), {
          interruptOn: timer(9),
        }),
      );
    const approval = started({ approve: () => NEVER }, '-c|');
    const preparation = started({ prepareRound: () => NEVER });
    const input = started({ inputGuardrails: [() => NEVER] });
    const output = started({ outputGuardrails: [() => NEVER] }, '-o|');
    m.flush();

    expect(outline(approval).slice(2)).toEqual([
      '9: add ! The call was aborted before it had a result., +tool, end aborted, |',
    ]);
    expect(outline(preparation)).toEqual(['9: end aborted, |']);
    expect(outline(input)).toEqual(['9: end aborted, |']);
    expect(outline(output)).toEqual(['1: agent 1, "o"', '2: finish stop, +assistant', '9: end aborted, |']);
  });

  it('stops when a tool itself says so, whose own result stands', (m) => {
    const controller = new AbortController();
    const stop = tool({ name: 'stop', parameters: empty, execute: () => controller.abort() });
    const model = m.fakeModel(['-c-a|'], { values: { c: toolCall('stop') } });
    const run = m.recordTimeline(
      streamOf(agent({ model, tools: [stop] }), { interruptOn: controller.signal }),
    );
    m.flush();

    expect(outline(run)).toEqual([
      '1: agent 1, stop(), stop = null, finish aborted, +assistant, +tool, end aborted, |',
    ]);
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
  });

  it('goes on where the notifier completes, and fails with it', (m) => {
    const on = (interruptOn: NonNullable<RunOptions['interruptOn']>) =>
      m.recordTimeline(streamOf(agent({ model: m.fakeModel(['--o|']) }), { interruptOn }));
    const completed = on(m.cold('-|'));
    const failed = on(throwError(() => new Error('no')));
    m.flush();

    expect(endOf(completed.chunks).reason).toBe('stop');
    expect(outline(failed)).toEqual(['0: # Error: no']);
  });

  it('ends where an operator on the model stops the call', (m) => {
    const values = { c: toolCall('endless'), g: finish('aborted') };
    const model = m.fakeModel(['-c-g|'], { values });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [endless] })));
    m.flush();

    expect(outline(run).slice(1)).toEqual([
      '3: finish aborted, +assistant, endless ! The call was aborted before it had a result.',
      '4: +tool, end aborted, |',
    ]);
  });

  it('lets go of the notifier with the run', (m) => {
    const notifier = new Subject<void>();
    const run = streamOf(agent({ model: m.fakeModel(['-o|', '-o|']) }), { interruptOn: notifier });
    m.recordTimeline(run);
    m.recordTimeline(run, '^!');
    m.flush();

    expect(notifier.observed).toBe(false);
  });
});

describe('unsubscribing from an agent', () => {
  it('aborts model and tools at once wherever it comes, and leaves no timer', (m) => {
    const runs = Array.from({ length: 40 }, (_, frame) => {
      const signals: AbortSignal[] = [];
      const watched = tool({
        name: 'weather',
        parameters: z.object({ city: z.string() }),
        retry: { count: 1, delay: 2 },
        timeout: 900,
        execute: ({ city }, { signal }) => {
          signals.push(signal);
          return weather.execute({ city }, {} as never);
        },
      });
      const model = m.fakeModel(['-a-b-u|', '-c-u|', '-o|'], { values: { b: ask('Bern'), u: ask('Ulm') } });
      const run = streamOf(agent({ model, tools: [watched], approve: () => wait(1, true) }), {
        interruptOn: NEVER,
      });
      const seen = m.recordTimeline(run, frame === 0 ? '(^!)' : `^ ${frame - 1}ms !`);
      return { frame, model, seen, signals };
    });
    m.flush();

    for (const { frame, model, seen, signals } of runs) {
      const isOver = seen.messages.at(-1)?.notification.kind === 'C';
      expect(seen.messages.every((message) => message.frame <= frame)).toBe(true);
      expect(model.calls.every(({ unsubscribedFrame }) => unsubscribedFrame <= frame)).toBe(true);
      const open = signals.length - seen.chunks.filter(({ type }) => type === 'tool-result').length;
      expect(signals.filter(({ aborted }) => aborted)).toHaveLength(isOver ? 0 : open);
    }
    expect(m.scheduler.frame).toBeLessThan(800);
  });
});
