import {
  concat,
  defer,
  EMPTY,
  filter,
  firstValueFrom,
  from,
  map,
  NEVER,
  type Observable,
  of,
  tap,
} from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { agent, memoryStore, type Session, session, type SessionStore, tool } from '../../agents/index.ts';
import type { LanguageModel, StreamChunk } from '../../src/index.ts';
import { done, stores, useNewFolder } from './stores.ts';

const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
const finish: StreamChunk = { type: 'finish', reason: 'stop', metadata: {} };
const answer = of<StreamChunk[]>(start, { type: 'text-delta', text: 'Hi', block: 0 }, finish);

/** The call of a tool without arguments. */
function callOf(toolName: string): Observable<StreamChunk> {
  const call = { toolCallId: 'c', toolName, block: 0 } as const;
  return from<StreamChunk[]>([
    start,
    { type: 'tool-call-start', ...call },
    { type: 'tool-call', arguments: {}, ...call },
    { type: 'finish', reason: 'tool-calls', metadata: {} },
  ]);
}

/** A model that answers with these in turn; the last one again and again. */
function modelOf(...answers: readonly Observable<StreamChunk>[]): LanguageModel & { asked: number } {
  const model = {
    provider: 'test',
    model: 'test-1',
    capabilities: {} as LanguageModel['capabilities'],
    asked: 0,
    stream: () => answers[Math.min(model.asked++, answers.length - 1)] ?? NEVER,
  };
  return model;
}

describe.each(stores)('a session on a $name', ({ open }) => {
  useNewFolder();

  it('asks nothing more when it is deleted, whatever waits', async () => {
    const model = modelOf(concat(of(start), NEVER));
    const chat = session({ model, store: open(), id: 'a' });
    const runs = ['One', 'Two', 'Three'].map((message) => done(chat.send(message)));
    await firstValueFrom(chat.history.pipe(filter(({ messages }) => messages.length > 0)));

    await done(chat.delete());
    await Promise.all(runs);

    expect(model.asked).toBe(1);
    expect(await done(chat.list())).toEqual([]);
  });

  it('begins a new session with what is sent when a deleted run ends', async () => {
    const model = modelOf(concat(of(start), NEVER), answer);
    const chat = session({ model, store: open(), id: 'a' });
    const run = done(concat(chat.send('One'), chat.send('Two')));
    await firstValueFrom(chat.history.pipe(filter(({ messages }) => messages.length > 0)));

    await Promise.all([done(chat.delete()), run]);

    const { messages } = await firstValueFrom(chat.history);
    expect(messages[0]).toEqual({ role: 'user', content: 'Two' });
    expect(await done(chat.list())).toMatchObject([{ messageCount: 2 }]);
  });

  it('runs a tool that waited once, where two resume it at once', async () => {
    const store = open();
    const execute = vi.fn(() => 'paid');
    const pay = tool({ name: 'pay', parameters: z.object({}), approve: () => ['later'], execute });
    const opened = (model: LanguageModel) =>
      session({ agent: agent({ model, tools: [pay] }), store, id: 'a' });
    await done(opened(modelOf(callOf('pay'))).send('Pay'));

    const both = [opened(modelOf(answer)), opened(modelOf(answer))];
    await Promise.all(both.map((chat) => firstValueFrom(chat.history)));
    const ends = await Promise.allSettled(both.map((chat) => done(chat.resume({ c: true }))));

    expect(execute).toHaveBeenCalledOnce();
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
  });

  it('is lost where it was continued elsewhere, and asks nothing more', async () => {
    const store = open();
    const model = modelOf(answer);
    const lost = session({ model, store, id: 'a' });
    await firstValueFrom(lost.history);
    await done(session({ model: modelOf(answer), store, id: 'a' }).send('One'));
    const conflict = { name: 'SinkError', code: 'CONFLICT' };
    await expect(done(lost.send('Two'))).rejects.toMatchObject(conflict);
    const { asked } = model;

    await expect(done(lost.send('Three'))).rejects.toMatchObject({
      ...conflict,
      message: expect.stringMatching(/^The session "a" was continued elsewhere: /) as string,
    });
    await expect(done(lost.resume({}))).rejects.toMatchObject(conflict);
    await expect(done(lost.save())).rejects.toMatchObject(conflict);

    expect(model.asked).toBe(asked);
    expect(await firstValueFrom(from(store.read('a')))).toHaveLength(4);
  });

  it('can be used again once it was lost and is deleted', async () => {
    const store = open();
    const lost = session({ model: modelOf(answer), store, id: 'a' });
    await firstValueFrom(lost.history);
    await done(session({ model: modelOf(answer), store, id: 'a' }).send('One'));
    await expect(done(lost.send('Two'))).rejects.toThrow();

    await done(lost.delete());
    await done(lost.send('Three'));

    expect(await done(lost.list())).toMatchObject([{ messageCount: 2 }]);
  });

  it.each([
    ['a BigInt', () => 1n, 'Do not know how to serialize a BigInt'],
    ['a function', () => () => 1, 'it is a function'],
    [
      'a circle',
      () => {
        const circle: Record<string, unknown> = {};
        return Object.assign(circle, { circle });
      },
      'Converting circular structure to JSON',
    ],
  ])('keeps why a result is no JSON: %s', async (_, execute, why) => {
    const store = open();
    const odd = tool({ name: 'odd', parameters: z.object({}), execute });
    const pay = tool({ name: 'pay', parameters: z.object({}), approve: () => ['later'], execute });
    const opened = () =>
      session({
        agent: agent({ model: modelOf(callOf('odd'), callOf('pay'), answer), tools: [odd, pay] }),
        store,
        id: 'a',
      });
    const chat = opened();
    await done(chat.send('One'));

    const { messages, waiting } = await firstValueFrom(chat.history);
    const result = {
      toolName: 'odd',
      isError: true,
      result: expect.stringContaining(`The result is not JSON: ${why}`) as string,
    };
    expect(messages[2]).toMatchObject({ role: 'tool', content: [result] });
    expect(waiting?.messages[2]).toMatchObject({ role: 'tool', content: [result] });
    expect(await firstValueFrom(opened().history)).toEqual({ messages, waiting });
  });
});

