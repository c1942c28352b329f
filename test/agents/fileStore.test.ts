import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fileStore } from '../../agents/fileStore.ts';
import { done, place, recordsOf, useNewFolder } from './stores.ts';

const folder = () => join(place.folder, 'chats');
const file = (id: string) => join(folder(), `${id}.jsonl`);
const read = (id: string) => firstValueFrom(from(fileStore(folder()).read(id)));

describe('fileStore', () => {
  useNewFolder();

  it('writes a record a line, for its owner alone', async () => {
    await done(fileStore(folder()).append('a', recordsOf(['One']), 0));

    const lines = readFileSync(file('a'), 'utf8').split('\n');
    expect(lines.slice(0, -1).map((line) => JSON.parse(line) as unknown)).toEqual(recordsOf(['One']));
    expect(statSync(file('a')).mode & 0o777).toBe(0o600);
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
  });

  it('makes no directory as long as nothing is written', async () => {
    const store = fileStore(folder());

    await done(store.read('a'));
    await done(store.list());

    expect(readdirSync(place.folder)).toEqual([]);
  });

  it.each(['../a', 'a/b', 'a\\b', '..', '.hidden', '', 'a\0b', 'a'.repeat(201), 'ä'])(
    'refuses the id %j',
    async (id) => {
      const store = fileStore(folder());

      await expect(done(store.append(id, recordsOf([]), 0))).rejects.toMatchObject({
        name: 'InvalidRequestError',
        message: `The id of a session in a file must be of letters, digits, "_", "-" and ".", not ${JSON.stringify(id)}`,
      });
      await expect(done(store.read(id))).rejects.toThrow('The id');
      await expect(done(store.delete(id))).rejects.toThrow('The id');
      expect(readdirSync(place.folder)).toEqual([]);
    },
  );

  it('drops a last line that was cut, and goes on in its place', async () => {
    await done(fileStore(folder()).append('a', recordsOf(['One', 'Grüße']), 0));
    const whole = readFileSync(file('a'));
    writeFileSync(file('a'), whole.subarray(0, whole.lastIndexOf('ß') + 1));

    expect(await read('a')).toEqual(recordsOf(['One']));
    await done(fileStore(folder()).append('a', recordsOf(['Two']).slice(1), 2));
    expect(await read('a')).toEqual([...recordsOf(['One']), ...recordsOf(['Two']).slice(1)]);
  });

  it('names the line that is not JSON, and still lists the session', async () => {
    await done(fileStore(folder()).append('a', recordsOf(['One']), 0));
    appendFileSync(file('a'), 'garbage\n');

    await expect(read('a')).rejects.toMatchObject({
      name: 'SinkError',
      code: 'INVALID_LOG',
      message: 'Line 3 of the log of the session "a" is not JSON',
    });
    expect(await done(fileStore(folder()).list())).toMatchObject([{ id: 'a', messageCount: 1 }]);
  });

  it('lists no file that is not a session', async () => {
    mkdirSync(folder());
    writeFileSync(join(folder(), 'notes.txt'), '{}\n');
    writeFileSync(join(folder(), 'not a name.jsonl'), '{}\n');
    writeFileSync(file('empty'), '');

    expect(await done(fileStore(folder()).list())).toEqual([]);
  });

  it('errors where the file system does', async () => {
    writeFileSync(folder(), '');
    const store = fileStore(folder());

    await expect(done(store.append('a', recordsOf([]), 0))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(done(store.list())).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.runIf(process.platform === 'linux')('errors when the disk is full', async () => {
    mkdirSync(folder());
    symlinkSync('/dev/full', file('a'));

    await expect(done(fileStore(folder()).append('a', recordsOf([]), 0))).rejects.toMatchObject({
      code: 'ENOSPC',
    });
  });
});
