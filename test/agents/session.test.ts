import { concat, EMPTY, of, queueScheduler, throwError, timer } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { agent, type Agent, memoryStore, session } from '../../agents/index.ts';
import { ProviderError } from '../../src/errors.ts';
import type { LanguageModel, MessageChunk } from '../../src/index.ts';
import { text, thinking, toolCall } from '../../testing/index.ts';
import { it } from '../marbles.ts';
import { ask, outline, weather } from './runs.ts';
import { asked, assistant, historyOf, logOf, partial, slowed, typesOf, user } from './sessions.ts';

describe('session', () => {
  it('sends the conversation so far, thinking and signatures included', (m) => {
    const signature = { type: 'thinking-signature', format: 'test', data: 'sealed' } as const;
    const model = m.fakeModel(['--t-H-i|', '-J|'], { values: { t: [thinking('hm'), signature] } });
    const chat = session({ model });
    const run = m.recordTimeline(concat(chat.send('One'), chat.send('Two')));
    m.flush();

    expect(outline(run)).toEqual([
      '2: agent 1',
      '4: "H"',
      '6: "i"',
      '7: finish stop, +assistant, end stop',
      '8: agent 1, "J"',
      '9: finish stop, +assistant, end stop, |',
    ]);
    expect(asked(model, 1)).toEqual([
      user('One'),
      {
        role: 'assistant',
        content: [
          {
            type: 'thinking',
            text: 'hm',
            kind: 'thinking',
            signature: { format: 'test', data: 'sealed' },
          },
          { type: 'text', text: 'Hi' },
        ],
      },
      user('Two'),
    ]);
  });

  it('asks an agent as it asks a model', (m) => {
    const model = m.fakeModel(['-H|', '-J|']);
    const chat = session({ agent: agent({ model, instructions: 'Be brief.' }) });
    m.recordTimeline(concat(chat.send('One'), chat.send('Two')));
    m.flush();

    expect(asked(model, 1)).toEqual([
      { role: 'system', content: 'Be brief.' },
      user('One'),
      assistant('H'),
      user('Two'),
    ]);
  });

  it('keeps tool calls and their results', (m) => {
    const model = m.fakeModel(['-c|', '-H|', '-J|'], { values: { c: ask('Ulm') } });
    const chat = session({ agent: agent({ model, tools: [weather] }) });
    m.recordTimeline(concat(chat.send('One'), chat.send('Two')));
    m.flush();

    expect(historyOf(chat).messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
      'assistant',
    ]);
    expect(asked(model, 2)).toEqual(historyOf(chat).messages.slice(0, -1));
  });

  it('does nothing before it is subscribed to', (m) => {
    const store = { ...memoryStore(), read: vi.fn(() => EMPTY), append: vi.fn(() => EMPTY) };
    const chat = session({ model: m.fakeModel([]), store });

    void chat.send('One');
    void chat.resume({});
    expect(chat.history).toBeDefined();
    void chat.save();
    void chat.fork();
    void chat.delete();

    expect(store.read).not.toHaveBeenCalled();
    expect(store.append).not.toHaveBeenCalled();
  });

  it('says a message for each subscription', (m) => {
    const chat = session({ model: m.fakeModel(['-H|', '-J|']) });
    const send = chat.send('Go on');
    m.recordTimeline(concat(send, send));
    m.flush();

    expect(historyOf(chat).messages).toEqual([user('Go on'), assistant('H'), user('Go on'), assistant('J')]);
  });

  it('tells the history now and message by message', (m) => {
    const chat = session({ model: m.fakeModel(['--H-i|']) });
    m.recordTimeline(chat.send('One'));
    const told: number[] = [];
    chat.history.subscribe(({ messages }) => told.push(messages.length));
    m.flush();

    expect([...new Set(told)]).toEqual([0, 1, 2]);
  });

  it('tells the result of the latest run once it has ended', (m) => {
    const chat = session({ model: m.fakeModel(['-H-i|', '-J-#']) });
    const results: unknown[] = [];
    const look = (at: number) => timer(at).subscribe(() => results.push(chat.result?.text));
    m.recordTimeline(chat.send('One'));
    m.recordTimeline(chat.send('Two'), '9ms ^');
    for (const at of [0, 2, 5, 11, 20]) look(at);
    m.flush();

    expect(results).toEqual([undefined, undefined, 'Hi', undefined, undefined]);
  });

  it('has the result with the last chunk', (m) => {
    const chat = session({ model: m.fakeModel(['-H|']) });
    let text: string | undefined;
    chat.send('One').subscribe(({ type }) => {
      if (type === 'run-finish') text = chat.result?.text;
    });
    m.flush();

    expect(text).toBe('H');
  });

  it('passes the options of a run on', (m) => {
    const model = m.fakeModel(['-H|']);
    const chat = session({
      agent: agent<string>({ model, instructions: ({ context }) => `You speak to ${context}.` }),
    });
    m.recordTimeline(chat.send('One', { context: 'Ada', stream: false }));
    m.flush();

    expect(model.calls[0]?.request).toMatchObject({
      stream: false,
      messages: [{ content: 'You speak to Ada.' }, user('One')],
    });
  });

  it('takes pictures as plain JSON', (m) => {
    const model = m.fakeModel(['-H|']);
    const image = { type: 'image', image: new URL('https://example.org/cat.png') } as const;
    m.recordTimeline(session({ model }).send([image]));
    m.flush();

    expect(asked(model, 0)).toEqual([
      { role: 'user', content: [{ type: 'image', image: 'https://example.org/cat.png' }] },
    ]);
  });

  it('errors where the message is none, and records nothing', (m) => {
    const store = memoryStore();
    const chat = session({ model: m.fakeModel([]), store, id: 'a' });
    const run = m.recordTimeline(chat.send(7 as unknown as string));
    m.flush();

    expect(run.error).toMatchObject({ name: 'InvalidRequestError' });
    expect(logOf(store, 'a')).toEqual([]);
  });

  it('takes any agent, also one that tells no end', (m) => {
    const message: MessageChunk = { type: 'message', message: { role: 'assistant', content: 'Hello.' } };
    const one = { ...agent({ model: m.fakeModel([]) }), stream: () => of(message) } as Agent;
    const chat = session({ agent: { ...one, resume: () => EMPTY } });
    const run = m.recordTimeline(concat(chat.send('One'), chat.send('Two')));
    m.flush();

    expect(outline(run)).toEqual(['0: +assistant, +assistant, |']);
    expect(historyOf(chat).messages.map(({ content }) => content)).toEqual([
      'One',
      'Hello.',
      'Two',
      'Hello.',
    ]);
  });

  it('has an id of its own', (m) => {
    const model = m.fakeModel([]);

    expect(session({ model }).id).toMatch(/^[\da-f]{32}$/);
    expect(session({ model }).id).not.toBe(session({ model }).id);
    expect(session({ model, id: 'work' }).id).toBe('work');
  });
});

