import { firstValueFrom, from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type SessionRecord, type SessionStore, toSessionEntry } from '../../agents/index.ts';
import { done, recordsOf, stores, useNewFolder } from './stores.ts';

const read = (store: SessionStore, id: string) => firstValueFrom(from(store.read(id)));
const list = (store: SessionStore, limit?: number) =>
  firstValueFrom(from(store.list(limit === undefined ? {} : { limit })));

describe.each(stores)('$name', ({ open }) => {
  useNewFolder();

  it('reads what was added, in order', async () => {
    const store = open();
    const records = recordsOf(['One', 'Two', 'Grüße\n👍\u2028', '"\\']);

    await done(store.append('a', records.slice(0, 2), 0));
    await done(store.append('a', records.slice(2), 2));

    expect(await read(store, 'a')).toEqual(records);
  });

  it('keeps the end of a run', async () => {
    const store = open();
    const end: SessionRecord = { type: 'end', reason: 'stop', at: 3, messageCount: 1 };
    await done(store.append('a', [...recordsOf(['One']), end], 0));

    expect((await read(store, 'a')).at(-1)).toEqual(end);
  });

  it('has no records of a session that it does not know', async () => {
    expect(await read(open(), 'nobody')).toEqual([]);
  });

  it('does nothing before it is subscribed to', async () => {
    const store = open();

    void store.append('a', recordsOf(['One']), 0);

    expect(await list(store)).toEqual([]);
  });

  it('keeps sessions apart', async () => {
    const store = open();

    await done(store.append('a', recordsOf(['One']), 0));
    await done(store.append('b', recordsOf(['Two']), 0));

    expect(await read(store, 'b')).toEqual(recordsOf(['Two']));
  });

  it('refuses records that do not continue the log, and adds none of them', async () => {
    const store = open();
    await done(store.append('a', recordsOf(['One']), 0));

    const refused = done(store.append('a', recordsOf(['Two']), 0));

    await expect(refused).rejects.toMatchObject({
      name: 'SinkError',
      code: 'CONFLICT',
      message: 'The session "a" was continued elsewhere: its log has 2 records, not 0; make it anew to go on',
    });
    expect(await read(store, 'a')).toEqual(recordsOf(['One']));
  });

  it('goes on after a refusal', async () => {
    const store = open();
    await done(store.append('a', recordsOf(['One']), 0));
    await expect(done(store.append('a', recordsOf(['Two']), 9))).rejects.toThrow();

    await done(store.append('a', recordsOf(['Two']), 2));

    expect(await read(store, 'a')).toHaveLength(4);
  });

  it('lists the sessions, the one used last first', async () => {
    const store = open();
    await done(store.append('a', recordsOf(['One'], 10), 0));
    await done(store.append('b', recordsOf(['One', 'Two'], 20), 0));
    const titled: SessionRecord = { type: 'session', version: 1, title: 'Work', at: 30, messageCount: 1 };
    await done(store.append('a', [titled], 2));

    expect(await list(store)).toEqual([
      { id: 'a', title: 'Work', createdAt: 10, updatedAt: 30, messageCount: 1 },
      { id: 'b', createdAt: 20, updatedAt: 22, messageCount: 2 },
    ]);
  });

  it('keeps the title when a session goes on', async () => {
    const store = open();
    const titled: SessionRecord = { type: 'session', version: 1, title: 'Work', at: 1, messageCount: 0 };
    await done(store.append('a', [titled], 0));
    await done(store.append('a', recordsOf(['One'], 2).slice(1), 1));

    expect(await list(store)).toMatchObject([{ title: 'Work', createdAt: 1, updatedAt: 3 }]);
  });

  it('lists the latest so many', async () => {
    const store = open();
    for (const [at, id] of ['a', 'b', 'c'].entries()) await done(store.append(id, recordsOf([], at + 1), 0));

    expect((await list(store, 2)).map(({ id }) => id)).toEqual(['c', 'b']);
  });

  it('throws at the call where the limit is none', () => {
    const store = open();

    expect(() => store.list({ limit: 0 })).toThrow('list: limit must be a whole number from 1, not 0');
  });

  it('forgets a session', async () => {
    const store = open();
    await done(store.append('a', recordsOf(['One']), 0));

    await done(store.delete('a'));
    await done(store.delete('nobody'));

    expect(await read(store, 'a')).toEqual([]);
    expect(await list(store)).toEqual([]);
  });

  it('begins a session anew that was forgotten', async () => {
    const store = open();
    await done(store.append('a', recordsOf(['One']), 0));
    await done(store.delete('a'));

    await done(store.append('a', recordsOf(['Two']), 0));

    expect(await read(store, 'a')).toEqual(recordsOf(['Two']));
  });
});

describe.each(stores.slice(1))('$name of two programs', ({ open }) => {
  useNewFolder();

  it('has in one what the other has added', async () => {
    const [one, other] = [open(), open()];
    await done(one.append('a', recordsOf(['One']), 0));
    await read(other, 'a');
    await done(one.append('a', recordsOf(['Two']), 2));

    expect(await read(other, 'a')).toHaveLength(4);
    expect(await list(other)).toHaveLength(1);
  });

  it('refuses in one what does not know what the other has added', async () => {
    const [one, other] = [open(), open()];
    await done(one.append('a', recordsOf(['One']), 0));
    await done(other.append('a', recordsOf(['Two']), 2));

    await expect(done(one.append('a', recordsOf(['Three']), 2))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(done(one.append('a', recordsOf(['Three']), 4))).resolves.toBeUndefined();
  });
});

describe('toSessionEntry', () => {
  const before = { id: 'a', title: 'Work', createdAt: 1, updatedAt: 2, messageCount: 3 };

  it('makes an entry of the records of a session', () => {
    expect(toSessionEntry('a', recordsOf(['One', 'Two'], 5))).toEqual({
      id: 'a',
      createdAt: 5,
      updatedAt: 7,
      messageCount: 2,
    });
  });

  it('continues an entry', () => {
    expect(toSessionEntry('a', recordsOf(['One'], 5), before)).toEqual({
      ...before,
      updatedAt: 6,
      messageCount: 1,
    });
  });

  it('leaves an entry as it is where there are no records', () => {
    expect(toSessionEntry('a', [], before)).toEqual(before);
    expect(toSessionEntry('a', [])).toEqual({ id: 'a', createdAt: 0, updatedAt: 0, messageCount: 0 });
  });
});
