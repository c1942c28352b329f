import { delay, EMPTY, filter, ignoreElements, map, mergeMap, NEVER, of, throwError, toArray } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { agent } from '../../agents/agent.ts';
import type { InputGuardrail, OutputGuardrail } from '../../agents/guardrails.ts';
import { accumulateText } from '../../operators/accumulateText.ts';
import { GuardError } from '../../src/errors.ts';
import { listChunks } from '../chunks.ts';
import { it, type Marbles } from '../marbles.ts';
import { finish, text } from '../../testing/index.ts';
import { add, ask, messagesOf, outline, streamOf, syncModel, weather } from './runs.ts';

describe('input guardrails', () => {
  const guarded = (m: Marbles, ...inputGuardrails: InputGuardrail[]) => {
    const model = m.fakeModel(['-o|']);
    const run = m.recordTimeline(streamOf(agent({ model, inputGuardrails })));
    m.flush();
    return { run, model };
  };

  it('let the run begin when all have completed, one after the other', (m) => {
    const { run, model } = guarded(
      m,
      () => m.cold('--|'),
      () => EMPTY,
      () => m.cold('---|'),
    );

    expect(outline(run)[0]).toBe('6: agent 1, "o"');
    expect(model.calls[0]?.subscribedFrame).toBe(5);
  });

  it('stop it before any request, with the reason that they give', (m) => {
    const second = vi.fn(() => EMPTY);
    const { run, model } = guarded(m, () => of('Not about cooking').pipe(delay(3)), second);

    expect(outline(run)).toEqual(['3: # GuardError: Not about cooking']);
    expect(run.error).toBeInstanceOf(GuardError);
    expect(run.error).toMatchObject({ code: 'input', retryable: false });
    expect(model.calls).toEqual([]);
    expect(second).not.toHaveBeenCalled();
  });

  it('judge the conversation', (m) => {
    const guardrail = vi.fn(() => EMPTY);
    guarded(m, guardrail);

    expect(guardrail).toHaveBeenCalledExactlyOnceWith({
      agent: 'agent',
      rounds: 0,
      messages: [{ role: 'user', content: 'Hi' }],
      toolCalls: [],
      context: undefined,
    });
  });

  it('pass with an empty reason or none', (m) => {
    const { run } = guarded(
      m,
      () => of('', undefined),
      () => m.cold('--u|', { u: undefined }),
    );

    expect(outline(run)[0]).toBe('4: agent 1, "o"');
  });

  plainIt('may be asynchronous functions', async () => {
    const model = syncModel(() => [text('o'), finish()]);
    const run = (reason: string | undefined) =>
      agent({ model, inputGuardrails: [() => Promise.resolve(reason)] }).run('Hi');

    await expect(run('')).resolves.toMatchObject({ text: 'o' });
    await expect(run(undefined)).resolves.toMatchObject({ text: 'o' });
    await expect(run('Not now')).rejects.toThrow('Not now');
  });

  it('fail the run where they fail', (m) => {
    const { run } = guarded(m, () => throwError(() => new Error('down')));

    expect(outline(run)).toEqual(['0: # Error: down']);
  });
});