describe('a session of runs that queue', () => {
  it('asks when the run before has ended', (m) => {
    const model = m.fakeModel(['--H-i|', '-J|', '-K|']);
    const chat = session({ model });
    m.recordTimeline(chat.send('One'));
    const second = m.recordTimeline(chat.send('Two'), '-^');
    m.recordTimeline(chat.send('Three'), '-^');
    m.flush();

    expect(outline(second)).toEqual(['6: agent 1, "J"', '7: finish stop, +assistant, end stop, |']);
    expect(model.calls.map(({ subscribedFrame }) => subscribedFrame)).toEqual([0, 5, 7]);
    expect(historyOf(chat).messages).toHaveLength(6);
  });

  it('lets the next one go when a waiting one leaves', (m) => {
    const model = m.fakeModel(['--H-i|', '-K|']);
    const chat = session({ model });
    m.recordTimeline(chat.send('One'));
    m.recordTimeline(chat.send('Two'), '-^-!');
    m.recordTimeline(chat.send('Three'), '-^');
    m.flush();

    expect(asked(model, 1)).toEqual([user('One'), assistant('Hi'), user('Three')]);
  });

  it('lets the next one go when a run fails', (m) => {
    const model = m.fakeModel(['--H-#', '-K|']);
    const chat = session({ model });
    m.recordTimeline(chat.send('One'));
    const second = m.recordTimeline(chat.send('Two'), '-^');
    m.flush();

    expect(outline(second).at(-1)).toBe('6: finish stop, +assistant, end stop, |');
  });

  it('lets the next one go when one leaves whose turn has just come', (m) => {
    const model = m.fakeModel(['--H-i|', '-K|']);
    const chat = session({ model });
    const runs = [chat.send('One').subscribe(), chat.send('Two').subscribe()];
    m.recordTimeline(chat.send('Three'));
    timer(3).subscribe(() =>
      queueScheduler.schedule(() => {
        for (const run of runs) run.unsubscribe();
      }),
    );
    m.flush();

    expect(asked(model, 1)).toEqual([user('One'), assistant('H'), user('Three')]);
  });

  it('stops a waiting one for its own notifier', (m) => {
    const model = m.fakeModel(['--H-i|']);
    const chat = session({ model });
    m.recordTimeline(chat.send('One'));
    const second = m.recordTimeline(chat.send('Two', { interruptOn: m.cold('--x') }), '-^');
    m.flush();

    expect(outline(second)).toEqual(['5: end aborted, |']);
    expect(historyOf(chat).messages).toEqual([user('One'), assistant('Hi')]);
  });
});

