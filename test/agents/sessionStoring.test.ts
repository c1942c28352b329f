import { asyncScheduler, type SchedulerLike, concat, EMPTY, map, mergeMap, throwError, timer } from 'rxjs';
import { describe, expect, vi } from 'vitest';
import { type SessionRecord, type SessionStore, memoryStore, session } from '../../agents/index.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import { type ChunkDraft, text } from '../../testing/index.ts';
import { it } from '../marbles.ts';
import { outline } from './runs.ts';
import { asked, assistant, historyOf, logOf, partial, slowed, typesOf, user } from './sessions.ts';

const broken = () => throwError(() => Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
const failing = (at: number) => timer(at).pipe(mergeMap(broken));

describe('a session and its store', () => {
  it('records what is said while it is said', (m) => {
    const store = memoryStore();
    const chat = session({ model: m.fakeModel(['--H-i 600ms |']), store, id: 'a' });
    const seen: string[] = [];
    m.recordTimeline(chat.send('One'));
    for (const at of [1, 301, 303, 610])
      timer(at).subscribe(() => seen.push(`${at}: ${typesOf(logOf(store, 'a'))}`));
    m.flush();

    expect(seen).toEqual([
      '1: session send',
      '301: session send',
      '303: session send pieces',
      '610: session send pieces message end',
    ]);
    expect(logOf(store, 'a')[2]).toMatchObject({
      at: 302,
      chunks: [{ type: 'start' }, { type: 'text-delta', text: 'Hi' }],
    });
  });

  it('records a long answer before its time, and writes no chunk alone', (m) => {
    const store = memoryStore();
    const values = { a: text('x'.repeat(1000)) };
    const chat = session({ model: m.fakeModel(['-aaaaaaaaa|'], { values }), store, id: 'a' });
    m.recordTimeline(chat.send('One'));
    m.flush();

    expect(typesOf(logOf(store, 'a'))).toBe('session send pieces message end');
    expect(logOf(store, 'a')[2]).toMatchObject({ chunks: [{}, { text: 'x'.repeat(5000) }] });
  });

  it('records a finished answer once', (m) => {
    const store = memoryStore();
    const chat = session({ model: m.fakeModel(['--H-i|']), store, id: 'a' });
    m.recordTimeline(chat.send('One'));
    m.flush();

    expect(logOf(store, 'a')).toEqual([
      { type: 'session', version: 1, at: 0, messageCount: 0 },
      { type: 'send', message: user('One'), at: 0, messageCount: 1 },
      { type: 'message', message: assistant('Hi'), at: 5, messageCount: 2 },
      { type: 'end', reason: 'stop', at: 5, messageCount: 2 },
    ]);
  });

  it('records the moments of its clock', (m) => {
    const store = memoryStore();
    const now = () => 7_000;
    const scheduler = Object.assign(Object.create(asyncScheduler) as SchedulerLike, { now });
    const chat = session({ model: m.fakeModel(['--H-i|']), store, id: 'a', scheduler });
    m.recordTimeline(chat.send('One'));
    m.flush();

    expect(logOf(store, 'a').map(({ at }) => at)).toEqual([7_000, 7_000, 7_000, 7_000]);
  });

  it('does not record what the provider ran as a result of this side', (m) => {
    const store = memoryStore();
    const call = { toolCallId: 'x', toolName: 'search', block: 0, providerExecuted: true } as const;
    const w: readonly ChunkDraft[] = [
      { type: 'tool-call-start', ...call },
      { type: 'tool-call', arguments: {}, ...call },
      { type: 'tool-result', result: 'found', ...call, block: 1 },
    ];
    const chat = session({ model: m.fakeModel(['-w-H|'], { values: { w } }), store, id: 'a' });
    m.recordTimeline(chat.send('One'));
    m.flush();

    expect(historyOf(chat).messages).toMatchObject([
      user('One'),
      { content: [{ type: 'tool-call' }, { type: 'tool-result', result: 'found' }, { type: 'text' }] },
    ]);
  });

  it('lets chunks pass at once, and holds the last one until all is stored', (m) => {
    const store = slowed(memoryStore(), timer(3), timer(20));
    const run = m.recordTimeline(session({ model: m.fakeModel(['--H-i|']), store }).send('One'));
    m.flush();

    expect(outline(run)).toEqual([
      '2: agent 1, "H"',
      '4: "i"',
      '5: finish stop, +assistant',
      '23: end stop, |',
    ]);
  });

  it('makes one write of what comes while another is under way', (m) => {
    const inner = memoryStore();
    const append = vi.fn<SessionStore['append']>((...args) =>
      timer(10).pipe(mergeMap(() => inner.append(...args))),
    );
    m.recordTimeline(session({ model: m.fakeModel(['--H-i|']), store: { ...inner, append } }).send('One'));
    m.flush();

    expect(append.mock.calls.map(([, records, after]) => `${after}: ${typesOf(records)}`)).toEqual([
      '0: session',
      '1: send message end',
    ]);
  });

  it('reads the log once, in one list or several', (m) => {
    const inner = memoryStore();
    m.recordTimeline(session({ model: m.fakeModel(['-H|']), store: inner, id: 'a' }).send('One'));
    m.flush();
    const read = vi.fn((id: string) => logOf(inner, id).map((record) => [record]));
    const model = m.fakeModel(['-J|', '-K|']);
    const chat = session({ model, store: { ...inner, read }, id: 'a' });
    m.recordTimeline(concat(chat.send('Two'), chat.send('Three')));
    m.flush();

    expect(read).toHaveBeenCalledOnce();
    expect(asked(model, 0)).toEqual([user('One'), assistant('H'), user('Two')]);
  });

  it('errors before any request where the log cannot be read, and reads it again', (m) => {
    const inner = memoryStore();
    const reads = [failing(2), EMPTY].values();
    const store: SessionStore = { ...inner, read: () => reads.next().value ?? EMPTY };
    const model = m.fakeModel(['-H|']);
    const chat = session({ model, store, id: 'a' });
    const first = m.recordTimeline(chat.send('One'));
    const second = m.recordTimeline(chat.send('One'), '-----^');
    m.flush();

    expect(first.error).toMatchObject({
      name: 'SinkError',
      code: 'ENOSPC',
      message: 'The session "a" could not be read: no space left',
    });
    expect(outline(second).at(-1)).toBe('7: finish stop, +assistant, end stop, |');
    expect(model.calls).toHaveLength(1);
  });
});

describe('a session whose store fails', () => {
  it('delivers the whole answer, then errors', (m) => {
    const store = { ...memoryStore(), append: broken };
    const chat = session({ model: m.fakeModel(['--H-i|']), store, id: 'a' });
    const run = m.recordTimeline(chat.send('One'));
    m.flush();

    expect(outline(run)).toEqual([
      '2: agent 1, "H"',
      '4: "i"',
      '5: finish stop, +assistant, end stop, # SinkError: The session "a" could not be stored: no space left',
    ]);
    expect(run.error).toMatchObject({ name: 'SinkError', code: 'ENOSPC', partial: { text: 'Hi' } });
    expect(chat.result?.text).toBe('Hi');
  });

  it('tries again with the next records, and completes where that goes well', (m) => {
    const inner = memoryStore();
    const store = slowed(inner, failing(1), failing(0));
    const run = m.recordTimeline(session({ model: m.fakeModel(['--H-i|']), store, id: 'a' }).send('One'));
    m.flush();

    expect(outline(run).at(-1)).toBe('5: finish stop, +assistant, end stop, |');
    expect(typesOf(logOf(inner, 'a'))).toBe('session send message end');
  });

  it('goes on in memory, and stores everything when it can', (m) => {
    const inner = memoryStore();
    let isBroken = true;
    const store: SessionStore = {
      ...inner,
      append: (...args) => (isBroken ? broken() : inner.append(...args)),
    };
    const model = m.fakeModel(['-H|', '-J|']);
    const chat = session({ model, store, id: 'a' });
    m.recordTimeline(chat.send('One'));
    m.recordTimeline(chat.send('Two'), '5ms ^');
    timer(10).subscribe(() => (isBroken = false));
    const saved: unknown[] = [];
    timer(11)
      .pipe(mergeMap(() => chat.save()))
      .subscribe((entry) => saved.push(entry));
    m.flush();

    expect(asked(model, 1)).toEqual([user('One'), assistant('H'), user('Two')]);
    expect(typesOf(logOf(inner, 'a'))).toBe('session send message end send message end');
    expect(saved).toEqual([{ id: 'a', createdAt: 0, updatedAt: 7, messageCount: 4 }]);
  });

  it('passes the error of the run on where both fail', (m) => {
    const store = { ...memoryStore(), append: broken };
    const run = m.recordTimeline(session({ model: m.fakeModel(['--H-#']), store }).send('One'));
    m.flush();

    expect(run.error).toMatchObject({ name: 'StreamInterruptedError' });
  });

  it('waits with the error of a run until what had come is stored', (m) => {
    const store = slowed(memoryStore(), timer(10));
    const run = m.recordTimeline(session({ model: m.fakeModel(['--H-#']), store }).send('One'));
    m.flush();

    expect(outline(run).at(-1)).toMatch(/^10: # StreamInterruptedError/);
  });

  it('tells a session that was continued elsewhere', (m) => {
    const store = memoryStore();
    const open = () => session({ model: m.fakeModel(['-H|']), store, id: 'a' });
    const [one, other] = [open(), open()];
    other.history.subscribe().unsubscribe();
    m.recordTimeline(one.send('One'));
    const run = m.recordTimeline(other.send('Two'), '5ms ^');
    m.flush();

    expect(run.error).toMatchObject({ name: 'SinkError', code: 'CONFLICT' });
    expect(logOf(store, 'a')).toHaveLength(4);
  });
});

describe('what a store fails with', () => {
  it('is told in words, whatever it is; an error of this library stays itself', (m) => {
    const invalid = new InvalidRequestError('no such id');
    const store = memoryStore();
    const errorOf = (failure: unknown) => {
      const errors: unknown[] = [];
      const append = () => throwError(() => failure as Error);
      const chat = session({ model: m.fakeModel([]), store: { ...store, append }, id: 'a' });
      chat.save().subscribe({ error: (error: unknown) => errors.push(error) });
      return errors[0];
    };
    const message = 'The session "a" could not be stored';

    expect(errorOf(new TypeError(''))).toMatchObject({ name: 'SinkError', message: `${message}: TypeError` });
    expect(errorOf('full')).toMatchObject({ name: 'SinkError', message: `${message}: full`, cause: 'full' });
    expect(errorOf(invalid)).toBe(invalid);
  });
});

describe('a session that a crash has cut off', () => {
  const begun: readonly SessionRecord[] = [
    { type: 'session', version: 1, at: 1, messageCount: 0 },
    { type: 'send', message: { role: 'user', content: 'One' }, at: 1, messageCount: 1 },
  ];
  const pieces: SessionRecord = {
    type: 'pieces',
    chunks: [
      { type: 'start', provider: 'test', model: 'test-1' },
      { type: 'text-delta', text: 'Hel', block: 0 },
    ],
    at: 2,
    messageCount: 1,
  };

  function storeOf(...records: readonly SessionRecord[]): SessionStore {
    return { ...memoryStore(), read: () => [records], append: () => EMPTY };
  }

  it('has what was recorded of the answer, marked, and goes on', (m) => {
    const model = m.fakeModel(['-J|']);
    const chat = session({ model, store: storeOf(...begun, pieces), id: 'a' });

    expect(historyOf(chat).messages).toEqual([user('One'), assistant('Hel', partial)]);
    m.recordTimeline(chat.send('Two'));
    m.flush();
    expect(asked(model, 0)).toEqual([user('One'), assistant('Hel'), user('Two')]);
  });

  it('says what has had no answer together with what follows', (m) => {
    const model = m.fakeModel(['-J|']);
    const chat = session({ model, store: storeOf(...begun), id: 'a' });

    expect(historyOf(chat).messages).toEqual([user('One')]);
    m.recordTimeline(chat.send('Two'));
    m.flush();
    expect(asked(model, 0)).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'One' },
          { type: 'text', text: 'Two' },
        ],
      },
    ]);
  });

  it('says the same only once', (m) => {
    const model = m.fakeModel(['-J|']);
    const chat = session({ model, store: storeOf(...begun), id: 'a' });
    m.recordTimeline(chat.send('One'));
    m.flush();

    expect(asked(model, 0)).toEqual([user('One')]);
  });

  it('joins what has had no answer with pictures', (m) => {
    const model = m.fakeModel(['-J|']);
    const chat = session({ model, store: storeOf(...begun), id: 'a' });
    const image = { type: 'image', image: 'https://example.org/cat.png' } as const;
    m.recordTimeline(chat.send([image]));
    m.flush();

    expect(asked(model, 0)).toEqual([{ role: 'user', content: [{ type: 'text', text: 'One' }, image] }]);
  });

  it('refuses the log of a newer version', (m) => {
    const newer = { type: 'session', version: 2, at: 1, messageCount: 0 } as unknown as SessionRecord;
    const run = m.recordTimeline(
      session({ model: m.fakeModel([]), store: storeOf(newer), id: 'a' }).send('One'),
    );
    m.flush();

    expect(run.error).toMatchObject({
      name: 'InvalidRequestError',
      message: 'The session was written by a newer version of this library (format 2)',
    });
  });

  it('passes over records that it does not know', (m) => {
    const other = { type: 'other', at: 1, messageCount: 0 } as unknown as SessionRecord;
    const chat = session({ model: m.fakeModel([]), store: storeOf(...begun, other, pieces), id: 'a' });

    expect(historyOf(chat).messages).toHaveLength(2);
  });
});

