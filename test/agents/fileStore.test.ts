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
import type { SessionRecord } from '../../agents/index.ts';
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
      message: 'Line 3 of the log of the session "a" is not a record',
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

  it('refuses a log with JSON that is no record', async () => {
    mkdirSync(folder());
    writeFileSync(file('a'), 'null\n');

    await expect(read('a')).rejects.toMatchObject({
      code: 'INVALID_LOG',
      message: 'Line 1 of the log of the session "a" is not a record',
    });
  });

  it('lists the others where a file cannot be read', async () => {
    await done(fileStore(folder()).append('a', recordsOf(['One']), 0));
    writeFileSync(file('nothing'), 'null\n{}\n');
    mkdirSync(file('folder'));

    expect(await done(fileStore(folder()).list())).toMatchObject([{ id: 'a' }]);
  });

  it('adds one after the other what is given at once', async () => {
    const store = fileStore(folder());
    const [first, second] = [recordsOf(['One']), recordsOf(['Two'])];

    await Promise.all([done(store.append('a', first, 0)), done(store.append('a', second, 2))]);

    expect(await read('a')).toEqual([...first, ...second]);
  });

  it('takes one of two that continue the log at once', async () => {
    const store = fileStore(folder());
    await done(store.append('a', recordsOf(['One']), 0));

    const ends = await Promise.allSettled(
      [1, 2, 3].map(() => done(store.append('a', recordsOf(['Two']), 2))),
    );

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await read('a')).toHaveLength(4);
  });

  it('takes one of two stores that resume at once', async () => {
    const resume: SessionRecord = { type: 'resume', by: 'me', at: 3, messageCount: 1 };
    await done(fileStore(folder()).append('a', recordsOf(['One']), 0));
    const both = [fileStore(folder()), fileStore(folder())];

    const ends = await Promise.allSettled(both.map((store) => done(store.append('a', [resume], 2))));

    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
    expect(await read('a')).toHaveLength(3);
    expect(readdirSync(folder())).toEqual(['a.jsonl']);
  });

  it('resumes nothing where a crash has left that open, until the session is deleted', async () => {
    const store = fileStore(folder());
    const resume: SessionRecord = { type: 'resume', by: 'me', at: 3, messageCount: 1 };
    await done(store.append('a', recordsOf(['One']), 0));
    writeFileSync(`${file('a')}.resume`, '');

    await expect(done(store.append('a', [resume], 2))).rejects.toMatchObject({
      name: 'SinkError',
      code: 'CONFLICT',
      message: `The session "a" is being resumed elsewhere; where it is not, remove ${file('a')}.resume`,
    });
    await done(store.append('a', recordsOf(['Two']).slice(1), 2));
    await done(store.delete('a'));
    expect(readdirSync(folder())).toEqual([]);
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
