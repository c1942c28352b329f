import { EMPTY, NEVER, Subject, take, throwError } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { agent } from '../../agents/agent.ts';
import { collectRun } from '../../agents/collectRun.ts';
import { GrammarError, ProviderError, type RxllmError, StreamAbortedError } from '../../src/errors.ts';
import type { Message } from '../../src/message.ts';
import { finish, text, toolCall } from '../../testing/index.ts';
import { it, type Marbles } from '../marbles.ts';
import { add, faultsOf, streamOf, syncModel, weather } from './runs.ts';

const c = [text('I add.'), ...toolCall('add', { a: 1, b: 2 })];
const hi: Message = { role: 'user', content: 'Hi' };

describe('the messages of a run that has no result', () => {
  function errorOf(m: Marbles, rounds: string[], options: { stop?: string; error?: Error } = {}): RxllmError {
    const { stop = '', error = new Error('down') } = options;
    const w = toolCall('weather', { city: 'Ulm' });
    const model = m.fakeModel(rounds, { values: { c, w }, error });
    const interruptOn = m.cold(stop);
    const one = agent({ model, tools: [add, { ...weather, execute: () => NEVER }] });
    const run = m.recordTimeline(streamOf(one, { interruptOn }).pipe(collectRun()) as never);
    m.flush();
    return run.error as RxllmError;
  }

  it('are those of all rounds where it was stopped', (m) => {
    const error = errorOf(m, ['-c|', '-w|'], { stop: '-----x' });

    expect(error).toBeInstanceOf(StreamAbortedError);
    expect(error.messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant', 'tool']);
    expect(error.messages[1]?.content).toMatchObject([{ result: 3 }]);
    expect(error.messages[3]?.content).toMatchObject([{ isError: true }]);
    expect(faultsOf([hi, ...error.messages])).toEqual([]);
    expect(error.partial.toolCalls).toMatchObject([{ toolName: 'weather' }]);
  });

  it('are those of the rounds before the one that failed, on an error of the same class', (m) => {
    const busy = new ProviderError('busy', { provider: 'p', status: 429, retryable: true });
    const error = errorOf(m, ['-c|', '-a#'], { error: busy });

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ message: 'busy', status: 429, retryable: true });
    expect(error.cause).toBe(busy);
    expect(error.partial).toBe(busy.partial);
    expect(error.messages.map(({ role }) => role)).toEqual(['assistant', 'tool']);
  });

  it('leave out calls that have no result', (m) => {
    const run = streamOf(agent({ model: m.fakeModel(['-c|'], { values: { c } }), tools: [add] }));
    const collected = m.recordTimeline(run.pipe(take(8), collectRun()) as never);
    m.flush();

    expect(collected.error).toMatchObject({
      message: 'The run was left before its end',
      partial: { toolCalls: [{ toolName: 'add' }] },
      messages: [],
    });
  });

  it('are none in its JSON', (m) => {
    expect(errorOf(m, ['-c|', '-w|'], { stop: '-----x' }).toJSON()).not.toHaveProperty('messages');
  });

  it('leave an error as it is where there are none, or it is not of this library', (m) => {
    const busy = new ProviderError('busy', { retryable: true });
    const down = new Error('down');

    expect(errorOf(m, ['-#'], { error: busy })).toBe(busy);
    expect(errorOf(m, ['-c|', '-#'], { error: down })).toBe(down);
    expect(busy.messages).toEqual([]);
  });

  plainIt('let the conversation go on', async () => {
    const asked: (readonly Message[])[] = [];
    const answers = syncModel((call) => (call === 1 ? [...c, finish()] : [text('3'), finish()]));
    let isDown = true;
    const model = {
      ...answers,
      stream: (request: Parameters<typeof answers.stream>[0]) => {
        if (typeof request !== 'string') asked.push(request.messages);
        return answers.asked === 1 && isDown
          ? throwError(() => new ProviderError('busy', { retryable: true }))
          : answers.stream(request);
      },
    };
    const adder = agent({ model, tools: [add] });
    const error = (await adder.run('Hi').catch((each: unknown) => each)) as RxllmError;
    isDown = false;
    const { text: answer } = await adder.run([hi, ...error.messages]);

    expect(answer).toBe('3');
    expect(asked.map((messages) => messages.length)).toEqual([1, 3, 3]);
  });

  plainIt('come with what run() rejects with', async () => {
    const stop = new AbortController();
    const slow = { ...add, execute: () => new Subject() };
    const result = agent({ model: syncModel(() => [...c, finish()]), tools: [slow] }).run('Hi', {
      signal: stop.signal,
    });
    stop.abort();

    await expect(result).rejects.toMatchObject({ messages: [{ role: 'assistant' }, { role: 'tool' }] });
  });
});

describe('collectRun of what is no run of an agent', () => {
  it('says so', (m) => {
    const error = new GrammarError(
      'The stream is no run of an agent: it has neither `message` nor `run-finish`. For a model call take collectResponse()',
    );

    m.expect(m.coldChunks('-a|').pipe(collectRun())).toBeObservable('--#', {}, error);
  });

  it('does not say so of a run that is left early, or has not begun', (m) => {
    const run = streamOf(agent({ model: m.fakeModel(['-a-b|']) })).pipe(take(2), collectRun());
    const error = new StreamAbortedError('The run was left before its end');

    m.expect(run).toBeObservable('-#', {}, error);
    m.expect(EMPTY.pipe(collectRun())).toBeObservable('#', {}, error);
  });
});
