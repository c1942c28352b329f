import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defer, firstValueFrom, Subject, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { openResults } from '../../examples/batch/results.ts';
import { type Job, runBatch } from '../../examples/batch/runBatch.ts';
import { ProviderError } from '../../src/errors.ts';
import { toRequest } from '../../src/request.ts';
import { fromText } from '../../testing/index.ts';
import { runWithKills } from '../batch/kills.ts';
import { modelOf } from '../models/modelOf.ts';

const root = new URL('../../', import.meta.url);
let folder: string;
let input: string;
let output: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batch-'));
  input = join(folder, 'in.jsonl');
  output = join(folder, 'out.jsonl');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** A model that says back what it is asked; some questions it cannot answer. */
function echo() {
  const asked: string[] = [];
  const usage = { inputTokens: 1000, outputTokens: 500, totalTokens: 1500 };
  const model = modelOf(new Subject(), {
    stream: (given) => {
      const prompt = toRequest(given).messages.at(-1)?.content as string;
      asked.push(prompt);
      const status = { 'no answer': 400, 'no key': 401 }[prompt];
      return status === undefined
        ? fromText(prompt, { usage })
        : throwError(() => new ProviderError(prompt, { status, retryable: false }));
    },
  });
  return { model, asked };
}

function run(job: Partial<Job> & Pick<Job, 'model'>) {
  const price = { input: 1, output: 2 };
  return runBatch({ input, output, concurrency: 2, price, signal: new AbortController().signal, ...job });
}

const written = async () =>
  (await readFile(output, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: unknown; text: string });

