import { concat, EMPTY, map, type Observable, of, throwError, timer } from 'rxjs';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { agent, memoryStore, session, type SessionMessage, tool } from '../../agents/index.ts';
import type { Session } from '../../agents/index.ts';
import type { LanguageModel, Message } from '../../src/index.ts';
import { text, toolCall, usage } from '../../testing/index.ts';
import { it } from '../marbles.ts';
import { outline } from './runs.ts';
import { asked, assistant, historyOf, logOf, slowed, typesOf, user } from './sessions.ts';

const parameters = z.object({ amount: z.number() });
const pay = tool({
  name: 'pay',
  parameters,
  approve: () => ['later'],
  execute: ({ amount }) => `paid ${amount}`,
});
const c = toolCall('pay', { amount: 9 });
const payer = (model: LanguageModel) => agent({ model, tools: [pay] });

describe('a run of a session that waits for approval', () => {
  it('waits in the store, and goes on in another program', (m) => {
    const store = memoryStore();
    const before = m.fakeModel(['-c|'], { values: { c } });
    m.recordTimeline(session({ agent: payer(before), store, id: 'a' }).send('Pay'));
    m.flush();

    const after = m.fakeModel(['-H|']);
    const chat = session({ agent: payer(after), store, id: 'a' });
    expect(historyOf(chat).waiting?.waiting).toMatchObject([{ toolCallId: 'call_0', toolName: 'pay' }]);
    const run = m.recordTimeline(chat.resume({ call_0: true }));
    m.flush();

    expect(outline(run, 2)).toEqual([
      '0: agent 1, pay(9), pay = paid 9, finish tool-calls, +tool',
      '1: agent 2, "H"',
      '2: finish stop, +assistant, end stop, |',
    ]);
    expect(historyOf(chat)).toMatchObject({
      messages: [user('Pay'), { role: 'assistant' }, { content: [{ result: 'paid 9' }] }, assistant('H')],
    });
    expect(historyOf(chat).waiting).toBeUndefined();
    expect(asked(after, 0)).toEqual(historyOf(chat).messages.slice(0, -1));
  });

  it('waits on where it cannot be resumed', (m) => {
    const store = memoryStore();
    m.recordTimeline(
      session({ agent: payer(m.fakeModel(['-c|'], { values: { c } })), store, id: 'a' }).send('Pay'),
    );
    m.flush();
    const other = session({ agent: agent({ model: m.fakeModel([]), name: 'other' }), store, id: 'a' });
    const run = m.recordTimeline(other.resume({ call_0: true }));
    m.flush();

    expect(run.error).toMatchObject({ name: 'InvalidRequestError' });
    expect(historyOf(other).waiting).toBeDefined();
    expect(typesOf(logOf(store, 'a'))).toBe('session send message end resume end');
    expect(historyOf(session({ agent: payer(m.fakeModel([])), store, id: 'a' })).waiting).toBeDefined();
  });

  it('can be resumed after an attempt that failed', (m) => {
    const store = memoryStore();
    const model = m.fakeModel(['-c|', '-H|'], { values: { c } });
    m.recordTimeline(session({ agent: payer(model), store, id: 'a' }).send('Pay'));
    m.flush();
    const other = session({ agent: agent({ model, name: 'other' }), store, id: 'a' });
    m.recordTimeline(other.resume({ call_0: true }));
    m.flush();
    const chat = session({ agent: payer(model), store, id: 'a' });
    m.recordTimeline(chat.resume({ call_0: true }));
    m.flush();

    expect(historyOf(chat).messages).toMatchObject([
      {},
      {},
      { content: [{ result: 'paid 9' }] },
      assistant('H'),
    ]);
  });

  it('goes on only when that is stored, so that no other goes on with it, too', (m) => {
    const store = memoryStore();
    const execute = vi.fn(() => 'paid');
    const agentOf = (model: LanguageModel) => agent({ model, tools: [{ ...pay, execute }] });
    m.recordTimeline(
      session({ agent: agentOf(m.fakeModel(['-c|'], { values: { c } })), store, id: 'a' }).send('Pay'),
    );
    m.flush();
    const open = (...waits: Observable<unknown>[]) =>
      session({ agent: agentOf(m.fakeModel(['-H|'])), store: slowed(store, ...waits), id: 'a' });
    const run = m.recordTimeline(open(timer(3)).resume({ call_0: true }));
    const late = m.recordTimeline(open(timer(7)).resume({ call_0: true }));
    m.flush();

    expect(outline(run)[0]).toMatch(/^5: agent 1, pay/);
    expect(late.error).toMatchObject({ code: 'CONFLICT' });
    expect(outline(late)).toHaveLength(1);
    expect(execute).toHaveBeenCalledOnce();
  });

  it('is resumed by a record like no other, so that a store that takes the same twice tells them apart', (m) => {
    const record = () => {
      const store = memoryStore();
      const chat = session({ agent: payer(m.fakeModel(['-c|', '-H|'], { values: { c } })), store, id: 'a' });
      m.recordTimeline(concat(chat.send('Pay'), chat.resume({ call_0: true })));
      m.flush();
      return logOf(store, 'a').find(({ type }) => type === 'resume');
    };

    expect(record()).not.toMatchObject({ by: (record() as { by?: string }).by });
  });

  it('waits on where it is left before it goes on', (m) => {
    const store = memoryStore();
    const model = m.fakeModel(['-c|', '-H|'], { values: { c } });
    const chat = session({
      agent: payer(model),
      store: slowed(store, of(1), of(1), of(1), of(1), timer(9)),
      id: 'a',
    });
    m.recordTimeline(chat.send('Pay'));
    m.recordTimeline(chat.resume({ call_0: true }), '5ms ^---!');
    m.flush();

    expect(historyOf(chat).waiting).toBeDefined();
    expect(typesOf(logOf(store, 'a'))).toBe('session send message end resume end');
    m.recordTimeline(chat.resume({ call_0: true }));
    m.flush();
    expect(historyOf(chat).messages).toHaveLength(4);
  });

  it('waits again for the calls that were not decided', (m) => {
    const values = { c: [...c, ...toolCall('pay', { amount: 7 })] };
    const chat = session({ agent: payer(m.fakeModel(['-c|', '-H|'], { values })) });
    m.recordTimeline(concat(chat.send('Pay'), chat.resume({ call_0: true })));
    m.flush();

    expect(historyOf(chat)).toMatchObject({
      messages: [user('Pay'), { role: 'assistant' }],
      waiting: { results: [{ result: 'paid 9' }], waiting: [{ toolCallId: 'call_1' }] },
    });
    m.recordTimeline(chat.resume({ call_1: false }));
    m.flush();
    expect(historyOf(chat).messages[2]).toMatchObject({
      content: [{ result: 'paid 9' }, { isError: true, result: 'The call was denied.' }],
    });
  });

  it('is given up by the next message', (m) => {
    const model = m.fakeModel(['-c|', '-H|'], { values: { c } });
    const chat = session({ agent: payer(model) });
    m.recordTimeline(concat(chat.send('Pay'), chat.send('Never mind')));
    m.flush();

    expect(asked(model, 1)).toMatchObject([
      user('Pay'),
      { role: 'assistant' },
      { role: 'tool', content: [{ isError: true, result: 'The call was aborted before it had a result.' }] },
      user('Never mind'),
    ]);
    expect(historyOf(chat).waiting).toBeUndefined();
  });

  it('has its calls closed where it is stopped after it was resumed', (m) => {
    const slow = { ...pay, execute: () => timer(50).pipe(map(() => 'paid')) };
    const chat = session({ agent: agent({ model: m.fakeModel(['-c|'], { values: { c } }), tools: [slow] }) });
    m.recordTimeline(chat.send('Pay'));
    m.recordTimeline(chat.resume({ call_0: true }), '5ms ^---!');
    m.flush();

    expect(historyOf(chat)).toMatchObject({
      messages: [user('Pay'), { role: 'assistant' }, { role: 'tool', content: [{ isError: true }] }],
    });
    expect(historyOf(chat).waiting).toBeUndefined();
  });

  it('is no more where none waits', (m) => {
    const run = m.recordTimeline(session({ model: m.fakeModel([]), id: 'a' }).resume({}));
    m.flush();

    expect(run.error).toMatchObject({
      name: 'InvalidRequestError',
      message: 'No run of the session "a" waits for decisions',
    });
  });
});