describe.each(stores)('a session that cannot be read on a $name', ({ open }) => {
  useNewFolder();

  it('can be deleted', async () => {
    const store = open();
    const newer = { type: 'session', version: 2, at: 1, messageCount: 0 };
    await done(store.append('a', [newer as never], 0));
    const chat = session({ model: modelOf(answer), store, id: 'a' });
    await expect(done(chat.send('One'))).rejects.toThrow('newer version');

    await done(chat.delete());
    await done(chat.send('Two'));

    expect(await done(chat.list())).toMatchObject([{ messageCount: 2 }]);
  });
});

describe('the deletion of a session', () => {
  it('reads nothing', async () => {
    const read = vi.fn(() => NEVER);
    await done(session({ model: modelOf(answer), store: { ...memoryStore(), read } }).delete());

    expect(read).not.toHaveBeenCalled();
  });

  it('outweighs what was being read at that time', async () => {
    const inner = memoryStore();
    await done(session({ model: modelOf(answer), store: inner, id: 'a' }).send('One'));
    const reads = [defer(() => chat.delete()).pipe(map(() => [])), EMPTY].values();
    // Deleted between the records and the end of the reading.
    const store: SessionStore = {
      ...inner,
      read: (id) => concat(from(inner.read(id)), reads.next().value ?? EMPTY),
    };
    const chat: Session = session({ model: modelOf(answer), id: 'a', store });

    expect(await firstValueFrom(chat.history)).toEqual({ messages: [] });
    await expect(done(chat.send('Two'))).resolves.toMatchObject({ reason: 'stop' });
  });
});

describe('a long queue', () => {
  it('comes to its end where nothing takes time', async () => {
    let ended = 0;
    const chat = session({ model: modelOf(concat(of(start), NEVER), answer) });
    const stop = new AbortController();
    const runs = Array.from({ length: 3000 }, (_, index) =>
      chat
        .send('Go on', index === 0 ? { interruptOn: stop.signal } : {})
        .pipe(tap({ complete: () => (ended += 1) })),
    );
    for (const run of runs) run.subscribe();
    stop.abort();

    expect(ended).toBe(3000);
    expect((await firstValueFrom(chat.history)).messages).toHaveLength(2 * 2999);
  });
});