describe('save, list and delete', () => {
  it('give a session its title', (m) => {
    const store = memoryStore();
    const chat = session({ model: m.fakeModel([]), store, id: 'a', title: 'New' });
    const entries = concat(chat.save(), timer(5).pipe(mergeMap(() => chat.save({ title: 'Work' }))));

    m.expect(entries.pipe(map(({ title, updatedAt }) => `${title} ${updatedAt}`))).toBeObservable(
      'n----(w|)',
      {
        n: 'New 0',
        w: 'Work 5',
      },
    );
    m.flush();
    expect(historyOf(chat)).toEqual({ title: 'Work', messages: [] });
    expect(historyOf(session({ model: m.fakeModel([]), store, id: 'a' })).title).toBe('Work');
  });

  it('tell the sessions of the store', (m) => {
    const store = memoryStore();
    const model = m.fakeModel(['-H|', '-J|']);
    const one = session({ model, store, id: 'a' });
    m.recordTimeline(one.send('One'));
    m.recordTimeline(session({ model, store, id: 'b', title: 'B' }).send('Two'), '5ms ^');
    m.flush();

    const listed: unknown[] = [];
    one.list({ limit: 1 }).subscribe((entries) => listed.push(...entries));
    expect(listed).toEqual([{ id: 'b', title: 'B', createdAt: 5, updatedAt: 7, messageCount: 2 }]);
  });

  it('stop what runs, and forget the session', (m) => {
    const store = memoryStore();
    const model = m.fakeModel(['--H-i-----|', '-J|']);
    const chat = session({ model, store, id: 'a' });
    const run = m.recordTimeline(chat.send('One'));
    m.expect(timer(5).pipe(mergeMap(() => chat.delete()))).toBeObservable('-----(x|)', { x: undefined });
    m.recordTimeline(chat.send('Two'), '8ms ^');
    timer(7).subscribe(() => {
      expect(historyOf(chat).messages).toEqual([]);
      expect(logOf(store, 'a')).toEqual([]);
    });
    m.flush();

    expect(outline(run).at(-1)).toBe('5: finish aborted, +assistant, end aborted, |');
    expect(asked(model, 1)).toEqual([user('Two')]);
    expect(typesOf(logOf(store, 'a'))).toBe('session send message end');
  });

  it('error where the store does', (m) => {
    const store = { ...memoryStore(), list: broken, delete: broken, append: broken };
    const chat = session({ model: m.fakeModel([]), store, id: 'a' });
    const errors: unknown[] = [];
    const note = { error: ({ message }: Error) => errors.push(message) };
    chat.list().subscribe(note);
    chat.delete().subscribe(note);
    chat.save().subscribe(note);

    expect(errors).toEqual([
      'The sessions could not be listed: no space left',
      'The session "a" could not be deleted: no space left',
      'The session "a" could not be stored: no space left',
    ]);
  });
});