describe('a session of runs that replace', () => {
  it('stops the one that goes, and goes on from what it said', (m) => {
    const model = m.fakeModel(['--H-i-----|', '-J|']);
    const chat = session({ model, whileRunning: 'replace' });
    const first = m.recordTimeline(chat.send('One'));
    const second = m.recordTimeline(chat.send('Two'), '-----^');
    m.flush();

    expect(outline(first)).toEqual([
      '2: agent 1, "H"',
      '4: "i"',
      '5: finish aborted, +assistant, end aborted, |',
    ]);
    expect(outline(second)).toEqual(['6: agent 1, "J"', '7: finish stop, +assistant, end stop, |']);
    expect(model.calls[0]?.unsubscribedFrame).toBe(5);
    expect(asked(model, 1)).toEqual([user('One'), assistant('Hi'), user('Two')]);
    expect(historyOf(chat).messages[1]).toEqual(assistant('Hi', partial));
  });

  it('stops a tool that runs, and its call gets a result', (m) => {
    const model = m.fakeModel(['-c|', '-J|'], { values: { c: ask('Berlin') } });
    const chat = session({ agent: agent({ model, tools: [weather] }), whileRunning: 'replace' });
    m.recordTimeline(chat.send('One'));
    m.recordTimeline(chat.send('Two'), '----^');
    m.flush();

    expect(asked(model, 1)).toMatchObject([
      user('One'),
      { role: 'assistant' },
      { role: 'tool', content: [{ isError: true, result: expect.stringContaining('aborted') as string }] },
      user('Two'),
    ]);
  });

  it('stops those that wait, too', (m) => {
    const model = m.fakeModel(['--H-i-----|', '-K|']);
    const store = slowed(memoryStore(), timer(10));
    const chat = session({ model, store, whileRunning: 'replace' });
    const first = m.recordTimeline(chat.send('One'));
    const second = m.recordTimeline(chat.send('Two'), '-----^');
    const third = m.recordTimeline(chat.send('Three'), '------^');
    m.flush();

    expect(outline(first).at(-1)).toBe('10: end aborted, |');
    expect(outline(second)).toEqual(['10: end aborted, |']);
    expect(outline(third)).toEqual(['11: agent 1, "K"', '12: finish stop, +assistant, end stop, |']);
    expect(historyOf(chat).messages).toEqual([
      user('One'),
      assistant('Hi', partial),
      user('Three'),
      assistant('K'),
    ]);
  });

  it('asks at once where nothing goes', (m) => {
    const model = m.fakeModel(['-H|', '-J|']);
    const chat = session({ model, whileRunning: 'replace' });
    m.recordTimeline(chat.send('One'));
    m.recordTimeline(chat.send('Two'), '-----^');
    m.flush();

    expect(asked(model, 1)).toEqual([user('One'), assistant('H'), user('Two')]);
  });
});

