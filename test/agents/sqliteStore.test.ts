import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../agents/index.ts';
import { sqliteStore } from '../../agents/sqliteStore.ts';
import { done, place, recordsOf, useNewFolder } from './stores.ts';

const file = () => join(place.folder, 'chats.db');

/** The answer of the database to one question. */
function ask(question: string): unknown {
  const database = new DatabaseSync(file());
  const row = database.prepare(question).get();
  database.close();
  return Object.values(row ?? {})[0];
}

describe('sqliteStore', () => {
  useNewFolder();

  it('makes no database before its first use', () => {
    sqliteStore(file());

    expect(existsSync(file())).toBe(false);
  });

  it('writes ahead, and tells the version of its tables', async () => {
    const store = sqliteStore(file());
    await done(store.append('a', recordsOf(['One']), 0));

    expect(ask('PRAGMA journal_mode')).toBe('wal');
    expect(ask('PRAGMA user_version')).toBe(1);
    store.close();
  });

  it('adds all records or none', async () => {
    const store = sqliteStore(file());
    const impossible = {
      type: 'pieces',
      chunks: [{ type: 'raw', event: 1n }],
      at: 2,
      messageCount: 0,
    } as const;

    const failed = done(store.append('a', [...recordsOf([]), impossible as SessionRecord], 0));

    await expect(failed).rejects.toThrow('BigInt');
    expect(await done(store.list())).toEqual([]);
  });

  it('takes the records of a forgotten session out of the database', async () => {
    const store = sqliteStore(file());
    await done(store.append('a', recordsOf(['One']), 0));

    await done(store.delete('a'));

    expect(ask('SELECT count(*) FROM record')).toBe(0);
  });

  it('holds sessions in memory where the path says so', async () => {
    const store = sqliteStore(':memory:');

    await done(store.append('a', recordsOf(['One']), 0));

    expect(await done(store.read('a'))).toHaveLength(2);
  });

  it('errors once it is closed', async () => {
    const store = sqliteStore(file());
    await done(store.append('a', recordsOf(['One']), 0));

    store.close();
    store.close();

    await expect(done(store.read('a'))).rejects.toMatchObject({ name: 'SinkError', code: 'CLOSED' });
    expect(await done(sqliteStore(file()).read('a'))).toHaveLength(2);
  });

  it('refuses a database of a newer version', async () => {
    const database = new DatabaseSync(file());
    database.exec('PRAGMA user_version = 2');
    database.close();

    await expect(done(sqliteStore(file()).list())).rejects.toMatchObject({
      name: 'SinkError',
      code: 'NEWER_VERSION',
      message: `The database ${file()} has tables of version 2, newer than this library`,
    });
  });

  it('errors where the path is no database', async () => {
    await expect(done(sqliteStore(place.folder).list())).rejects.toThrow('unable to open database file');
  });
});