describe('examples/batch', () => {
  it('writes a line for each line, in whatever form it asks', async () => {
    const messages = [{ role: 'user', content: 'three' }];
    const lines = [
      'one',
      { prompt: 'two' },
      { id: 'c', messages, temperature: 0 },
      { id: 9, prompt: 'four\u2028five' },
    ];
    await writeFile(input, lines.map((line) => JSON.stringify(line)).join('\n\n'));
    const outcome = await run({ model: echo().model });

    expect(outcome).toMatchObject({ total: 4, done: 4, failed: 0, cost: 0.008 });
    expect((await written()).map(({ id, text }) => [id, text]).sort()).toEqual([
      [1, 'one'],
      [3, 'two'],
      [9, 'four\u2028five'],
      ['c', 'three'],
    ]);
    expect((await written())[0]).toMatchObject({ usage: { totalTokens: 1500 }, cost: 0.002 });
  });

  it('does not ask again what is done, and keeps half a line for no result', async () => {
    await writeFile(input, '"one"\n"two"\n"three"\n');
    const { model, asked } = echo();
    await writeFile(output, '{"id":2,"text":"Zwei","cost":0.5}\n{"id":3,"te');
    const outcome = await run({ model });

    expect(asked).toEqual(['one', 'three']);
    expect(outcome).toMatchObject({ total: 3, done: 3, cost: 0.504 });
    expect((await written()).map(({ text }) => text)).toEqual(['Zwei', 'one', 'three']);

    await run({ model });
    expect(asked).toHaveLength(2);
  });

  it('takes a line that lacks only its end for a result', async () => {
    await writeFile(input, '"one"\n"two"\n');
    await writeFile(output, '{"id":1,"text":"Eins"}');
    await run({ model: echo().model });

    expect((await written()).map(({ text }) => text)).toEqual(['Eins', 'two']);
  });

  it.each(['hello', '{"name":"not ours"}\n', 'x\n{"id":1}\n'])(
    'leaves a file alone that holds %j',
    async (text) => {
      await writeFile(input, '"one"\n');
      await writeFile(output, text);

      await expect(run({ model: echo().model })).rejects.toThrow(`${output}:1: is no result of this program`);
      expect(await readFile(output, 'utf8')).toBe(text);
    },
  );

  it('lists what failed, and tries it again in the next run', async () => {
    await writeFile(input, '"no answer"\n"two"\n');
    const { model, asked } = echo();
    const outcome = await run({ model });

    expect(outcome).toMatchObject({ done: 1, failed: 1 });
    expect(JSON.parse(await readFile(outcome.failures, 'utf8'))).toMatchObject({
      id: 1,
      error: { name: 'ProviderError', message: 'no answer', status: 400 },
    });
    await run({ model });
    expect(asked).toEqual(['no answer', 'two', 'no answer']);
  });

  it('stops where every other item would fail alike', async () => {
    await writeFile(input, '"no key"\n'.repeat(50));
    const { model, asked } = echo();

    expect(await run({ model })).toMatchObject({ done: 0, hopeless: 'no key' });
    expect(asked.length).toBeLessThan(4);
  });

  it.each([
    ['no JSON', 'one', 'a line must be'],
    ['another form', '{"question":"one"}', 'a line must be'],
    ['an empty prompt', '""', 'a line must be'],
    ['an id twice', '{"id":7,"prompt":"x"}\n{"id":7,"prompt":"y"}', 'the id 7 stands in an earlier line'],
  ])('asks nothing where a line is or has %s', async (_, text, words) => {
    await writeFile(input, `"fine"\n${text}\n`);
    const { model, asked } = echo();

    await expect(run({ model })).rejects.toThrow(words);
    expect(asked).toEqual([]);
  });

  it('writes values where there is a schema, and asks again for what does not fit', async () => {
    await writeFile(input, '"one"\n');
    const answers = ['{"city":7}', '{"city":"Bern"}'].values();
    const model = modelOf(new Subject(), { stream: () => defer(() => fromText(answers.next().value ?? '')) });
    const outcome = await run({ model, schema: z.object({ city: z.string() }) });

    expect(outcome).toMatchObject({ done: 1, failed: 0 });
    expect(await written()).toMatchObject([{ id: 1, value: { city: 'Bern' } }]);
  });

  it('counts an item as done when its line has reached the disk', async () => {
    const results = await openResults(output);
    const handle = await open(output);
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const disk = new Subject<void>();
    const sync = vi.spyOn(prototype, 'sync').mockImplementation(() => firstValueFrom(disk));
    const lines = new Subject<string>();
    const counts: number[] = [];
    const all = lines.pipe(results.append).forEach((count) => counts.push(count));
    lines.next('{"id":1}');
    lines.next('{"id":2}');
    lines.complete();
    await vi.waitFor(() => expect(sync).toHaveBeenCalled());
    expect(counts).toEqual([]);

    disk.next();
    await vi.waitFor(() => expect(sync).toHaveBeenCalledTimes(2));
    expect(counts).toEqual([1]);

    disk.next();
    await all;
    expect(counts).toEqual([1, 1]);
    await results.close();
  });

  it('keeps every result once, however often it is killed', { timeout: 120_000 }, async () => {
    let seed = 7;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const { kills, wrong } = await runWithKills(250, 5, random);

    expect({ kills, wrong }).toEqual({ kills: 5, wrong: [] });
  });
});

describe('npm run example -- batch', { timeout: 60_000 }, () => {
  function ending(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
    const program = ['--import', './test/examples/sources.ts', 'examples/batch/main.ts', ...args];
    const { OPENAI_API_KEY: _, OPENAI_BASE_URL: __, ...env } = process.env;
    const child = spawn(process.execPath, program, { cwd: root, env: { ...env, ...variables } });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<{ stderr: string; code: number | null }>((resolve) =>
      child.on('close', (code) => resolve({ stderr, code })),
    );
    return { child, ended };
  }

  it('keeps what has been answered when interrupted', async () => {
    const { child, ended } = ending([]);
    child.stderr.once('data', () => setTimeout(() => child.kill('SIGINT'), 1500));
    const { stderr, code } = await ended;

    expect(code).toBe(130);
    expect(stderr).toMatch(/0% \| 0\/500 \| 0\.0\/s \| \$0\.0000 \| .* left/);
    expect(stderr).toMatch(
      /Interrupted\.\n\d+ of 500 done, for \$0\.\d{4}\. Run it again for the others\.\n$/,
    );
  });

  it.for([
    [['in.jsonl'], 'the output is missing'],
    [['in.jsonl', 'out.jsonl'], 'OPENAI_API_KEY'],
    [['--price', '3'], 'two numbers'],
  ] as const)('says in one line what is wrong with %j', async ([args, words]) => {
    const { stderr, code } = await ending(args).ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(words);
  });
});