describe('an answer of a session that is cut off', () => {
  const call = toolCall('weather', { city: 'Bern' });

  it('is kept and marked when the run is interrupted', (m) => {
    const chat = session({ model: m.fakeModel(['--H-i-----|']) });
    const run = m.recordTimeline(chat.send('One', { interruptOn: m.cold('-----x') }));
    m.flush();

    expect(outline(run).at(-1)).toBe('5: finish aborted, +assistant, end aborted, |');
    expect(historyOf(chat).messages).toEqual([user('One'), assistant('Hi', partial)]);
    expect(chat.result).toBeUndefined();
  });

  it('is kept and marked when the run fails, and can be gone on from', (m) => {
    const model = m.fakeModel(['--H-i-#', '-J|']);
    const chat = session({ model });
    const run = m.recordTimeline(chat.send('One'));
    m.recordTimeline(chat.send('Two'), '9ms ^');
    m.flush();

    expect(run.error).toMatchObject({ name: 'StreamInterruptedError', partial: { text: 'Hi' } });
    expect(historyOf(chat).messages).toEqual([
      user('One'),
      assistant('Hi', partial),
      user('Two'),
      assistant('J'),
    ]);
    expect(asked(model, 1)).toEqual([user('One'), assistant('Hi'), user('Two')]);
  });

  it('is kept and marked when the run is left', (m) => {
    const store = memoryStore();
    const model = m.fakeModel(['--H-i-----|', '-J|']);
    const chat = session({ model, store, id: 'a' });
    m.recordTimeline(chat.send('One'), '^----!');
    m.recordTimeline(chat.send('Two'), '---^');
    m.flush();

    expect(model.calls[0]?.unsubscribedFrame).toBe(5);
    expect(asked(model, 1)).toEqual([user('One'), assistant('Hi'), user('Two')]);
    expect(typesOf(logOf(store, 'a'))).toBe('session send pieces end send message end');
  });

  it('has no tool call without a result', (m) => {
    const values = {
      t: [text('I ask.'), ...call],
      d: { type: 'tool-call-start', toolCallId: 'x', toolName: 'weather' },
    } as const;
    const chat = session({ agent: agent({ model: m.fakeModel(['-t-d-#'], { values }), tools: [weather] }) });
    m.recordTimeline(chat.send('One'));
    m.flush();

    expect(historyOf(chat).messages).toMatchObject([
      user('One'),
      {
        role: 'assistant',
        partial: true,
        content: [
          { text: 'I ask.' },
          { type: 'tool-call' },
          { type: 'tool-call-invalid', reason: 'incomplete' },
        ],
      },
      {
        role: 'tool',
        content: [
          { toolCallId: 'call_1', isError: true, result: 'The call was aborted before it had a result.' },
          {
            toolCallId: 'x',
            isError: true,
            result: 'The tool was not run: its arguments were cut off before they were complete.',
          },
        ],
      },
    ]);
  });

  it('keeps the results that had come, also behind the end of the call', (m) => {
    const c = ask('Ulm', 'Winterthur');
    const chat = session({
      agent: agent({ model: m.fakeModel(['-c|'], { values: { c } }), tools: [weather] }),
    });
    m.recordTimeline(chat.send('One'), '^-------!');
    m.flush();

    expect(historyOf(chat).messages).toMatchObject([
      user('One'),
      { role: 'assistant' },
      { role: 'tool', content: [{ result: 'sunny in Ulm' }, { isError: true }] },
    ]);
    expect(historyOf(chat).messages[1]).not.toHaveProperty('partial');
  });

  it('drops what a restart has voided', (m) => {
    const model: LanguageModel = m.fakeModel(['-H-r-i-#'], {
      values: {
        r: {
          type: 'restart',
          maxAttempts: 2,
          delayMs: 0,
          error: { name: 'StreamInterruptedError', message: 'cut', retryable: true },
        },
      },
    });
    const chat = session({ model });
    m.recordTimeline(chat.send('One'));
    m.flush();

    expect(historyOf(chat).messages).toEqual([user('One'), assistant('i', partial)]);
  });

  it('takes the message back that it has said nothing to, so that it can be sent again', (m) => {
    const model = m.fakeModel(['--#', '-J|']);
    const chat = session({ model });
    const send = chat.send('One');
    m.recordTimeline(send);
    m.recordTimeline(send, '9ms ^');
    m.flush();

    expect(asked(model, 1)).toEqual([user('One')]);
    expect(historyOf(chat).messages).toEqual([user('One'), assistant('J')]);
  });

  it('keeps the rounds before a round that fails', (m) => {
    const model = m.fakeModel(['-c|', '-#', '-J|'], { values: { c: ask('Ulm') } });
    const chat = session({ agent: agent({ model, tools: [weather] }) });
    m.recordTimeline(chat.send('One'));
    m.recordTimeline(chat.send('Two'), '20ms ^');
    m.flush();

    expect(asked(model, 2)).toMatchObject([
      user('One'),
      { role: 'assistant' },
      { role: 'tool', content: [{ result: 'sunny in Ulm' }] },
      user('Two'),
    ]);
  });

  it('passes the error on, the same instance', () => {
    const error = new ProviderError('busy', { retryable: true });
    const model = {
      provider: 'test',
      model: 'test-1',
      stream: () => throwError(() => error),
    } as unknown as LanguageModel;
    const fail = vi.fn();

    session({ model }).send('One').subscribe({ error: fail });

    expect(fail.mock.calls[0]?.[0]).toBe(error);
  });
});

describe('the options of a session', () => {
  const model = { stream: () => of() } as unknown as LanguageModel;

  plainIt.each([
    [{}, 'agent: model must be a LanguageModel, not undefined'],
    [{ agent: {} }, 'session: agent must have a function resume'],
    [{ model, store: null }, 'session: store must have a function append'],
    [{ model, id: '' }, 'session: id must be a non-empty string, not ""'],
    [{ model, id: 7 }, 'session: id must be a non-empty string, not 7'],
    [{ model, whileRunning: 'stop' }, 'session: whileRunning must be queue, replace, not stop'],
    [{ model, compaction: { above: 1 } }, 'session: compaction must have a function with'],
    [
      { model, compaction: { above: -1, with: () => [] } },
      'session: compaction.above must be a number from 0, not -1',
    ],
  ])('are checked at the call: %o', (options, message) => {
    expect(() => session(options as unknown as Parameters<typeof session>[0])).toThrow(message);
  });
});
