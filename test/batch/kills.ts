import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LLMock } from '@copilotkit/aimock';

/** What came of a batch whose process was killed again and again. */
export interface KillReport {
  readonly kills: number;
  /** Kills that left half a line behind. */
  readonly torn: number;
  readonly runs: number;
  readonly requests: number;
  /** What is wrong with the results; should be empty. */
  readonly wrong: readonly string[];
}

const root = new URL('../../', import.meta.url);

/** Runs `examples/batch`, kills it at random moments, and starts it again, until it has come to its end. */
export async function runWithKills(items: number, kills: number, random: () => number): Promise<KillReport> {
  let requests = 0;
  const mock = new LLMock({ port: 0, logLevel: 'silent', journalMaxEntries: 100 });
  mock.on(
    {},
    ({ messages }) => {
      requests += 1;
      return { content: answerTo(JSON.stringify(messages.at(-1)?.content)) };
    },
    { latency: 3, chunkSize: 200 },
  );
  const folder = await mkdtemp(join(tmpdir(), 'kills-'));
  const [input, output] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')];
  await writeFile(
    input,
    range(items, (index) => `${JSON.stringify({ id: index, prompt: promptOf(index) })}\n`).join(''),
  );
  const host = await mock.start();

  const wrong: string[] = [];
  let [done, killed, torn, runs]: [readonly string[], number, number, number] = [[], 0, 0, 0];
  for (let isOver = false; !isOver;) {
    runs += 1;
    const child = start(input, output, `${host}/v1`);
    const ended = once(child, 'exit') as Promise<[number | null]>;
    if (killed < kills) void killSoon(child, random);
    const [code] = await ended;

    const lines = (await readFile(output, 'utf8').catch(() => '')).split('\n');
    if (lines.pop() !== '') torn += 1;
    if (done.some((line, index) => lines[index] !== line))
      wrong.push(`run ${runs} changed what had been done`);
    done = lines;
    if (code === null) killed += 1;
    else isOver = true;
    if (code !== null && code !== 0) wrong.push(`run ${runs} ended with ${code}`);
  }
  await mock.stop();
  await rm(folder, { recursive: true });

  const results = done.map((line) => JSON.parse(line) as { id: number; text: string });
  const counts = range(items, () => 0);
  for (const { id, text } of results) {
    counts[id] = (counts[id] ?? 0) + 1;
    if (text !== answerTo(JSON.stringify(promptOf(id)))) wrong.push(`${id} has the answer ${text}`);
  }
  counts.forEach((count, id) => count === 1 || wrong.push(`${id} was written ${count} times`));
  return { kills: killed, torn, runs, requests, wrong };
}

function start(input: string, output: string, baseURL: string): ChildProcess {
  const program = ['--import', './test/examples/sources.ts', 'examples/batch/main.ts', input, output];
  return spawn(process.execPath, [...program, '--concurrency', '8'], {
    cwd: root,
    env: { ...process.env, OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: 'none is needed' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** Most often while it writes, now and then while it starts. */
async function killSoon(child: ChildProcess, random: () => number): Promise<void> {
  // Its bar shows that it has begun.
  if (random() < 0.9 && child.stderr) await once(child.stderr, 'data');
  child.stderr?.resume();
  await sleep(random() * 400);
  child.kill('SIGKILL');
}

function promptOf(index: number): string {
  return `Prompt ${index}`;
}

function answerTo(prompt: string): string {
  return `The answer to ${prompt} is ${'long '.repeat(40)}enough to be cut.`;
}

function range<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}