describe('output guardrails', () => {
  const noSecret: OutputGuardrail = (chunks) =>
    chunks.pipe(
      accumulateText(),
      filter((said) => said.includes('42')),
      map(() => 'It told the secret'),
    );
  const guarded = (m: Marbles, rounds: string[], ...outputGuardrails: OutputGuardrail[]) => {
    const model = m.fakeModel(rounds, { values: { u: ask('Ulm') } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [weather], outputGuardrails })));
    m.flush();
    return { run, model };
  };

  it('stop the run before the chunk is delivered, with what had been', (m) => {
    const { run, model } = guarded(m, ['-a4-2-b|'], noSecret);

    expect(outline(run)).toEqual(['1: agent 1, "a"', '2: "4"', '4: # GuardError: It told the secret']);
    expect(run.error).toMatchObject({ code: 'output', provider: 'test', partial: { text: 'a4' } });
    expect(model.calls[0]?.unsubscribedFrame).toBe(4);
  });

  it('pass with an empty reason or none', (m) => {
    const { run } = guarded(
      m,
      ['-o|'],
      () => of('', undefined),
      () => m.cold('---u|', { u: undefined }),
    );

    expect(outline(run).at(-1)).toBe('4: end stop, |');
  });

  it('stop it later where they judge later', (m) => {
    const { run } = guarded(m, ['-a4-2-b-c|'], (chunks, context) =>
      of(chunks).pipe(
        mergeMap((all) => noSecret(all, context)),
        delay(3),
      ),
    );

    expect(outline(run).slice(-2)).toEqual(['6: "b"', '7: # GuardError: It told the secret']);
  });

  it('watch all rounds, with tools and messages', (m) => {
    const types: string[] = [];
    guarded(m, ['-u|', '-o|'], (chunks) =>
      chunks.pipe(
        map(({ type }) => types.push(type)),
        ignoreElements(),
      ),
    );

    expect(types).toEqual([
      'start',
      'tool-call-start',
      'tool-call-delta',
      'tool-call',
      'finish',
      'message',
      'tool-progress',
      'tool-result',
      'message',
      'start',
      'text-delta',
      'finish',
      'message',
    ]);
  });

  it('hold back the end until all have completed, and may still stop the run', (m) => {
    const wholeAnswer =
      (reasons: readonly string[]): OutputGuardrail =>
      (chunks) =>
        chunks.pipe(
          toArray(),
          delay(4),
          mergeMap(() => reasons),
        );
    const fine = guarded(m, ['-o|'], wholeAnswer([]), () => EMPTY);
    expect(outline(fine.run)).toEqual(['1: agent 1, "o"', '2: finish stop, +assistant', '6: end stop, |']);
    const since = m.scheduler.frame;
    const bad = guarded(m, ['-o|'], wholeAnswer(['Bad']));
    expect(outline(bad.run, since)).toEqual([
      '1: agent 1, "o"',
      '2: finish stop, +assistant',
      '6: # GuardError: Bad',
    ]);
    expect(bad.run.error).toMatchObject({ partial: { text: 'o' } });
  });

  it('are not waited for where the run is stopped', (m) => {
    const model = m.fakeModel(['-o----|']);
    const run = m.recordTimeline(
      streamOf(agent({ model, outputGuardrails: [() => NEVER] }), { interruptOn: m.cold('---x') }),
    );
    m.flush();

    expect(outline(run).at(-1)).toBe('3: finish aborted, +assistant, end aborted, |');
  });

  it('abort the tools when they stop the run', (m) => {
    const model = m.fakeModel(['-u---|'], { values: { u: ask('Ulm') } });
    const run = m.recordTimeline(
      streamOf(agent({ model, tools: [weather], outputGuardrails: [() => m.cold('---x', { x: 'Enough' })] })),
    );
    m.flush();

    expect(outline(run)).toEqual(['1: agent 1, weather(Ulm)', '3: # GuardError: Enough']);
    expect(messagesOf(run.chunks)).toEqual([]);
  });

  it('are forgotten with the run', (m) => {
    const guard = m.cold('-----');
    const model = m.fakeModel(['-o|']);
    m.recordTimeline(streamOf(agent({ model, outputGuardrails: [() => guard] })), '^--!');

    m.expect(guard).toHaveSubscriptions('^--!');
  });

  plainIt('may be Promises', async () => {
    const model = {
      provider: 'test',
      model: 'test-1',
      capabilities: {} as never,
      stream: () => of(...listChunks(text('o'), finish())),
    };
    const run = (answer: string) =>
      agent({ model, tools: [add], inputGuardrails: [() => Promise.resolve(answer)] }).run('Hi');

    await expect(run('No')).rejects.toThrow(new GuardError('No', { code: 'input' }));
  });
});