describe('a fork of a session', () => {
  /** The session that a fork emits. */
  function forked<C, O>(fork: Observable<Session<C, O>>): Session<C, O> {
    let made: Session<C, O> | undefined;
    fork.subscribe((each) => (made = each));
    if (!made) throw new Error('no fork yet');
    return made;
  }

  it('goes on from the same history, and leaves the original as it is', (m) => {
    const store = memoryStore();
    const model = m.fakeModel(['-H|', '-J|']);
    const chat = session({ model, store, id: 'a', title: 'Work' });
    m.recordTimeline(chat.send('One'));
    m.flush();
    const fork = forked(chat.fork({ id: 'b' }));
    m.recordTimeline(fork.send('Two'));
    m.flush();

    expect(asked(model, 1)).toEqual([user('One'), assistant('H'), user('Two')]);
    expect(historyOf(chat).messages).toHaveLength(2);
    expect(fork.id).toBe('b');
    expect(logOf(store, 'b').slice(0, 2)).toEqual([
      { type: 'session', version: 1, title: 'Work', forkedFrom: 'a', at: 2, messageCount: 0 },
      { type: 'history', messages: [user('One'), assistant('H')], at: 2, messageCount: 2 },
    ]);
    expect(historyOf(session({ model, store, id: 'b' })).messages).toHaveLength(4);
  });

  it('takes over the first messages where it is told how many', (m) => {
    const model = m.fakeModel(['-H|', '-J|', '-K|']);
    const chat = session({ model });
    m.recordTimeline(concat(chat.send('One'), chat.send('Two')));
    m.flush();
    m.recordTimeline(forked(chat.fork({ messageCount: 2 })).send('Three'));
    m.flush();

    expect(asked(model, 2)).toEqual([user('One'), assistant('H'), user('Three')]);
  });

  it('answers the tool calls that it was cut behind', (m) => {
    const model = m.fakeModel(['-c|', '-H|', '-J|'], { values: { c } });
    const chat = session({ agent: agent({ model, tools: [{ ...pay, approve: () => [true] }] }) });
    m.recordTimeline(chat.send('Pay'));
    m.flush();
    m.recordTimeline(forked(chat.fork({ messageCount: 2 })).send('Two'));
    m.flush();

    expect(asked(model, 2)).toMatchObject([
      user('Pay'),
      { role: 'assistant' },
      { role: 'tool', content: [{ isError: true }] },
      user('Two'),
    ]);
  });

  it('takes over a run that waits, unless it is cut before', (m) => {
    const chat = session({ agent: payer(m.fakeModel(['-c|'], { values: { c } })) });
    m.recordTimeline(chat.send('Pay'));
    m.flush();

    expect(historyOf(forked(chat.fork())).waiting).toEqual(historyOf(chat).waiting);
    expect(historyOf(forked(chat.fork({ messageCount: 1 }))).waiting).toBeUndefined();
  });

  it('is made when the run under way has ended, and stored', (m) => {
    const chat = session({
      model: m.fakeModel(['--H-i|']),
      store: slowed(memoryStore(), of(1), of(1), of(1), of(1), timer(3)),
    });
    m.recordTimeline(chat.send('One'));

    m.expect(chat.fork({ id: 'b' }).pipe(map(({ id }) => id))).toBeObservable('--------(b|)');
  });

  it('errors where there is a session of that id', (m) => {
    const chat = session({ model: m.fakeModel(['-H|']), id: 'a' });
    m.recordTimeline(chat.send('One'));
    m.flush();

    const fail = vi.fn();
    chat.fork({ id: 'a' }).subscribe({ error: fail });
    expect(fail.mock.calls[0]?.[0]).toMatchObject({ name: 'SinkError', code: 'CONFLICT' });
    expect(() => chat.fork({ messageCount: -1 })).toThrow(
      'fork: messageCount must be a whole number from 0, not -1',
    );
  });
});

describe('the compaction of a session', () => {
  const full = { H: [text('H'), usage({ inputTokens: 101 })], j: [text('J'), usage({ inputTokens: 100 })] };
  const summary: readonly Message[] = [
    { role: 'user', content: 'What was it about?' },
    { role: 'assistant', content: 'About a cat.' },
  ];

  it('takes place before the next message when the context is full, and leaves the original in the log', (m) => {
    const store = memoryStore();
    const model = m.fakeModel(['-H|', '-j|', '-K|'], { values: full });
    const shorten = vi.fn((_: readonly SessionMessage[]) => timer(3).pipe(map(() => summary)));
    const chat = session({ model, store, id: 'a', compaction: { above: 100, with: shorten } });
    m.recordTimeline(concat(chat.send('One'), chat.send('Two'), chat.send('Three')));
    m.flush();

    expect(shorten.mock.calls).toEqual([[[user('One'), assistant('H')]]]);
    expect(model.calls.map(({ subscribedFrame }) => subscribedFrame)).toEqual([0, 5, 7]);
    expect(asked(model, 1)).toEqual([...summary, user('Two')]);
    expect(asked(model, 2)).toEqual([...summary, user('Two'), assistant('J'), user('Three')]);
    expect(typesOf(logOf(store, 'a'))).toBe(
      'session send message end history send message end send message end',
    );
    expect(logOf(store, 'a')[2]).toMatchObject({ message: assistant('H'), inputTokens: 101 });
    expect(historyOf(session({ model, store, id: 'a' })).messages).toEqual(historyOf(chat).messages);
  });

  it('takes place in another program, too', (m) => {
    const store = memoryStore();
    m.recordTimeline(session({ model: m.fakeModel(['-H|'], { values: full }), store, id: 'a' }).send('One'));
    m.flush();
    const model = m.fakeModel(['-K|']);
    m.recordTimeline(
      session({ model, store, id: 'a', compaction: { above: 100, with: () => [summary] } }).send('Two'),
    );
    m.flush();

    expect(asked(model, 0)).toEqual([...summary, user('Two')]);
  });

  it('leaves the messages where it has none', (m) => {
    const model = m.fakeModel(['-H|', '-K|'], { values: full });
    const chat = session({ model, compaction: { above: 100, with: () => EMPTY } });
    m.recordTimeline(concat(chat.send('One'), chat.send('Two')));
    m.flush();

    expect(asked(model, 1)).toEqual([user('One'), assistant('H'), user('Two')]);
  });

  it('may forget everything', (m) => {
    const model = m.fakeModel(['-H|', '-K|'], { values: full });
    const chat = session({ model, compaction: { above: 100, with: () => [[]] } });
    m.recordTimeline(concat(chat.send('One'), chat.send('Two')));
    m.flush();

    expect(asked(model, 1)).toEqual([user('Two')]);
  });

  it('fails the send, which can be tried again', (m) => {
    const error = new Error('no summary');
    const answers = [throwError(() => error), of(summary)].values();
    const model = m.fakeModel(['-H|', '-K|'], { values: full });
    const chat = session({
      model,
      compaction: { above: 100, with: () => answers.next().value ?? EMPTY },
    });
    m.recordTimeline(chat.send('One'));
    const failed = m.recordTimeline(chat.send('Two'), '5ms ^');
    m.recordTimeline(chat.send('Two'), '7ms ^');
    m.flush();

    expect(failed.error).toBe(error);
    expect(asked(model, 1)).toEqual([...summary, user('Two')]);
  });

  it('is stopped with the run', (m) => {
    const model = m.fakeModel(['-H|', '-K|'], { values: full });
    const shorten = m.cold('---------(x|)', { x: summary });
    const chat = session({ model, compaction: { above: 100, with: () => shorten } });
    m.recordTimeline(chat.send('One'));
    const run = m.recordTimeline(chat.send('Two', { interruptOn: timer(4) }), '5ms ^');
    m.flush();

    m.expect(shorten).toHaveSubscriptions('-----^---!');
    expect(outline(run)).toEqual(['9: end aborted, |']);
    expect(historyOf(chat).messages).toEqual([user('One'), assistant('H')]);
  });

  it('is refused where it tears a tool call from its result', (m) => {
    const torn = (from: number, to: number) => {
      const model = m.fakeModel(['-c|', '-H|', '-J|'], { values: { ...full, c } });
      const chat = session({
        agent: agent({ model, tools: [{ ...pay, approve: () => [true] }] }),
        compaction: { above: 100, with: (all) => [all.slice(from, to)] },
      });
      return m.recordTimeline(concat(chat.send('Pay'), chat.send('Two')));
    };
    const runs = [torn(1, 4), torn(0, 2), torn(2, 4)];
    m.flush();

    const message =
      'tool calls and results do not fit; keep a message of calls and that of its results, or neither';
    expect(runs.map(({ error }) => error)).toMatchObject([
      undefined,
      { name: 'InvalidRequestError', message: `messages[1]: ${message}` },
      { name: 'InvalidRequestError', message: `messages[0]: ${message}` },
    ]);
  });

  it('is refused where it is no list of messages', (m) => {
    const model = m.fakeModel(['-H|'], { values: full });
    const chat = session({
      model,
      compaction: { above: 100, with: () => ['short' as unknown as Message[]] },
    });
    const run = m.recordTimeline(concat(chat.send('One'), chat.send('Two')));
    m.flush();

    expect(run.error).toMatchObject({ name: 'InvalidRequestError' });
  });
});
